"""Mean loss of mutation by many proposals on one clock, and deviations from the common prediction."""

import math
from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..parts.read import StudyResult
from ..parts.settings import short, wrapped
from ..parts.style import DESCENT, WIDTH, state

COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#CC79A7", "#E69F00", "#D55E00", "#7F3C8D")
OTHERS = ("0.45", "#D55E00", "#0072B2", "#CC79A7")
DASHES = ((0, (6, 1)), (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
SIDES = ("descent", "twin")


def _panels(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Mean loss of many proposals on one clock, and deviations from the common curve."""
    figure = Figure(figsize=(WIDTH, 6.6))
    top, middle, bottom = figure.subplots(3, 1, sharex=True)
    styles = _styles(found)
    numbers = {name: _loss(top, found.parts[name], style) for name, style in styles.items()}
    for axis, foreseen in ((middle, True), (bottom, False)):
        for name, style in styles.items():
            if bool(found.parts[name].foreseen) == foreseen:
                numbers[name]["score"] = _score(axis, found.parts[name], found.parts["twin"], style)
        axis.axhspan(-2, 2, color="0.9", linewidth=0, zorder=0)
        axis.set_ylabel("deviation / s.e.", fontsize=7)
    numbers["twin"] = _loss(top, found.parts["twin"], DESCENT)
    bottom.set_yscale("symlog", linthresh=2)
    bottom.yaxis.set_major_formatter("{x:g}")
    bottom.set_xlabel("common time $t$")
    top.set_ylabel("mean loss")
    handles = [Line2D([], [], **style, label=name) for name, style in styles.items()]
    handles.append(Line2D([], [], **DESCENT, label="twin (prediction)"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=6.5)
    sizes, std = found.configuration, float(found.parts["Gaussian"].mutation_std)
    state(figure, wrapped([
        f"preset {sizes['preset']}", "Figure 1’s network and start", "β = ∞", f"σ = {short(std)}",
        f"n = {sizes['trajectories']} each", f"{sizes['twins']} twins", "grey: ±2 standard errors",
        "bottom: laws that theory does not put on the curve", "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers


def _styles(found: StudyResult) -> dict[str, dict[str, Any]]:
    names = [name for name in found.parts if name not in SIDES]
    inside = [name for name in names if bool(found.parts[name].foreseen)]
    base = {"linewidth": 0.8, "markersize": 2.8, "zorder": 4}
    styles = {
        name: {**base, "color": colour, "marker": marker, "linestyle": "-"}
        for name, colour, marker in zip(inside, COLOURS, MARKERS, strict=True)
    }
    rest = [name for name in names if name not in inside]
    return styles | {
        name: {**base, "color": colour, "linestyle": dash, "linewidth": 1.2}
        for name, colour, dash in zip(rest, OTHERS, DASHES, strict=True)
    }


def _mean(data: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    losses = data.loss.values.astype(float)
    return losses.mean(axis=0), losses.std(axis=0, ddof=1) / math.sqrt(len(losses))


def _loss(axis: Axes, data: xarray.Dataset, style: dict[str, Any]) -> dict[str, Any]:
    mean, error = _mean(data)
    axis.plot(data.time, mean, **style)
    return {"time": data.time.values, "loss": mean, "error": error}


def _score(axis: Axes, data: xarray.Dataset, twin: xarray.Dataset, style: dict[str, Any]) -> np.ndarray:
    (mean, error), (other, unsure) = _mean(data), _mean(twin)
    score = (mean - other)[1:] / np.hypot(error, unsure)[1:]
    axis.plot(data.time[1:], score, **style)
    return score


MAKERS = {"universality": _panels}
