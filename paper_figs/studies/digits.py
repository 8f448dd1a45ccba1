"""Handwritten digits: training and test loss of mutation, twin and descent, and by how much accuracies differ."""

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
from ..parts.style import DESCENT, MEAN, TWIN, WIDTH, band, few_ticks, state

SIDES = {"mutation": MEAN, "twin": TWIN, "descent": DESCENT}
LOSSES = {"training loss": 1.0, "test loss": 0.55}  # and how opaque
THIN = "0.55"  # test loss of descent: a thin black line looks dark at any opacity
ACROSS = 2


def learning(found: StudyResult) -> panels.Panel:
    """Losses of every network against the common time, and differences of test accuracy at the end."""
    rows = math.ceil(len(found.parts) / ACROSS)
    wide = min(ACROSS, len(found.parts))
    figure = Figure(figsize=(WIDTH, 1.9 + 1.7 * rows + 0.2 * len(found.parts)))
    grid = figure.add_gridspec(rows + 1, wide, height_ratios=[1.0] * rows + [0.3 + 0.15 * len(found.parts)])
    numbers: dict[str, Any] = {}
    for k, (name, data) in enumerate(found.parts.items()):
        axis = figure.add_subplot(grid[k // wide, k % wide])
        numbers[name] = _losses(axis, data)
        axis.set_title(f"({'abcdef'[k]}) {name.replace(', ', chr(10))}", loc="left")
        axis.set_xlabel("$t$")
        if k % wide == 0:
            axis.set_ylabel("loss (nats)")
    last = figure.add_subplot(grid[rows, :])
    last.set_title(
        f"({'abcdef'[len(found.parts)]}) test accuracy at the end,\nmutation less twin or descent", loc="left"
    )
    for k, (name, data) in enumerate(found.parts.items()):
        numbers[name] |= _accuracies(last, k, data)
    sizes, every = found.configuration, list(found.parts.values())
    margin = float(every[0].attrs["margin"])
    _finish(last, list(found.parts), margin)
    handles = [
        Line2D([], [], **style, label=label)
        for style, label in ((MEAN, "mutation, mean"), (TWIN, "noisy twin, mean"), (DESCENT, "noise-free descent"))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=6)
    state(figure, wrapped([
        f"preset {sizes['preset']}", "β = ∞", f"λα = {short(sizes['step_time'])}", f"n = {sizes['trajectories']}",
        f"twin n = {sizes['twins']}", "dark training, pale test loss", "bands and bars: one s.e.",
        f"grey: declared margin {100 * margin:g} %", f"N = {' / '.join(str(one.attrs['parameters']) for one in every)}",
        f"{' / '.join(str(one.attrs['images']) for one in every)} images to learn from",
        "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers


def _losses(axis: Axes, data: xarray.Dataset) -> dict[str, Any]:
    """Both losses of the three sides, in one panel."""
    time, numbers = data.time.values, {"time": data.time.values}
    for what, alpha in LOSSES.items():
        for side, style in SIDES.items():
            values = data[f"{what}, {side}"].values
            pale = {**style, "alpha": alpha}
            mean = values.mean(axis=0) if values.ndim == 2 else values
            numbers[f"{what}, {side}"] = mean
            if values.ndim == 2:
                error = values.std(axis=0, ddof=1) / math.sqrt(len(values))
                numbers[f"{what}, {side}, standard error"] = error
                band(axis, time, mean, error, pale, np.full(len(mean), len(values)))
            else:
                axis.plot(time, mean, **style if alpha == 1 else {**style, "color": THIN})
    few_ticks(axis, 4)
    return numbers


def _accuracies(axis: Axes, k: int, data: xarray.Dataset) -> dict[str, Any]:
    """Of one network, the difference to twin and to descent."""
    last, numbers = data.isel(time=-1), {}
    mutation = last["test accuracy, mutation"].values
    for shift, (side, style) in zip((-0.15, 0.15), (("twin", TWIN), ("descent", DESCENT)), strict=True):
        other = np.atleast_1d(last[f"test accuracy, {side}"].values)
        value = mutation.mean() - other.mean()
        spread = [one.var(ddof=1) / len(one) for one in (mutation, other) if len(one) > 1]
        error = math.sqrt(sum(spread))
        numbers[f"test accuracy, mutation less {side}"] = [value, error]
        axis.errorbar([value], [k + shift], xerr=[error], fmt="o", markersize=3, color=style["color"], elinewidth=0.8)
    return numbers


def _finish(axis: Axes, names: list[str], margin: float) -> None:
    axis.axvspan(-margin, margin, color="0.9", zorder=0)
    axis.axvline(0, color="black", linewidth=0.6, zorder=0)
    axis.set_yticks(range(len(names)), names, fontsize=6)
    axis.set_ylim(len(names) - 0.5, -0.5)
    few_ticks(axis, 5)
    axis.set_xlabel("difference, share of the test images", fontsize=7)


MAKERS = {"digits": learning}
