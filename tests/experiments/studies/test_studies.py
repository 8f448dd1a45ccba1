"""Studies: parts saved one by one, resumed, judged and drawn."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
import xarray

import corr
from corr import ResultError
from corr.experiments.catalogue import CATALOGUE, STUDIES
from corr.experiments.cli import main
from corr.experiments.declaring.options import Options
from corr.experiments.declaring.study import Study
from corr.experiments.judging.made import judge_study
from corr.experiments.running.parts import run_study
from corr.experiments.running.plan import plan_study
from corr.experiments.studies import drift, precision, regimes
from corr.experiments.studies.architectures import departure
from corr.experiments.studies.order import fit_order
from corr.results import Results


class Sizes(NamedTuple):
    count: int


def made(calls: list[str]) -> Study:
    """A study of two parts that notes which of them are computed."""

    note = calls.append  # the list itself would be part of the study's program

    def part(name: str):
        def compute(key: jax.Array) -> xarray.Dataset:
            note(name)
            return xarray.Dataset({"number": float(jax.random.normal(key))})

        return compute

    return Study(
        name="toy", title="two numbers", presets={"smoke": Sizes(1)}, minutes={"smoke": 0.1},
        parts=lambda sizes: {"first": part("first"), "second": part("second")},
        judge=lambda found: [f"the sum is {float(found['first'].number + found['second'].number):.3f}"],
    )  # fmt: skip


def run(study: Study, options: Options, say: Any = lambda line: None) -> Results:
    """The results of a study, run where it is not yet."""
    job = plan_study(study, options)
    run_study(job, say)
    return Results(job.folders[0])


def test_a_study_goes_on_with_the_parts_it_has_and_gives_the_same_numbers(tmp_path: Path) -> None:
    calls: list[str] = []
    study, options, said = made(calls), Options(preset="smoke", output=tmp_path), []
    first = run(study, options, said.append)
    folder, before = first.folder, first.parts
    assert calls == ["first", "second"] and float(before["first"].number) != float(before["second"].number)
    assert run(study, options, said.append).folder == folder
    assert "reused" in said[-1] and len(calls) == 2
    (folder / "manifest.json").unlink()
    (folder / "second.nc").unlink()
    again = run(study, options)
    assert calls == ["first", "second", "second"]
    assert float(again.part("second").number) == float(before["second"].number)
    judged = judge_study(study, [again])
    assert "the sum is" in judged.verdicts[0]["sentences"][0]
    assert again.json("verdict.json")["sentences"] == judged.verdicts[0]["sentences"]


@pytest.mark.parametrize("file", ["second.nc", "manifest.json"])
def test_damage_names_the_study_preset_and_output(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    study = made([])
    (run(study, Options(preset="smoke", output=tmp_path)).folder / file).write_bytes(b"{")
    monkeypatch.setitem(CATALOGUE, "toy", study)
    for command in ("run", "reproduce") if file == "manifest.json" else ("reproduce",):
        assert main([command, "toy", "--preset", "smoke", "--output", str(tmp_path)]) == 2
        out, error = capsys.readouterr()
        assert "damaged" in error and f"`corr run toy --preset smoke --output {tmp_path}` again" in error
        assert "the sum is" not in out


def test_flip_rates_are_told_of_the_sigma_they_were_measured_at() -> None:
    def rates(sigma: list[float], **values: float) -> xarray.Dataset:
        table = {name: (("sigma", "time"), np.full((len(sigma), 3), value)) for name, value in values.items()}
        return xarray.Dataset(table, {"sigma": sigma, "time": [0.0, 2.0, 10.0]})

    measured = rates([2.5e-8, 2.5e-3], rate=0.5, low=0.4, high=0.6)
    lines = xarray.concat([rates([2.5e-8], foreseen=0.5), rates([2.5e-6, 2.5e-3], foreseen=0.1)], "sigma")
    said = precision._near(measured, lines, foreseen=True)
    assert said.startswith("The same at σ = 2.5e-08: 50 % [40, 60], foreseen 50 % at t = 0;")
    assert "foreseen 10 %" not in said


@pytest.mark.parametrize("off", [0, 2])
def test_the_map_of_regimes_says_where_real_steps_refute_it(off: int) -> None:
    facts = {"tolerance": 0.1, "largest_sigma": 1e-4, "largest_sigma_noise_free": 1e-5, "mutation_std": 1e-6}
    data = xarray.Dataset({"beyond": ("step", np.arange(6) < off)}, attrs=facts)
    said = regimes.judge({"map": data})[-1]
    assert f"at {off} of 6 places" in said
    assert ("✕ on the map" in said) == (off > 0)


def test_what_a_study_refuses(tmp_path: Path) -> None:
    study, options = made([]), Options(preset="smoke", output=tmp_path)
    with pytest.raises(ValueError, match="fixes its own numbers: leave --sigma, --lambda out"):
        plan_study(study, Options(preset="smoke", output=tmp_path, sigma=0.1, step_ratio=1.0))
    with pytest.raises(ValueError, match="unknown preset of toy 'huge': there are: smoke"):
        plan_study(study, Options(preset="huge", output=tmp_path))
    with pytest.raises(ResultError, match="no results"):
        judge_study(study, [Results(tmp_path / "smoke" / "toy")])
    folder = run(study, options).folder
    with pytest.raises(ResultError, match="another configuration"):
        run(study, Options(preset="smoke", output=tmp_path, seed=1))
    (folder / "first.nc").write_bytes(b"not netCDF")
    with pytest.raises(ResultError, match="damaged"):
        judge_study(study, [Results(folder)])


def test_validity_is_for_experiments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validity", "levels"]) == 2
    assert "levels is a study" in capsys.readouterr().err


def test_fitted_order_has_the_stated_error_and_sees_another_order() -> None:
    """200 repeats: the exponent is unbiased and its standard error that of the scatter (4 errors of each)."""
    rng, x = np.random.default_rng(0), np.geomspace(1e-5, 1e-4, 6)
    truth, error = 3e5 * x**2 * np.exp(-2e3 * x), 2e-6 * (x / 1e-5)
    fits = [fit_order(x, truth + error * rng.normal(size=6), error) for _ in range(200)]
    found, stated = np.array([fit.exponent for fit in fits]), np.array([fit.error for fit in fits])
    assert abs(found.mean() - 2) < 4 * found.std() / np.sqrt(200)
    assert abs(stated.mean() / found.std() - 1) < 4 / np.sqrt(400) + 0.05
    assert abs(found.mean() - 1.5) > 4 * found.std() / np.sqrt(200)


def test_departure_is_dated_where_it_begins_and_only_there() -> None:
    """200 trajectories of 1 % scatter on one curve never leave by 2 %; 5 % from t = 1 on (the twin) are dated so."""
    rng, time = np.random.default_rng(0), np.linspace(0, 2, 11)
    curve = np.exp(-time)

    def losses(values: np.ndarray) -> xarray.Dataset:
        return xarray.Dataset({"loss": (("trajectory", "time"), values)}, coords={"time": time})

    smooth, scatter = losses(curve[None]), 1 + 0.01 * rng.normal(size=(200, 11)) * (time > 0)
    same = departure(losses(curve * scatter), smooth)
    assert same.leaves == np.inf and same.share < 0.02
    other = departure(losses(curve * (scatter + 0.05 * (time >= 1))), smooth)
    assert other.leaves == 1.0 and other.share_time >= 1.0
    # 5 % in units of the standard error, 1 %/√200, and its sampling error with 10 comparisons.
    assert abs(other.score / (0.05 / 0.01 * np.sqrt(200)) - 1) < 4 / np.sqrt(2 * 199) + 4 / (5 * np.sqrt(200))


# Drift and S4 as their numbers are; rows of best_of's code; universality, eleven runs of precision's, law by law.
TESTED = ("drift", "figs4", "recombination", "strategies", "universality")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in STUDIES if name not in TESTED])
def test_every_study_runs_and_draws(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", name, "--preset", "smoke", "--output", str(tmp_path)]) == 0
    drawn = [Path(line.removeprefix("figure: ")) for line in capsys.readouterr().out.splitlines() if ".json" in line]
    assert drawn
    for file in drawn:
        assert json.loads(file.read_text())["configuration"]["study"] == name
        assert file.with_suffix(".pdf").stat().st_size > 1000


def test_exponents_of_the_drift_are_held_to_those_between_the_same_places() -> None:
    """A slope between two places is not the derivative in their middle: at s = 1.8 they are 0.006 apart."""
    found = drift._one_coordinate(corr.root_key(0), 20_000)
    between = np.diff(np.log(found.drift_theory)) / np.diff(np.log(found.s))
    np.testing.assert_allclose(found.exponent_theory, between, rtol=1e-12)
    assert abs(float(found.exponent_theory[4]) - 0.29493) < 1e-4
