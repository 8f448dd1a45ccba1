"""Particle swarm: spread and speed on a slope, coefficients against age beside mutation's, and shared numbers."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import MEAN, TWIN, WIDTH, log_axis, state

COLOURS = ("#0072B2", "#E69F00", "#CC79A7")
THEORY = {"color": "black", "linewidth": 0.8, "linestyle": (0, (3, 1.6)), "zorder": 4}
DOT = {"marker": "o", "markersize": 3, "linestyle": "", "zorder": 5}
BAR = {"elinewidth": 0.8, "linewidth": 0.8}
SIDES = {"swarm": {"color": TWIN["color"]}, "mutation": {"color": MEAN["color"], "marker": "D"}}
EVERY = 4  # steps between dots


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """ln(spread) and ln(speed) against the step, the coefficient of ĝ against the age, and the way out of the span."""
    names = ["spread", "speed", "ages", *(["span"] if "span" in found.parts else [])]
    figure = Figure(figsize=(WIDTH, 4.9))
    axes = figure.subplot_mosaic([["spread", "speed"], ["ages", names[-1]]])
    growth = found.parts["growth"]
    for name in names[:2]:
        _growth(axes[name], growth, name)
    _ages(axes["ages"], found)
    if "span" in found.parts:
        _span(axes["span"], found.parts["span"])
    for letter, name in zip("abcd", names, strict=False):
        axes[name].set_title(f"({letter})", loc="left")
    handles = [*axes["spread"].get_legend_handles_labels()[0], *axes["ages"].get_legend_handles_labels()[0]]
    handles += axes["spread"].plot([], [], **THEORY, label="rate of the linear map")
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    ages = found.parts["swarm"].attrs
    state(figure, wrapped([
        f"preset {found.configuration['preset']}",
        f"(a), (b): slope, spread 1 at the start, {growth.attrs['particles']} particles",
        f"mean of {growth.attrs['swarms']} swarms",
        f"(c): bowl of 4 parameters, {found.configuration['particles']} particles, {ages['draws']} draws",
        *(["(d): bowl of 50 parameters, 10 particles, 60 steps"] if "span" in found.parts else []),
        "bars: one standard error", "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, {name: {str(key): one[key].values for key in one.variables} for name, one in found.parts.items()}


def _growth(axis: Axes, data: xarray.Dataset, name: str) -> None:
    """The mean logarithm, and a line of theory's rate from where growth is measured on."""
    begin = data.attrs["settled"] - 1
    for k, colour in zip(range(data.sizes["constants"]), COLOURS, strict=False):
        one = data.isel(constants=k)
        values, step = one[f"ln_{name}"].values, data.step.values
        label = f"w = {float(one.inertia):g}, c = {float(one.pull):g}"
        axis.plot(step[::EVERY], values[::EVERY], color=colour, **DOT, label=label)
        axis.plot(step[begin:], values[begin] + float(one.spread_rate_theory) * (step[begin:] - step[begin]), **THEORY)
    axis.set_xlabel("step", fontsize=7)
    what = "spread" if name == "spread" else "speed of the centre"
    axis.set_ylabel(f"mean ln({what})", fontsize=7)


def _ages(axis: Axes, found: StudyResult) -> None:
    """Coefficients over those at the first age, at both points."""
    for name, style in SIDES.items():
        if name in found.parts:
            data = found.parts[name]
            for k, dash in zip(range(data.sizes["place"]), ("-", (0, (1, 1.2))), strict=False):
                one = data.isel(place=k)
                first = float(one.unit[0])
                axis.errorbar(
                    one.age, one.unit / first, one.unit_error / first, **BAR, **{**DOT, **style, "linestyle": dash},
                    label=f"{name}, {one.place.item()}",
                )  # fmt: skip
    if float((found.parts["swarm"].unit / found.parts["swarm"].unit.isel(age=0)).min()) > 0:
        log_axis(axis)
    axis.set_xlabel("age (steps)", fontsize=7)
    axis.set_ylabel("coefficient of $g$/|$g$|\nover that at age 0", fontsize=7)


def _span(axis: Axes, data: xarray.Dataset) -> None:
    axis.errorbar(np.arange(2), data.outside, data.outside_error, color="black", **BAR, **DOT)
    axis.set_xlim(-0.5, 1.5)
    axis.set_xticks([0, 1], ["shared", "one per\nparameter"])
    log_axis(axis)
    axis.set_xlabel("random numbers", fontsize=7)
    axis.set_ylabel("share of the way outside\nthe span of the start", fontsize=7)


MAKERS = {"swarm": page}
