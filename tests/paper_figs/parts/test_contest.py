"""The panel of a contest: mean over seeds and its standard error, one line for each side."""

import matplotlib.style
import numpy as np
import xarray

from corr.figures.parts.contest import losses
from corr.figures.parts.read import StudyResult
from corr.figures.parts.style import STYLE

from ..test_files import collisions


def test_sides_are_drawn_with_their_spread_over_seeds() -> None:
    rng, across = np.random.default_rng(0), np.linspace(0, 1e6, 21)
    sides = {name: np.exp(-rate * across / 1e6) * rng.uniform(0.9, 1.1, (5, 21)) for name, rate in
             (("noisy descent", 5.0), ("genetic algorithm", 3.0), ("evolution strategy", 1.0))}  # fmt: skip
    parts = {
        name: xarray.Dataset({"loss": (("seed", "evaluations"), values)}, coords={"evaluations": across})
        for name, values in sides.items()
    }
    parts["evolution strategy"] = parts["evolution strategy"].transpose()
    with matplotlib.style.context(STYLE):
        figure, numbers = losses(StudyResult(parts, {"preset": "quick"}))
        assert collisions(figure) == []
    (axis,) = figure.axes
    for line, (name, values) in zip(axis.lines, sides.items(), strict=True):
        np.testing.assert_allclose(line.get_ydata(), values.mean(axis=0))
        np.testing.assert_allclose(numbers[name]["mean_standard_error"], values.std(axis=0, ddof=1) / np.sqrt(5))
        np.testing.assert_allclose(line.get_xdata(), across)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(sides)
    assert "5 seeds" in figure.get_suptitle() and axis.get_yscale() == "log"
