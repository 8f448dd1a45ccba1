"""Two experiments of one name, or one whose loss was edited, never share results."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import pytest
import xarray

from corr import ResultError
from experiments.declaring.experiment import Experiment, Preset, Problem
from experiments.declaring.options import Options
from experiments.declaring.study import Study
from experiments.running.comparison import run_experiment
from experiments.running.fingerprints import problem_fingerprint
from experiments.running.parts import run_study
from experiments.running.plan import plan
from experiments.running.saved import saved_folders


def made(scale: float, start: float = 1.0) -> Experiment:
    def problem() -> Problem:
        return Problem(lambda x: scale * jnp.sum(x**2), lambda key: jnp.full(3, start))

    presets = {"smoke": Preset(1e-4, (5.0,), (4,), 4, end_time=0.05, record_every=0.05)}
    return Experiment("mine", "a user's own", problem, presets)


def options(output: Path, *, fresh: bool = False) -> Options:
    return Options(preset="smoke", output=output, fresh=fresh)


def finish(task: Any, say: object) -> None:
    """In place of a run: its folder looks finished, and nothing is simulated."""
    content = {"configuration": task.configuration, "complete": True}
    (task.folder / "manifest.json").write_text(json.dumps(content))


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Output with the folder of a finished run of scale 1, and nothing simulated."""
    monkeypatch.setattr(_runner, "_one_run", finish)
    run_experiment(made(1.0), options(tmp_path), say=lambda line: None)
    monkeypatch.setattr(_runner, "_one_run", lambda task, say: None)
    return tmp_path


@pytest.mark.parametrize("unfinished", [False, True])
def test_an_edited_loss_or_start_is_refused_with_the_cure(unfinished: bool, finished: Path) -> None:
    if unfinished:
        next(finished.rglob("manifest.json")).unlink()
    run_experiment(made(1.0), options(finished), say=lambda line: None)
    cure = "give the experiment a `network` name of its own, choose another --output, or --fresh"
    for other, value in ((made(2.0), "6.0"), (made(1.0, 2.0), "12.0")):
        with pytest.raises(ResultError, match=rf"another loss \(loss at the start: saved 3.0, asked {value}.*{cure}"):
            run_experiment(other, options(finished), say=lambda line: None)
    run_experiment(made(2.0), options(finished, fresh=True), say=lambda line: None)
    with pytest.raises(ResultError, match="another loss"):
        run_experiment(made(1.0), options(finished), say=lambda line: None)
    run_experiment(replace(made(1.0), network="other"), options(finished), say=lambda line: None)


def test_results_of_another_loss_are_not_drawn(finished: Path) -> None:
    folder, *_ = plan(made(1.0), options(finished))[0]
    assert saved_folders(made(1.0), options(finished)) == [folder]
    with pytest.raises(ResultError, match="another loss"):
        saved_folders(made(2.0), options(finished))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_results_are_read_in_the_precision_they_were_run_in(
    precision: Literal["float32", "float64"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starts are drawn anew in another precision; whoever reads may be in either."""
    monkeypatch.setattr(_runner, "_one_run", finish)
    drawn = replace(
        made(1.0), problem=lambda: Problem(lambda x: jnp.sum(x**2), lambda key: jax.random.normal(key, (3,)))
    )
    run_experiment(drawn, replace(options(tmp_path), precision=precision), say=lambda line: None)
    for wide in (False, True):
        with jax.enable_x64(wide):
            assert len(saved_folders(drawn, options(tmp_path))) == 1
            with pytest.raises(ResultError, match="another loss"):
                saved_folders(made(1.0), options(tmp_path))
    (other,) = {"float32", "float64"} - {precision}
    with pytest.raises(ResultError, match=rf"configuration \(precision: saved '{precision}', asked '{other}'\)"):
        run_experiment(drawn, replace(options(tmp_path), precision=other), say=lambda line: None)


def test_results_saved_without_their_loss_are_not_gone_on_with_and_drawn_with_a_warning(finished: Path) -> None:
    file = next(finished.rglob("manifest.json"))
    manifest = json.loads(file.read_text())
    del manifest["configuration"]["loss"]
    file.write_text(json.dumps(manifest))
    with pytest.raises(ResultError, match="earlier version, saved without their loss"):
        run_experiment(made(1.0), options(finished), say=lambda line: None)
    with pytest.warns(UserWarning, match="whether they are of this one cannot be told"):
        saved_folders(made(1.0), options(finished))


def test_results_of_another_version_of_jax_are_gone_on_with(finished: Path) -> None:
    for file in finished.rglob("*.json"):
        saved = json.loads(file.read_text())
        loss = saved.get("configuration", saved)["loss"]
        loss |= {"made by": "jax 0.4", "program of the loss": "written in another way"}
        file.write_text(json.dumps(saved))
    run_experiment(made(1.0), options(finished), say=lambda line: None)
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
        run_study(question(1.0), options(tmp_path), lambda line: None)
    with pytest.raises(ResultError, match=r"another program \(another program of the study\): choose another --output"):
        run_study(question(2.0), options(tmp_path), lambda line: None)
    run_study(question(2.0), options(tmp_path, fresh=True), lambda line: None)
