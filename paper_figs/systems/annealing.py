"""Simulated annealing beside its clock and level 1 on Figure 1's network, and the variance of a bowl that is cooled."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..parts.read import StudyResult
from ..parts.settings import short, wrapped
from ..parts.style import DESCENT, MEAN, TWIN, WIDTH, log_across, log_axis, state

DOT = {"color": MEAN["color"], "marker": "o", "markersize": 3, "linestyle": "", "elinewidth": 0.8, "zorder": 5}
LEVEL_1 = TWIN
CLOCK = DESCENT
RECURSION = {"color": "#0072B2", "linewidth": 1.2}
TEMPERATURE = {"color": "#CC79A7", "linewidth": 1.2, "linestyle": (0, (1, 1.2))}


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Way gone against the clock, its share of the clock's against s, and the variance of a bowl against the step."""
    figure = Figure(figsize=(WIDTH, 6.2))
    top, middle, bottom = figure.subplots(3, 1)
    path, bowl = found.parts["path"], found.parts["bowl"]
    _way(top, path)
    _share(middle, path)
    _bowl(bottom, bowl)
    for letter, axis in zip("abc", (top, middle, bottom), strict=True):
        axis.set_title(f"({letter})", loc="left")
    handles = [
        top.errorbar([], [], [], **DOT, label="annealing"),
        *top.plot([], [], **CLOCK, label="its clock: descent at τ = Σβσ²/2"),
        *top.plot([], [], **LEVEL_1, label="level 1: the same, late"),
        *top.plot([], [], **RECURSION, label="recursion of the variance"),
        *top.plot([], [], **TEMPERATURE, label="$T$/$h$ = 1/($h$β)"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", f"(a), (b): Figure 1’s network from τ = {path.attrs['begin']:g} on",
        f"σ = {short(path.attrs['mutation_std'])}", f"{path.attrs['steps']} steps",
        f"{path.attrs['trajectories']} runs", f"(c): bowl $h$ = 1, σ = {bowl.attrs['mutation_std']:g}",
        f"{bowl.attrs['trajectories']} runs", "bars: one standard error", "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, {name: {str(key): one[key].values for key in one.variables} for name, one in found.parts.items()}


def _way(axis: Axes, data: xarray.Dataset) -> None:
    """Logarithmic, so that the start is seen; means that noise hides are left out."""
    shown = data.isel(time=np.flatnonzero((data.progress > 2 * data.progress_error).values))
    axis.plot(data.time, data.progress_clock * data.way, **CLOCK)
    axis.plot(data.time, data.way, **LEVEL_1)
    axis.errorbar(shown.time, shown.progress * shown.way, shown.progress_error * shown.way, **DOT)
    log_across(axis)
    log_axis(axis)
    axis.set_xlabel("clock τ = Σβσ²/2 (time of plain descent)", fontsize=7)
    axis.set_ylabel("way gone (weight units)", fontsize=7)


def _share(axis: Axes, data: xarray.Dataset) -> None:
    shown = data.isel(time=np.flatnonzero((data.progress_error < 0.25 * data.progress_clock).values))
    axis.axhline(1.0, **CLOCK)
    axis.plot(data.strength, 1 / data.progress_clock, **LEVEL_1)
    axis.errorbar(
        shown.strength, shown.progress / shown.progress_clock, shown.progress_error / shown.progress_clock, **DOT
    )
    log_across(axis)
    axis.set_ylim(0, 1.4)
    axis.set_xlabel("$s$ = βσ|∇$U$| at that time", fontsize=7)
    axis.set_ylabel("way gone / way of its clock", fontsize=7)


def _bowl(axis: Axes, data: xarray.Dataset) -> None:
    every = np.arange(1, data.sizes["every"] + 1)
    axis.plot(every, data.curve_temperature, **TEMPERATURE)
    axis.plot(every, data.curve, **RECURSION)
    axis.errorbar(data.step, data.variance, data.variance_error, **DOT)
    axis.set_ylim(bottom=0)
    axis.set_xlabel("step", fontsize=7)
    axis.set_ylabel("variance (weight units²)", fontsize=7)


MAKERS = {"annealing": page}
