"""What came of three entries, made by hand: an experiment with one run, a study, and one that failed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray
from PIL import Image

from corr import Comparison
from corr.experiments.declaring.experiment import Experiment, Preset
from corr.experiments.declaring.number import Number
from corr.experiments.declaring.study import Study
from corr.experiments.judging import expected
from corr.experiments.judging.agreement import of_numbers
from corr.experiments.judging.made import Judged, Made, judge_experiment
from corr.experiments.running.means import MEANS
from corr.results import Results, save_part, save_run, write_json

NASTY = 'bowl <b>&" [bold]'
MACHINE = {"seconds": 12.0, "git": "c0ffee <i>", "device": "cpu", "platform": "tests", "versions": {"jax": "0"}}
SIZES = {"quick": Preset(1e-5, (1.0,), (48,), 200, end_time=1.0, record_every=0.25)}


def nothing(*args: Any) -> Any:
    """Stands for what a report never calls."""
    raise AssertionError(args)


@pytest.fixture(scope="session")
def run(bowls: Callable[..., Comparison], tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A finished run on a bowl."""
    folder, sides = tmp_path_factory.mktemp("runs") / "bowl-lambda-1", bowls(1e-3)
    accepted = xarray.full_like(sides.mutation.loss, 0.5)
    save_run(
        folder, sides._replace(mutation=sides.mutation.assign(acceptance=accepted)),
        {
            **MACHINE,
            "configuration": {
                "run": folder.name, "preset": "quick", "step_ratio": 1.0, "alpha": 1e-5, "loss": {"a": 0.5},
            },
            "trajectories": {"finite": 48}, "acceptance": 0.5, "acceptance_theory": [0.5] * 4,
            "flip_rates": [{"time": 0.0, "flips": 0, "draws": 64, "low": 0.0, "high": 0.04}],
        },
    )  # fmt: skip
    loss = sides.mutation.loss.mean("trajectory").expand_dims(side=["mutation"])
    save_part(folder, MEANS, xarray.Dataset({"loss": loss}))
    return Results(folder)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Sequence[Path]]:
    """``drawn("fig1", "a", "b")``: two pictures and a file that is none."""

    def made(name: str, *panels: str) -> Sequence[Path]:
        folder = tmp_path_factory.mktemp("figures")
        files = [folder / f"{name}{panel}.png" for panel in panels]
        for file in files:
            Image.fromarray(np.arange(600 * 900, dtype="u4").reshape(600, 900).astype("u1")).save(file)
        return [*files, folder / f"{name}.json"]

    return made


@pytest.fixture(scope="session")
def experiment(run: Results, drawn: Callable[..., Sequence[Path]]) -> Made:
    """Figure 1, judged as the commands judge it."""
    entry = Experiment("fig1", NASTY, nothing, SIZES)
    return Made(entry, [run], drawn("fig1", "a", "c"), judge_experiment(entry, [run]))


@pytest.fixture(scope="session")
def study(drawn: Callable[..., Sequence[Path]], tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A study of three numbers, of which one has a prediction that it is far from."""
    folder = tmp_path_factory.mktemp("studies") / "drift"
    folder.mkdir()
    asked = {"study": "drift", "preset": "quick", "counts": [1, 2], "small": 1e-5}
    write_json(folder / "manifest.json", {**MACHINE, "configuration": asked, "parts": []})
    entry = Study("drift", "one step", {}, nothing, nothing, {})
    numbers = {"plain <s>": Number(17.2, 21.0), "predicted": Number(0.5, 0.013, None, 1.0), "new": Number(4e-5, 2e-5)}
    judged = Judged(of_numbers(numbers), numbers, [{"study": "drift", "sentences": ["it is <said> & done"]}])
    return Made(entry, [Results(folder)], drawn("drift", "", "_one_coordinate"), judged)


@pytest.fixture(scope="session")
def failed() -> Made:
    """One of which nothing came."""
    return Made(Experiment("figs2", "another", nothing, SIZES), error='ValueError: <broken> & "lost"')


@pytest.fixture(autouse=True)
def expected_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Expected numbers of preset quick, seed 1, in a folder of their own: the study's first number."""
    monkeypatch.setattr(expected, "FOLDER", tmp_path / "expected")
    file = expected.expected_file("quick")
    expected.write_expected(file, {"drift": {"plain <s>": Number(13.0, 21.0)}}, 1, 0, [])
    return file
