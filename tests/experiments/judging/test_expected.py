"""Expected numbers: what is extracted, what is refused, and that the numbers of smoke runs are as the file says."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from corr import ResultError, inference, load_run
from corr.experiments.catalogue import CATALOGUE
from corr.experiments.cli import main
from corr.experiments.commands.actions import planned
from corr.experiments.declaring.experiment import Experiment
from corr.experiments.declaring.number import Number, difference, of_parts, sample
from corr.experiments.declaring.options import Options
from corr.experiments.judging import expected
from corr.experiments.judging.expected import compare, factor, read_expected, refuse_same, write_expected
from corr.experiments.judging.made import judge_experiment, judge_study
from corr.results import Results

REPEATS, COUNT, PER_FILE = 2000, 8, 10


def numbers(name: str, output: Path) -> dict[str, Number]:
    """The numbers of smoke results."""
    job = planned(CATALOGUE[name], Options(preset="smoke", output=output))
    judge = judge_experiment if isinstance(job.entry, Experiment) else judge_study
    return dict(judge(job.entry, [Results(folder) for folder in job.folders]).numbers)


def test_numbers_of_a_run_are_those_of_its_netcdf_files(smoke: Path) -> None:
    found, (sides, _) = numbers("fig1", smoke), load_run(smoke / "smoke" / "shallow-lambda-100")
    last = sides.mutation.loss.values[:, -1].astype(float)
    assert found["λ = 100: mean loss"] == pytest.approx(Number(last.mean(), last.std(ddof=1) / math.sqrt(8), 8))
    smooth = float(sides.descent.loss[0, -1])
    assert found["λ = 100: loss, mutation less descent"].value == pytest.approx(last.mean() - smooth)
    paths, path = sides.mutation.path.values[:, [-1]].astype(float), sides.descent.path.values[0].astype(float)
    share = inference.unbiased_delta(paths, path[[-1]])[0] / inference.travelled(path)[-1]
    assert found["λ = 100: unbiased Δ to descent / squared distance travelled"].value == pytest.approx(share)
    assert len(found) == 5 and all(number.error > 0 for number in found.values())


def test_missing_results_have_no_numbers(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="no results in"):
        numbers("fig1", tmp_path / "nothing")


def test_numbers_of_a_study_without_a_function_of_its_own() -> None:
    losses = np.arange(12.0).reshape(4, 3)
    walk = xarray.Dataset({"loss": (("trajectory", "time"), losses)})
    data = {name: ("s", np.arange(5.0) * scale) for name, scale in (("v", 1), ("v_error", 2), ("v_theory", 3))}
    found = of_parts({"walk": walk, "steps": xarray.Dataset(data, coords={"s": np.arange(5) / 2})})
    assert found["walk: mean loss at the end"] == sample(losses[:, -1])
    assert found["steps: v at s = 1"] == Number(2.0, 4.0, None, 6.0)
    assert len(found) == 4
    assert difference(Number(3, 3, 5), Number(1, 4, None)) == Number(2, 5, 5)


def drawn(rng: np.random.Generator, shift: float = 0.0) -> dict[str, dict[str, Number]]:
    """Numbers of one figure from samples of ``COUNT``; the first is off by ``shift`` of its standard deviations."""
    samples = rng.normal(size=(PER_FILE, COUNT))
    samples[0] += shift
    return {"fig": {f"number {k}": sample(row) for k, row in enumerate(samples)}}


def test_the_check_refuses_one_file_in_a_hundred_by_chance_and_a_wrong_number_almost_always() -> None:
    """2000 pairs of files: 1 % refused within 4 binomial errors; with one number 5 deviations off more than 95 %."""
    rng, k = np.random.default_rng(0), factor(COUNT, PER_FILE)
    refused = {0.0: 0, 5.0: 0}
    for shift in refused:
        for _ in range(REPEATS):
            entries = {name: {**number._asdict(), "k": k} for name, number in drawn(rng)["fig"].items()}
            refused[shift] += any(row.refused for row in compare({"figures": {"fig": entries}}, drawn(rng, shift)))
    assert abs(refused[0.0] - 0.01 * REPEATS) <= 4 * math.sqrt(0.01 * 0.99 * REPEATS)
    assert refused[5.0] > 0.95 * REPEATS


def test_what_is_missing_is_refused_and_what_is_new_is_not(tmp_path: Path) -> None:
    one = Number(1.0, 0.1, 8)
    write_expected(tmp_path / "smoke.json", {"a": {"x": one}, "b": {"x": one}}, 1, 1, ["abc"])
    rows = compare(read_expected(tmp_path / "smoke.json"), {"a": {"x": one, "y": one}})
    assert [(row.figure, row.name, row.refused) for row in rows] == [
        ("a", "x", False), ("a", "y", False), ("b", "x", True)
    ]  # fmt: skip
    nan = compare(read_expected(tmp_path / "smoke.json"), {"a": {"x": Number(math.nan, 0.1, 8)}, "b": {"x": one}})
    assert [row.refused for row in nan] == [True, False]


def test_k_is_students_and_grows_with_the_number_of_comparisons() -> None:
    assert factor(None, 1) == pytest.approx(2.5758, abs=1e-4)
    assert factor(8, 1) == pytest.approx(2.9768, abs=1e-4)  # t, 14 degrees of freedom, two-sided 1 %
    assert factor(8, 100) > factor(8, 10) > factor(None, 10)


def test_equal_random_numbers_and_other_starts_are_not_compared() -> None:
    saved = {"seed": 1, "start_seed": 0}
    refuse_same(saved, 0, 0)
    refuse_same(saved, 7, 0)
    with pytest.raises(ValueError, match="--seed 0 --start-seed 0"):
        refuse_same(saved, 1, 0)
    with pytest.raises(ValueError, match="add --start-seed 0"):
        refuse_same(saved, 2, 2)


BOWL = """
import jax, jax.numpy as jnp
from corr.experiments import Experiment, Preset, Problem

