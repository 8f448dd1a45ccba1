"""Flip rates of float32 decisions against float64, and mutation by the exact change and by subtraction."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..parts.read import StudyResult
from ..parts.settings import short, wrapped
from ..parts.style import DESCENT, MEAN, TWIN, WIDTH, band, few_ticks, log_axis, state

EXACT = {**MEAN, "linewidth": 1.6}
SUBTRACTED = {"color": TWIN["color"], "linewidth": 1.2, "zorder": 5}
DASHED = {**DESCENT, "linestyle": (0, (3, 1.6))}
MARKERS = ("o", "s", "D")
BESIDE = (0.8, 1.0, 1.25)  # markers of the three t at one σ stand side by side


def _panels(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Flipped decisions in float32, and loss by exact change and by subtraction."""
    figure = Figure(figsize=(WIDTH, 5.4))
    top, bottom = figure.subplots(2, 1)
    numbers = {"flips": _flips(top, found), "fall": _falls(bottom, found)}
    handles = [
        Line2D([], [], **SUBTRACTED, label="subtraction"),
        Line2D([], [], **EXACT, label="exact change"),
        Line2D([], [], **DASHED, label="noise-free descent"),
        Line2D([], [], color=SUBTRACTED["color"], linewidth=0.7, linestyle=":", label="foreseen from rounding"),
    ]
    handles += [
        Line2D([], [], color="0.3", linestyle="", marker=marker, markersize=3, label=f"decisions at $t$ = {time:g}")
        for marker, time in zip(MARKERS, found.parts["rounding"].time.values, strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    sizes, walk = found.configuration, found.parts["exact change"]
    state(figure, wrapped([
        f"preset {sizes['preset']}", "Figure 1’s network and start", "β = ∞", "float32",
        f"{sizes['draws']} decisions per point",
        "bars: 99 % intervals", f"below σ = {short(float(walk.mutation_std))} (the paper’s)",
        f"n = {sizes['trajectories']}",
        "bands: one standard error", "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers


def _flips(axis: Axes, found: StudyResult) -> dict[str, Any]:
    """Rates above one in the number of decisions; where none flipped, the upper end of the interval."""
    numbers: dict[str, Any] = {}
    # The limits of the exact change lie over the last points of subtraction, which matter more.
    for rule, style, order in (("subtraction", SUBTRACTED, 4), ("exact change", EXACT, 3)):
        data = found.parts[f"flips, {rule}"]
        for k, marker in zip(range(data.sizes["time"]), MARKERS, strict=True):
            beside = data.isel(time=k).assign_coords(sigma=data.sigma * BESIDE[k])
            _rates(axis, beside, {"color": style["color"], "marker": marker, "linestyle": "", "zorder": order})
        numbers[rule] = {name: data[name].values for name in ("sigma", "time", "rate", "low", "high")}
    lines = found.parts["rounding"]
    axis.plot(lines.sigma, lines.foreseen, color=SUBTRACTED["color"], linewidth=0.7, linestyle=":")
    axis.set_xscale("log")
    log_axis(axis, 3e-5)
    axis.set_xticks([10.0**k for k in range(-7, -2)], [f"1e-{k}" for k in range(7, 2, -1)])
    axis.set_xlabel("σ")
    axis.set_ylabel("share of flipped decisions", fontsize=7)
    return {**numbers, "foreseen": {name: lines[name].values for name in ("sigma", "time", "foreseen")}}


def _rates(axis: Axes, data: xarray.Dataset, style: dict[str, Any]) -> None:
    some = data.rate.values > 0
    seen, none = data.isel(sigma=some), data.isel(sigma=~some)
    bars = np.stack([seen.rate - seen.low, seen.high - seen.rate])
    axis.errorbar(seen.sigma, seen.rate, bars, elinewidth=0.8, markersize=3, **style)
    axis.errorbar(
        none.sigma, none.high, 0.5 * none.high, uplims=True, elinewidth=0.8, capsize=1.5, markersize=2, **style
    )


def _falls(axis: Axes, found: StudyResult) -> dict[str, Any]:
    numbers = {}
    for name, style in (("subtraction", SUBTRACTED), ("exact change", EXACT), ("descent", DASHED)):
        data = found.parts[name]
        count = np.full(data.sizes["time"], data.sizes["trajectory"])
        band(axis, data.time.values, data.fall.values, data.fall_error.values, style, count)
        numbers[name] = {"time": data.time.values, "fall": data.fall.values, "error": data.fall_error.values}
    few_ticks(axis, 5)
    axis.set_xlabel("$t$")
    axis.set_ylabel("$U(0) - U(t)$")
    return numbers


MAKERS = {"precision": _panels}
