"""Figures of any experiment's runs: what is in them is what was saved, and nothing is said of the paper."""

from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
import pytest
from matplotlib.figure import Figure

from corr import inference
from corr.figures import fig1
from corr.figures.generic import generic_makers
from corr.figures.parts.read import ExperimentResult, read_run
from corr.figures.parts.style import STYLE
from corr.results import Results

from .conftest import Drawn, kept
from .test_files import collisions

FIGURES = ("weights", "all-weights", "loss", "distance")


@pytest.fixture(scope="module")
def one(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Of one λ."""
    return kept({"mine": runs[:1]}, tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def several(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Of three λ; only the numbers are written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", lambda *args, **options: None)
        return kept({"ours": runs}, tmp_path_factory.mktemp("several"))


def test_four_figures_are_written_under_the_experiments_name(one: Drawn, several: Drawn) -> None:
    for drawn, name in ((one, "mine"), (several, "ours")):
        files = {file.name for file in drawn.files[name]}
        assert files == {f"{name}-{what}.{ending}" for what in FIGURES for ending in ("pdf", "png", "json")}


@pytest.mark.parametrize("what", FIGURES)
def test_nothing_is_said_of_the_paper_and_no_text_overlaps(one: Drawn, several: Drawn, what: str) -> None:
    for figure, ratios in ((one.figures[f"mine-{what}"], "λ = 1,"), (several.figures[f"ours-{what}"], "λ = 1")):
        said = " ".join(figure.get_suptitle().split())
        assert "paper" not in said and ratios in said
        with matplotlib.style.context(STYLE):
            assert collisions(figure) == []


def test_numbers_are_the_saved_ones(one: Drawn, several: Drawn, runs: list[Path]) -> None:
    results = [Results(run) for run in runs]
    for drawn, name, sides in ((one, "mine", results[:1]), (several, "ours", results)):
        curves = drawn.numbers(f"{name}-distance")["curves"]
        for curve, result in zip(curves, sides, strict=True):
            walk, twin, descent = result.sides
            expected = inference.delta(walk["mean"].values, descent.path.values[0].astype(float))
            np.testing.assert_allclose(curve["delta"], expected, rtol=1e-9, atol=1e-18)
            assert curve["configuration"]["step_ratio"] == result.configuration["step_ratio"]
            np.testing.assert_allclose(curve["delta_twin"], inference.delta(walk["mean"].values, twin["mean"].values))
    losses = several.numbers("ours-loss")["curves"]
    for curve, result in zip(losses, results, strict=True):
        np.testing.assert_allclose(curve["mean"], result.sides.mutation.loss.values.astype(float).mean(axis=0))
    assert one.numbers("mine-all-weights")["configuration"]["step_ratio"] == 1.0


@pytest.mark.parametrize("parameters", [3, 6])
def test_few_weights_and_few_trajectories(parameters: int, tmp_path: Path, new_run: Any) -> None:
    """Three weights leave a place free in two columns: the axes above it is labelled."""
    found = ExperimentResult("few", [Results(new_run(tmp_path / "run", 1.0, 2, parameters=parameters))])
    with matplotlib.style.context(STYLE):
        figure, _ = generic_makers("few")["few-weights"](found)
        assert collisions(figure) == []
    assert len(figure.axes) == min(parameters, 4)
    assert [axis.get_xlabel() for axis in figure.axes[-2:]] == ["$t$", "$t$"]
    assert all(axis.get_xticklabels() for axis in figure.axes[-2:])  # only visible ones are listed


def test_many_weights_are_pixels_in_the_vector_file(tmp_path: Path, new_run: Any) -> None:
    run = read_run(Results(new_run(tmp_path / "run", 1.0, 4, parameters=1200)))
    with matplotlib.style.context(STYLE):
        figure, _ = fig1.at_the_end(run)
        figure.savefig(tmp_path / "many.pdf")
    assert (tmp_path / "many.pdf").stat().st_size < 110_000  # 125 kB as vectors
