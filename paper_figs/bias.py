"""B3b: the fluctuation bias, squared distance to descent and loss excess of averaged mutation and averaged twin."""

from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from corr import inference

from . import _panels, _style
from ._read import Run, Side, read
from ._settings import settings, short
from .fig2 import OURS, PAPER

POINTS = 16
LIMIT = {"linestyle": "", "marker": "v", "markersize": 3, "mfc": "white"}


def draw(runs: list[Path], folder: Path) -> list[Path]:
    """Draw the unbiased squared distance to noise-free descent, and the mean loss less descent's, for every λα.

    Args:
        runs: folders of finished runs, λ ascending.
        folder: where to write bias as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    loaded = [read(run) for run in runs]
    with matplotlib.style.context(_style.STYLE):
        figure = Figure(figsize=(_style.WIDTH, 5.2))
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.4, 1))
        curves = [_curve(run) for run in loaded]
        for curve, colour in zip(curves, _style.ratio_colours(len(loaded)), strict=True):
            _distances(above, curve, colour)
            _losses(below, curve, colour)
        below.axhline(0, **{**_style.GRADIENT, "zorder": 1})
        _style.log_axis(above)
        above.set_ylabel("unbiased Δ to descent / way²", fontsize=7)
        below.set_ylabel("mean loss less descent’s", fontsize=7)
        below.set_xlabel("$t$")
        _legend(figure, loaded)
        _style.state(figure, settings(loaded, paper=PAPER, ours=(*OURS, "the figure itself")))
        return _panels.save_curves(figure, folder, "bias", loaded, curves)


def _curve(run: Run) -> dict[str, Any]:
    """Of both ensembles after t = 0: distance over the squared distance that descent travelled, and loss excess."""
    way, later = inference.travelled(run.gradient), slice(1, None)
    found: dict[str, Any] = {"time": run.time[later]}
    for name, side in (("mutation", run.mutation), ("twin", run.twin)):
        away, error = _away(side, run.gradient)
        found[name] = {
            "distance": (away[later] / way[later]),
            "distance_standard_error": error[later] / way[later],
            "loss_excess": (side.loss - run.gradient_loss)[later],
            "loss_standard_error": side.loss_error[later],
            "count": side.count[later],
        }
    return found


def _away(side: Side, gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unbiased Δ to descent and its jackknife standard error, NaN where fewer than three trajectories are followed."""
    away, error = np.full((2, len(gradient)), np.nan)
    for part in _style.pieces(side.count):
        whole = side.path[np.isfinite(side.path[:, part]).all(axis=(1, 2))][:, part]
        if len(whole) >= 3:
            away[part] = inference.unbiased_delta(whole, gradient[part])
            error[part] = inference.delta_standard_error(whole, gradient[part])
    return away, error


def _distances(axis: Axes, curve: dict[str, Any], colour: str) -> None:
    """Mutation as points or upper limits, the twin as a line where it stands above its standard error."""
    walk, twin = curve["mutation"], curve["twin"]
    at = _shown(curve)
    _panels.points_or_limits(axis, curve["time"][at], walk["distance"][at], walk["distance_standard_error"][at], colour)
    value, error = twin["distance"], twin["distance_standard_error"]
    seen = value > error
    line = np.where(seen, value, np.nan)
    _style.band(axis, curve["time"], line, np.where(seen, error, np.nan), _twin(colour), twin["count"])


def _losses(axis: Axes, curve: dict[str, Any], colour: str) -> None:
    walk, twin, at = curve["mutation"], curve["twin"], _shown(curve)
    bars = {"fmt": "o", "markersize": 2.8, "elinewidth": 0.8, "capsize": 1.5, "color": colour, "zorder": 6}
    axis.errorbar(curve["time"][at], walk["loss_excess"][at], walk["loss_standard_error"][at], **bars)
    numbers = twin["loss_excess"], twin["loss_standard_error"]
    _style.band(axis, curve["time"], *numbers, _twin(colour), twin["count"])


def _shown(curve: dict[str, Any]) -> slice:
    every = max(1, len(curve["time"]) // POINTS)
    return slice(every - 1, None, every)


def _twin(colour: str) -> dict[str, Any]:
    return {"color": colour, "linewidth": 1.1, "zorder": 4}


def _legend(figure: Figure, runs: list[Run]) -> None:
    products = [run.configuration["learning_rate"] * run.configuration["step_ratio"] for run in runs]
    colours = _style.ratio_colours(len(runs))
    handles = [Line2D([], [], color=c, label=f"λα = {short(p)}") for c, p in zip(colours, products, strict=True)]
    marks: tuple[tuple[str, dict[str, Any]], ...] = (
        ("mutation, mean ± 1 s.e.", {"linestyle": "", "marker": "o", "markersize": 2.8}),
        ("upper limit, value + 2 s.e.", LIMIT),
        ("noisy twin, mean (where above 1 s.e.)", {"linewidth": 1.1}),
    )
    handles += [Line2D([], [], **{"color": "0.3", **style}, label=text) for text, style in marks]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
