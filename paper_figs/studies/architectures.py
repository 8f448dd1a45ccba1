"""Loss of four architectures against the common time, for mutation at several scales and for noise-free descent."""

import math
from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..parts import panels
from ..parts.read import StudyResult
from ..parts.settings import short, wrapped
from ..parts.style import DESCENT, WIDTH, band, log_axis, ratio_colours, state

TITLES = {
    "shallow": "shallow, 30 tanh\nsin(2πθ)",
    "deep": "deep, 4 × 16 tanh\nsin(πθ)",
    "residual": "residual, 3 × 12 relu\nsin(πθ)",
    "recurrent": "recurrent, 8 tanh\ndelayed wave",
}


def _four(found: StudyResult) -> panels.Panel:
    """Loss of four architectures against common time, at several mutation scales."""
    sizes = found.configuration
    step_times = sizes["step_times"]
    figure = Figure(figsize=(WIDTH, 4.6))
    axes = figure.subplots(2, 2)
    numbers: dict[str, Any] = {}
    for axis, (name, title) in zip(axes.flat, TITLES.items(), strict=True):
        walks = [found.parts[f"{name} {step_time:g}"] for step_time in step_times]
        numbers[name] = _losses(axis, walks, found.parts[f"{name} descent"])
        axis.set_title(f"{title}, $N$ = {walks[0].attrs['parameters']}")
    for axis in axes[:, 0]:
        axis.set_ylabel("loss $U$")
    for axis in axes[-1]:
        axis.set_xlabel("$t$")
    colours = ratio_colours(len(step_times))
    handles = [
        Line2D([], [], color=c, label=f"mutation, λα = {short(s)}") for c, s in zip(colours, step_times, strict=True)
    ]
    figure.legend(handles=[*handles, Line2D([], [], **DESCENT, label="noise-free descent")],
                  loc="outside lower center", ncols=2)  # fmt: skip
    state(figure, wrapped([
        f"preset {sizes['preset']}", "β = ∞", f"σ = λα√(2π) = {' / '.join(short(_std(s)) for s in step_times)} in all",
        f"n = {' / '.join(map(str, sizes['trajectories']))}", f"descent α = {short(sizes['descent_learning_rate'])}",
        f"K = {sizes['shallow_points']} (shallow)", "101", "101", "32 steps",
        "delay: a quarter of a period", "bands: one s.e.",
        "all ours: the paper has no such figure, and its deep net is 8 × 32",
    ]))  # fmt: skip
    return figure, numbers


def _std(step_time: float) -> float:
    return step_time * math.sqrt(2 * math.pi)


def _losses(axis: Axes, walks: list[xarray.Dataset], descent: xarray.Dataset) -> dict[str, Any]:
    """Mean losses with their standard errors, the coarsest mutations lowest, and the loss of descent."""
    numbers: dict[str, Any] = {"time": descent.time.values, "descent": descent.loss.values[0].astype(float)}
    for number, (walk, colour) in enumerate(zip(walks, ratio_colours(len(walks)), strict=True)):
        losses = walk.loss.values.astype(float)
        mean, error = losses.mean(axis=0), losses.std(axis=0, ddof=1) / math.sqrt(len(losses))
        style = {"color": colour, "linewidth": 2.2 - 0.4 * number, "zorder": 3.5 - 0.1 * number}
        band(axis, walk.time.values, mean, error, style, np.full(len(mean), len(losses)))
        numbers[f"{walk.attrs['step_time']:g}"] = {"mean": mean, "mean_standard_error": error}
    axis.plot(numbers["time"], numbers["descent"], **DESCENT)
    log_axis(axis)
    return numbers


MAKERS = {"architectures": _four}
