"""The fluctuation bias: distances and loss excess are those of the saved runs, limits stand where noise hides it."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.collections import PathCollection

from corr import inference, load_run
from corr.figures.parts.style import ratio_colours


def test_distance_and_loss_excess_are_the_saved_ones(drawn: Any, runs: list[Path]) -> None:
    """The twin is averaged over 40 trajectories up to t = 8 and over 20 after it."""
    for folder, curve in zip(runs, drawn.numbers("bias")["curves"], strict=True):
        walk, twin, descent = load_run(folder)[0]
        path = descent.path.values[0].astype(float)
        travelled = inference.travelled(path)[1:]
        mutated = inference.unbiased_delta(walk.path.values.astype(float), path)[1:] / travelled
        np.testing.assert_allclose(curve["mutation"]["distance"], mutated, rtol=1e-9, atol=1e-15)
        late = walk.time.values[1:] > 8.0
        few = inference.unbiased_delta(twin.path.values[:20].astype(float), path)[1:] / travelled
        np.testing.assert_allclose(np.asarray(curve["twin"]["distance"])[late], few[late], rtol=1e-9, atol=1e-15)
        assert not np.allclose(np.asarray(curve["twin"]["distance"])[~late], few[~late])
        excess = (walk.loss.values.astype(float).mean(axis=0) - descent.loss.values[0].astype(float))[1:]
        np.testing.assert_allclose(curve["mutation"]["loss_excess"], excess, rtol=1e-6, atol=1e-12)


def test_hidden_distances_are_limits_and_left_out_of_the_twins_line(drawn: Any) -> None:
    above = drawn.figures["bias"].axes[0]
    marks = [np.asarray(marks.get_offsets()) for marks in above.collections if isinstance(marks, PathCollection)]
    hidden = 0
    for curve, colour, limits in zip(drawn.numbers("bias")["curves"], ratio_colours(3), marks, strict=True):
        every = len(curve["time"]) // 16
        names = ("distance", "distance_standard_error")
        value, error = (np.asarray(curve["mutation"][name], float)[every - 1 :: every] for name in names)
        points = next(line for line in above.lines if line.get_marker() == "o" and line.get_color() == colour)
        np.testing.assert_allclose(points.get_ydata(), value[value > error])
        expected = (value + 2 * error)[value <= error]
        np.testing.assert_allclose(limits[:, 1], expected[expected > 0])
        value, error = (np.asarray(curve["twin"][name], float) for name in names)
        lines = [line for line in above.lines if line.get_color() == colour and line.get_linestyle() == "-"]
        drawn_twin = np.concatenate([np.asarray(line.get_ydata(), float) for line in lines])
        np.testing.assert_allclose(drawn_twin, np.where(value > error, value, np.nan))
        hidden += len(expected)
    assert hidden > 0
