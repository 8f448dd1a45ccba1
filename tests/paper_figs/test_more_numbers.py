"""Figures 3 to 6 and S1 to S4: the numbers beside them are the saved ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import corr.figures as paper_figs
from corr import ResultError, inference, load_run
from corr.figures import figs4
from corr.figures.parts.read import StudyResult, read_means
from corr.results import Results


@pytest.mark.slow
def test_fig3_shows_the_weights_that_descent_moves_furthest(more: Any, runs: list[Path]) -> None:
    walk, _, descent = load_run(runs[0])[0]
    moved = descent.path.values[0, -1] - descent.path.values[0, 0]
    numbers = more.numbers("fig3a")
    assert numbers["weights"] == [int(np.argmax(moved)), int(np.argmin(moved))]
    np.testing.assert_allclose(numbers["mean"], walk["mean"].values[:, numbers["weights"]])
    ratios = [curve["configuration"]["step_ratio"] for curve in more.numbers("fig3b")["curves"]]
    assert ratios == [1.0, 10.0]


@pytest.mark.slow
def test_fig5_holds_the_saved_outputs(more: Any, runs: list[Path]) -> None:
    means, numbers = read_means(Results(runs[0])), more.numbers("fig5b")
    assert numbers["time"] == [1.0, 3.0, 5.0]
    np.testing.assert_allclose(numbers["mutation"], means.output["mutation"][[4, 12, 20]])
    np.testing.assert_allclose(numbers["target"], means.target)


@pytest.mark.slow
def test_fig6_holds_both_losses_and_the_law(more: Any, runs: list[Path]) -> None:
    losses, counts = more.numbers("fig6b"), more.numbers("fig6c")
    small = read_means(Results(runs[0]))
    np.testing.assert_allclose(losses["inset"]["loss_of_mean"], small.loss["mutation"])
    assert losses["main"]["step_ratio"] == 20.0 and losses["inset"]["step_ratio"] == 1.0
    law = counts["noise-free descent"]
    assert counts["n"][0] == 1 and counts["n"][-1] == 48
    assert np.asarray(law["delta"])[-1, 0] < np.asarray(law["delta"])[0, 0] / 10
    assert "K = 250" in " ".join(more.figures["fig6c"].get_suptitle().split())


def test_figs4_states_what_is_not_the_papers() -> None:
    sizes = {"preset": "smoke", "trajectories": 12, "step_ratio": 100.0, "points": 50, "descent_learning_rate": 1e-3}
    other = figs4._settings(StudyResult({}, sizes), ["weights shown"])
    papers = sizes | {"trajectories": 152, "step_ratio": 1.0, "points": 1000, "descent_learning_rate": 1e-4}
    own = figs4._settings(StudyResult({}, papers), [])
    for text in ("λ", "K", "n", "descent α", "weights shown"):
        listed = [part.strip() for part in other.split("paper’s: ")[1].replace("\n", " ").split(",")]
        assert text in listed
        assert text not in [part.strip() for part in own.split("paper’s: ")[1].replace("\n", " ").split(",")]


@pytest.mark.slow
def test_figs4_starts_each_stretch_on_noise_free_descent(more: Any) -> None:
    weights, distances = more.numbers("figs4a"), more.numbers("figs4b")
    for mean, descent, delta in zip(weights["mean"], weights["descent"], distances["delta"], strict=True):
        np.testing.assert_allclose(mean[0], descent[0], rtol=1e-12)
        assert delta[0] < 1e-24 and min(delta[1:]) > 0


def test_missing_outputs_are_said(tmp_path: Path, new_run: Callable[..., Path]) -> None:
    folder = new_run(tmp_path / "run", 1.0, 40)
    (folder / "means.nc").unlink()
    for name in ("fig5", "fig6"):
        with pytest.raises(ResultError, match=r"means\.nc is missing or damaged.*run it again"):
            paper_figs.draw(name, [Results(folder)], tmp_path / "figures")


def test_fig6_refuses_too_few_trajectories(tmp_path: Path, new_run: Callable[..., Path]) -> None:
    with pytest.raises(ValueError, match="expected at least 32"):
        paper_figs.draw("fig6", [Results(new_run(tmp_path / "run"))], tmp_path / "figures")


@pytest.mark.slow
def test_the_law_is_that_of_the_library(more: Any) -> None:
    found = json.loads(json.dumps(more.numbers("fig6c")["averaged twin"]))
    law = np.asarray(found["law"])[:, 0]
    counts = np.asarray(found["counts"])
    variance = (law[0] - law[-1]) / (1 / counts[0] - 1 / counts[-1])
    np.testing.assert_allclose(law, found["floor"][0] + variance / counts, rtol=1e-9)
    assert inference.ConvergenceResult._fields[: len(found)] == tuple(found)
