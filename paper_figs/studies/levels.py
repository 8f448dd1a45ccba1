"""Mutation beyond the paper's range beside the twins of levels 0 to 3, and what too coarse a twin step does."""

import math
from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from corr import inference

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import MEAN, WIDTH, band, state

COLOURS = {"level 0": "#D55E00", "level 1": "#CC79A7", "level 2": "#0072B2", "level 3": "black"}
DASHES = {"level 0": "-", "level 1": (0, (1, 1)), "level 2": (0, (4, 1.5)), "level 3": (0, (2.5, 1.2))}


def _all_levels(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Loss, acceptance and distance of mutation beside the twins of levels 0 to 3."""
    walk = found.parts["mutation"]
    time = walk.time.values
    figure = Figure(figsize=(WIDTH, 5.2))
    top, middle, bottom = figure.subplots(3, 1, sharex=True)
    loss, error = _mean_loss(walk)
    count = np.full(len(time), len(walk.loss))
    band(top, time, loss, error, MEAN, count)
    bottom.plot(time[1:], walk.acceptance.mean("trajectory").values[1:], **MEAN)
    numbers: dict[str, Any] = {"time": time, "mutation": {"loss": loss, "error": error}}
    for level, colour in COLOURS.items():
        side = found.parts[level]
        style = {"color": colour, "linewidth": 1.1, "linestyle": DASHES[level], "zorder": 4}
        mean, unsure = _mean_loss(side)
        away, spread = _distance(walk, side)
        band(top, time, mean, unsure, style, np.full(len(time), len(side.loss)))
        band(middle, time[1:], 100 * away, 100 * spread, style, np.full(len(away), len(side.loss)))
        bottom.plot(time, side.predicted_acceptance.values, **style)
        numbers[level] = {"loss": mean, "error": unsure, "distance": away, "distance_error": spread,
                          "acceptance": side.predicted_acceptance.values}  # fmt: skip
    top.set_ylabel("loss")
    middle.axhline(0, color="0.6", linewidth=0.5)
    middle.set_ylabel("unbiased Δ, % of squared\ndistance travelled", fontsize=7)
    bottom.set_ylabel("acceptance")
    bottom.set_ylim(0, 0.55)
    bottom.set_xlabel("$t$ after the start at $t$ = 7")
    handles = [Line2D([], [], **MEAN, label="mutation, mean")]
    handles += [Line2D([], [], color=c, linestyle=DASHES[k], label=f"twin, {k}") for k, c in COLOURS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    state(figure, _settings(found))
    return figure, numbers


def _coarse_steps(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Loss at the end of twins whose time step is too coarse."""
    figure = Figure(figsize=(WIDTH, 2.9))
    axis = figure.subplots()
    loss, error = (part[-1] for part in _mean_loss(found.parts["mutation"]))
    axis.axhspan(
        loss - 2 * error, loss + 2 * error, color=MEAN["color"], alpha=0.35, linewidth=0, label="mutation, ± 2 s.e."
    )
    numbers: dict[str, Any] = {"mutation": [loss, error]}
    for level, marker in (("level 0", "o"), ("level 3", "D")):
        sides = [data for name, data in found.parts.items() if name.startswith(level)]
        sides.sort(key=lambda data: float(data.coarseness))
        steps = [float(data.coarseness) for data in sides]
        ends = np.array([[part[-1] for part in _mean_loss(data)] for data in sides])
        style = {"color": COLOURS[level], "marker": marker, "markersize": 3, "linewidth": 0.8}
        axis.errorbar(steps, ends[:, 0], 2 * ends[:, 1], label=f"twin, {level}", **style)
        numbers[level] = {"steps": steps, "loss": ends[:, 0], "error": ends[:, 1]}
    _mark(axis, sorted({step for level in ("level 0", "level 3") for step in numbers[level]["steps"]}))
    figure.legend(loc="outside lower center", ncols=3)
    state(figure, _settings(found))
    return figure, numbers


def _mark(axis: Axes, across: list[float]) -> None:
    axis.set_xscale("log", base=2)
    axis.set_xticks(across, [f"{step:g}" if step >= 1 else f"1/{1 / step:g}" for step in across])
    axis.minorticks_off()
    axis.set_xlabel("twin step d$t$ in mutation steps λα", fontsize=7)
    axis.set_ylabel("mean loss at the end", fontsize=7)


def _mean_loss(data: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    losses = data.loss.values.astype(float)
    return losses.mean(axis=0), losses.std(axis=0, ddof=1) / math.sqrt(len(losses))


def _distance(walk: xarray.Dataset, side: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    paths, other = (data.path.values[:, 1:].astype(float) for data in (walk, side))
    travelled = inference.travelled(walk.descent.values)[1:]
    error = inference.delta_standard_error(paths, other)
    return inference.unbiased_delta(paths, other) / travelled, error / travelled


def _settings(found: StudyResult) -> str:
    sizes = found.configuration
    parts = [
        f"preset {sizes['preset']}", "shallow network M = 4 (N = 12), K = 64", "β = ∞", "σ = 0.01", "λα = 0.004",
        f"n = {sizes['mutation']} mutation", f"{sizes['twins']} twins of levels 0 to 2",
        f"{sizes['corrected']} of level 3", "all ours: the paper has no such figure",
    ]  # fmt: skip
    return wrapped(parts)


MAKERS = {"levels": _all_levels, "levels_coarse": _coarse_steps}
