"""Two experiments of one name, or one whose loss was edited, never share results."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import pytest
import xarray

from corr.experiments.declaring.experiment import Experiment, Preset, Problem
from corr.experiments.declaring.options import Options
from corr.experiments.declaring.study import Study
from corr.experiments.running import comparison
from corr.experiments.running.comparison import run_experiment
from corr.experiments.running.fingerprints import problem_fingerprint
from corr.experiments.running.job import Job
from corr.experiments.running.parts import run_study
from corr.experiments.running.plan import plan_experiment, plan_study
from corr.experiments.running.saved import check_results, loss_saved
from corr.results import ResultError, Results


def made(scale: float, start: float = 1.0) -> Experiment:
    def problem() -> Problem:
        return Problem(lambda x: scale * jnp.sum(x**2), lambda key: jnp.full(3, start))

    presets = {"smoke": Preset(1e-4, (5.0,), (4,), 4, end_time=0.05, record_every=0.05)}
    return Experiment("mine", "a user's own", problem, presets)


def options(output: Path, *, fresh: bool = False) -> Options:
    return Options(preset="smoke", output=output, fresh=fresh)


def run(experiment: Experiment, asked: Options) -> Job[Experiment]:
    """Run it; what runs is replaced in these tests."""
    job = plan_experiment(experiment, asked)
    run_experiment(job, say=lambda line: None)
    return job


def read(experiment: Experiment, asked: Options) -> None:
    """Refuse saved results that are not of this experiment."""
    check_results(plan_experiment(experiment, asked), Results, loss_saved, {})


def finish(run: Any, *_: object) -> None:
    """In place of a run: its folder looks finished, and nothing is simulated."""
    content = {"configuration": run.configuration, "complete": True}
    (run.task.folder / "manifest.json").write_text(json.dumps(content))


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Output with the folder of a finished run of scale 1, and nothing simulated."""
    monkeypatch.setattr(comparison, "_one_run", finish)
    run(made(1.0), options(tmp_path))
    monkeypatch.setattr(comparison, "_one_run", lambda *_: None)
    return tmp_path


@pytest.mark.parametrize("unfinished", [False, True])
def test_an_edited_loss_or_start_is_refused_with_the_cure(unfinished: bool, finished: Path) -> None:
    if unfinished:
        next(finished.rglob("manifest.json")).unlink()
    run(made(1.0), options(finished))
    cure = "give the experiment a `network` name of its own, choose another --output, or --fresh"
    for other, value in ((made(2.0), "6.0"), (made(1.0, 2.0), "12.0")):
        with pytest.raises(ResultError, match=rf"another loss \(loss at the start: saved 3.0, asked {value}.*{cure}"):
            run(other, options(finished))
    run(made(2.0), options(finished, fresh=True))
    with pytest.raises(ResultError, match="another loss"):
        run(made(1.0), options(finished))
    run(replace(made(1.0), network="other"), options(finished))


def test_results_of_another_loss_are_not_drawn(finished: Path) -> None:
    read(made(1.0), options(finished))
    with pytest.raises(ResultError, match="another loss"):
        read(made(2.0), options(finished))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_results_are_read_in_the_precision_they_were_run_in(
    precision: Literal["float32", "float64"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starts are drawn anew in another precision; whoever reads may be in either."""
    monkeypatch.setattr(comparison, "_one_run", finish)
    drawn = replace(
        made(1.0), problem=lambda: Problem(lambda x: jnp.sum(x**2), lambda key: jax.random.normal(key, (3,)))
    )
    run(drawn, replace(options(tmp_path), precision=precision))
    for wide in (False, True):
        with jax.enable_x64(wide):
            read(drawn, options(tmp_path))
            with pytest.raises(ResultError, match="another loss"):
                read(made(1.0), options(tmp_path))
    (other,) = {"float32", "float64"} - {precision}
    with pytest.raises(ResultError, match=rf"configuration \(precision: saved '{precision}', asked '{other}'\)"):
        run(drawn, replace(options(tmp_path), precision=other))


def test_results_saved_without_their_loss_are_not_gone_on_with_and_drawn_with_a_warning(finished: Path) -> None:
    file = next(finished.rglob("manifest.json"))
    manifest = json.loads(file.read_text())
    del manifest["configuration"]["loss"]
    file.write_text(json.dumps(manifest))
    with pytest.raises(ResultError, match="earlier version, saved without their loss"):
        run(made(1.0), options(finished))
    with pytest.warns(UserWarning, match="whether they are of this one cannot be told"):
        read(made(1.0), options(finished))


def test_results_of_another_version_of_jax_are_gone_on_with(finished: Path) -> None:
    for file in finished.rglob("*.json"):
        saved = json.loads(file.read_text())
        loss = saved.get("configuration", saved)["loss"]
        loss |= {"made by": "jax 0.4", "program of the loss": "written in another way"}
        file.write_text(json.dumps(saved))
    run(made(1.0), options(finished))
    assert problem_fingerprint(made(1.0).problem())["made by"] != "jax 0.4"


class Sizes(NamedTuple):
    count: int


def question(scale: float) -> Study:
    def part(key: object) -> xarray.Dataset:
        return xarray.Dataset({"number": scale})

    return Study(
        "asked", "a number", {"smoke": Sizes(1)}, lambda sizes: {"one": part}, lambda found: [], {"smoke": 0.1}
    )


def test_parts_of_a_study_whose_code_was_edited_are_refused(tmp_path: Path) -> None:
    for _ in range(2):
        run_study(plan_study(question(1.0), options(tmp_path)), lambda line: None)
    with pytest.raises(ResultError, match=r"another program \(another program of the study\): choose another --output"):
        run_study(plan_study(question(2.0), options(tmp_path)), lambda line: None)
    run_study(plan_study(question(2.0), options(tmp_path, fresh=True)), lambda line: None)
