"""Exact drift, acceptance and noise of a step against s, both limits, measured; one coordinate at a time."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import MEAN, TWIN, WIDTH, log_axis, state

DOT = {"color": MEAN["color"], "marker": "o", "markersize": 3, "linestyle": "", "zorder": 5}
EXACT = {"color": "black", "linewidth": 1.0}
LIMIT = {"color": TWIN["color"], "linewidth": 1.0, "linestyle": (0, (3, 1.6))}
BAR = {"color": LIMIT["color"], "linewidth": 2.6}  # level 0 at s = ∞, seen on both sides of level 1
POWERS = ((1.0, "#0072B2", (0, (7, 2))), (0.5, "#CC79A7", (0, (5, 1.5, 1, 1.5))), (0.0, "#56B4E9", (0, (1, 1.2))))
DECADES = ([1e-2, 1e-1, 1, 1e1, 1e2], ["0.01", "0.1", "1", "10", "100"])
ROWS = {"drift / σ": ("drift",), "acceptance": ("acceptance",), "variance / σ²": ("along", "across")}
BARS = "bars: one standard error"


def _against_strength(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Drift, acceptance and noise of one step against s = βσ|∇U|."""
    data = found.parts["isotropic"]
    figure = Figure(figsize=(WIDTH, 5.6))
    axes = figure.subplots(3, 2, sharex="col", sharey="row", width_ratios=(9, 1))
    for letter, (left, right), (label, names) in zip("abc", axes, ROWS.items(), strict=True):
        for name in names:
            _quantity(left, right, data, name)
        left.set_ylabel(label)
        left.set_title(f"({letter})", loc="left")
        _broken(left, right)
    top, _, bottom = axes[:, 0]
    log_axis(top, bottom=3e-3)
    top.set_ylim(top=1)
    bottom.set_xscale("log")
    bottom.set_xticks(*DECADES)
    bottom.minorticks_off()
    bottom.set_xlabel("$s$ = βσ|∇$U$|")
    axes[2, 1].set_xlim(-1, 1)
    axes[2, 1].set_xticks([0], ["∞"])
    handles = [
        top.errorbar([], [], [], **DOT, label="measured (c: along ∇$U$)"),
        *top.plot([], [], **{**DOT, "mfc": "white"}, label="measured, across ∇$U$"),
        *top.plot([], [], **EXACT, label="level 1 (exact)"),
        *top.plot([], [], **LIMIT, label="level 0 (s → 0; bar: ∞)"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", "Figure 1’s network after noise-free descent to t = 1",
        "σ = 2.5e-5", f"{found.configuration['draws']} steps per point", BARS, "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, {str(name): data[name].values for name in data.data_vars}


def _quantity(left: Axes, right: Axes, data: xarray.Dataset, name: str) -> None:
    """One quantity against s, and at s = ∞."""
    sign = -1 if name == "drift" else 1
    measured, error, exact, limit = (
        data[key].values for key in (name, f"{name}_error", f"{name}_level_1", f"{name}_level_0")
    )
    mark = {**DOT, "mfc": "white"} if name == "across" else DOT
    left.plot(data.curve_s, sign * data[f"curve_{name}"], **EXACT)
    left.plot(data.s[:-1], sign * limit[:-1], **LIMIT)
    left.errorbar(data.s[:-1], sign * measured[:-1], error[:-1], elinewidth=0.8, **mark)
    right.plot([-0.8, 0.8], [sign * limit[-1]] * 2, **BAR)
    right.plot([-0.8, 0.8], [sign * exact[-1]] * 2, **EXACT)
    right.errorbar([0], sign * measured[-1:], error[-1:], elinewidth=0.8, **mark)


def _broken(left: Axes, right: Axes) -> None:
    """Strokes where the axis is cut before s = ∞."""
    right.spines.left.set_visible(False)
    right.tick_params(axis="y", which="both", length=0)
    stroke = {"marker": [(-0.5, -1), (0.5, 1)], "markersize": 5, "color": "black", "mew": 0.6, "clip_on": False}
    left.plot([1], [0], transform=left.transAxes, **stroke)
    right.plot([0], [0], transform=right.transAxes, **stroke)


def _coordinate(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Drift of mutations of one coordinate at a time against s."""
    data = found.parts["one coordinate"]
    figure = Figure(figsize=(WIDTH, 4.4))
    top, bottom = figure.subplots(2, 1, sharex=True)
    top.errorbar(data.s, data.drift, data.drift_error, elinewidth=0.8, label="measured", **DOT)
    top.plot(data.curve_s, data.curve_drift, **EXACT, label="theory")
    _power_maps(top, data)
    top.set_xscale("log")
    log_axis(top, bottom=3e-3)
    top.set_ylim(top=3)
    top.set_ylabel("drift / (σ/N)", fontsize=7)
    bottom.errorbar(data.middle, data.exponent, data.exponent_error, elinewidth=0.8, **DOT)
    bottom.plot(data.curve_s, data.curve_exponent, **EXACT)
    bottom.set_ylabel("local exponent H", fontsize=7)
    bottom.set_xticks(*DECADES)
    bottom.minorticks_off()
    bottom.set_xlabel("βσ|∂$_i U$|")
    for letter, axis in zip("ab", (top, bottom), strict=True):
        axis.set_title(f"({letter})", loc="left")
    figure.legend(loc="outside lower center", ncols=3)
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", "linear loss with 9 slopes", "one coordinate mutates at a time",
        f"{found.configuration['coordinate_draws']} steps", BARS, "neighbours in (b) share a drift: errors correlated",
        "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, {str(name): data[name].values for name in data.data_vars}


def _power_maps(axis: Axes, data: xarray.Dataset) -> None:
    """sign(g)|g|^H for three H, each touching the drift where its local exponent is H."""
    s = data.curve_s.values
    for power, colour, dash in POWERS:
        touching = int(np.argmin(np.abs(data.curve_exponent.values - power)))
        level = float(data.curve_drift[touching]) / s[touching] ** power
        axis.plot(s, level * s**power, color=colour, linewidth=0.9, linestyle=dash, label=f"power map, H = {power:g}")


MAKERS = {"drift": _against_strength, "drift_one_coordinate": _coordinate}
