"""The fluctuation bias, squared distance to descent and loss excess of averaged mutation and averaged twin."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from corr import inference

from ..fig2 import OURS, PAPER
from ..parts import panels
from ..parts.read import ExperimentResult, Run, Side
from ..parts.settings import settings, short
from ..parts.style import DESCENT, WIDTH, band, log_axis, pieces, ratio_colours, state

POINTS = 16
LIMIT = {"linestyle": "", "marker": "v", "markersize": 3, "mfc": "white"}


def _bias(found: ExperimentResult) -> panels.Panel:
    """Unbiased squared distance to noise-free descent, and the mean loss less descent's, for every λα."""
    runs = found.runs
    figure = Figure(figsize=(WIDTH, 5.2))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.4, 1))
    curves = [_curve(run) for run in runs]
    for curve, colour in zip(curves, ratio_colours(len(runs)), strict=True):
        _distances(above, curve, colour)
        _losses(below, curve, colour)
    below.axhline(0, **{**DESCENT, "zorder": 1})
    log_axis(above)
    above.set_ylabel("unbiased Δ to descent,\nof squared distance travelled", fontsize=7)
    below.set_ylabel("mean loss less descent’s", fontsize=7)
    below.set_xlabel("$t$")
    _legend(figure, runs)
    state(figure, settings(runs, paper=PAPER, ours=(*OURS, "the figure itself")))
    return figure, panels.of_runs(runs, curves)


def _curve(run: Run) -> dict[str, Any]:
    """Of both ensembles after t = 0: distance over the squared distance that descent travelled, and loss excess."""
    travelled, later = inference.travelled(run.descent), slice(1, None)
    found: dict[str, Any] = {"time": run.time[later]}
    for name, side in (("mutation", run.mutation), ("twin", run.twin)):
        away, error = _away(side, run.descent)
        found[name] = {
            "distance": away[later] / travelled[later],
            "distance_standard_error": error[later] / travelled[later],
            "loss_excess": (side.loss - run.descent_loss)[later],
            "loss_standard_error": side.loss_error[later],
            "count": side.count[later],
        }
    return found


def _away(side: Side, descent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unbiased Δ to descent and its jackknife standard error, NaN where fewer than three trajectories are followed."""
    away, error = np.full((2, len(descent)), np.nan)
    for part in pieces(side.count):
        whole = side.path[np.isfinite(side.path[:, part]).all(axis=(1, 2))][:, part]
        if len(whole) >= 3:
            away[part] = inference.unbiased_delta(whole, descent[part])
            error[part] = inference.delta_standard_error(whole, descent[part])
    return away, error


def _distances(axis: Axes, curve: dict[str, Any], colour: str) -> None:
    """Mutation as points or upper limits, the twin as a line where it stands above its standard error."""
    walk, twin = curve["mutation"], curve["twin"]
    at = _shown(curve)
    panels.points_or_limits(axis, curve["time"][at], walk["distance"][at], walk["distance_standard_error"][at], colour)
    value, error = twin["distance"], twin["distance_standard_error"]
    seen = value > error
    line = np.where(seen, value, np.nan)
    band(axis, curve["time"], line, np.where(seen, error, np.nan), _twin(colour), twin["count"])


def _losses(axis: Axes, curve: dict[str, Any], colour: str) -> None:
    walk, twin, at = curve["mutation"], curve["twin"], _shown(curve)
    bars = {"fmt": "o", "markersize": 2.8, "elinewidth": 0.8, "capsize": 1.5, "color": colour, "zorder": 6}
    axis.errorbar(curve["time"][at], walk["loss_excess"][at], walk["loss_standard_error"][at], **bars)
    numbers = twin["loss_excess"], twin["loss_standard_error"]
    band(axis, curve["time"], *numbers, _twin(colour), twin["count"])


def _shown(curve: dict[str, Any]) -> slice:
    every = max(1, len(curve["time"]) // POINTS)
    return slice(every - 1, None, every)


def _twin(colour: str) -> dict[str, Any]:
    return {"color": colour, "linewidth": 1.1, "zorder": 4}


def _legend(figure: Figure, runs: list[Run]) -> None:
    products = [run.configuration["learning_rate"] * run.configuration["step_ratio"] for run in runs]
    colours = ratio_colours(len(runs))
    handles = [Line2D([], [], color=c, label=f"λα = {short(p)}") for c, p in zip(colours, products, strict=True)]
    marks: tuple[tuple[str, dict[str, Any]], ...] = (
        ("mutation, mean ± 1 s.e.", {"linestyle": "", "marker": "o", "markersize": 2.8}),
        ("upper limit, value + 2 s.e.", LIMIT),
        ("twin, mean above 1 s.e.", {"linewidth": 1.1}),
    )
    handles += [Line2D([], [], **{"color": "0.3", **style}, label=text) for text, style in marks]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


MAKERS = {"bias": _bias}