problem = Problem(loss=lambda x: jnp.sum(x**2), init=lambda key: jax.random.normal(key, (3,)))
preset = Preset(1e-2, (0.5,), (4,), 4, end_time=0.1, record_every=0.05)
experiment = Experiment(name="bowl", title="a bowl", problem=lambda: problem, presets={"smoke": preset})
"""


@pytest.mark.slow
def test_a_start_of_its_own_seed_changes_the_mutations_alone(tmp_path: Path) -> None:
    (tmp_path / "bowl.py").write_text(BOWL)
    found = []
    for output, *seeds in (("a",), ("b", "--seed", "1", "--start-seed", "0")):
        options = ["--preset", "smoke", "--output", str(tmp_path / output), "--devices", "1", *seeds]
        assert main(["run", str(tmp_path / "bowl.py"), *options]) == 0
        found.append(load_run(tmp_path / output / "smoke" / "bowl-lambda-0.5"))
    (first, before), (other, manifest) = found
    np.testing.assert_array_equal(first.descent.path, other.descent.path)
    assert not np.array_equal(first.mutation.path, other.mutation.path)
    assert manifest["configuration"]["start_seed"] == 0
    assert "start_seed" not in before["configuration"]


def test_missing_or_damaged_expected_numbers_name_the_command(tmp_path: Path) -> None:
    for content in (None, "{", "{}"):
        if content is not None:
            (tmp_path / "quick.json").write_text(content)
        with pytest.raises(ValueError, match="reproduce all --preset quick --seed 1 --start-seed 0 --update-expected"):
            read_expected(tmp_path / "quick.json")


def refused(names: tuple[str, ...], output: Path, wrong: float = 0.0) -> list[Any]:
    """Rows of smoke results (seed 0) that the committed file (seed 1) refuses, with every number off by ``wrong``."""
    saved = read_expected(expected.expected_file("smoke"))
    refuse_same(saved, 0, 0)
    fresh = {name: numbers(name, output) for name in names}
    fresh = {
        figure: {name: number._replace(value=number.value + wrong * number.error) for name, number in found.items()}
        for figure, found in fresh.items()
    }
    return [row for row in compare(saved, fresh) if row.figure in names and row.refused]


@pytest.mark.slow
def test_smoke_runs_give_the_expected_numbers_and_wrong_ones_are_refused(smoke: Path) -> None:
    assert refused(("fig1", "fig2"), smoke) == []
    assert len(refused(("fig1", "fig2"), smoke, wrong=50.0)) == 15


@pytest.mark.parametrize("preset", ["smoke", "quick"])
def test_every_figure_has_expected_numbers(preset: str) -> None:
    saved = json.loads(expected.expected_file(preset).read_text(encoding="utf-8"))
    assert saved["start_seed"] == 0 and saved["seed"] != 0 and saved["commits"]
    assert set(saved["figures"]) == set(CATALOGUE)
    assert all(saved["figures"].values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["drift", "figs4"])
def test_more_smoke_runs_give_the_expected_numbers(name: str, tmp_path: Path) -> None:
    assert main(["reproduce", name, "--preset", "smoke", "--output", str(tmp_path)]) == 0
    assert list((tmp_path / "smoke" / "figures").glob("*.pdf"))
    assert refused((name,), tmp_path) == []
    assert refused((name,), tmp_path, wrong=50.0) != []
