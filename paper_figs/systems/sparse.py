"""Sparse evolutionary training: links over centred squares, maps of links, their sign, and accuracies."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from scipy import stats

from ..parts import panels
from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import WIDTH, band, ratio_colours, state

INPUTS: dict[str, dict[str, Any]] = {
    "[0, 1]": {"color": "#0072B2", "marker": "o"},
    "standardized": {"color": "#D55E00", "marker": "s"},
}
SET, CONTROL = "SET", "pruned at random"
LEVEL = 0.95
APART = 0.1  # of one place on the axis of shrinkage
Cells = dict[tuple[str, float], xarray.Dataset]


def links(found: StudyResult) -> panels.Panel:
    """Squares of every cell, maps at least and most shrinkage, signs with intervals, accuracies beside SET's."""
    mine = [(one.attrs["way"], (str(one.attrs["inputs"]), float(one.attrs["shrink"])), one)
            for one in found.parts.values()]  # fmt: skip
    cells = {key: one for way, key, one in mine if way == SET}
    others = {way: one for way, _, one in mine if way != SET}
    inputs = list(dict.fromkeys(name for name, _ in cells))
    shrinks = list(dict.fromkeys(shrink for _, shrink in cells))
    figure = Figure(figsize=(WIDTH, 6.3))
    parts: Any = figure.subfigures(3, 1, height_ratios=(2.2, 1.4, 2.4))
    numbers = _squares(parts[0], cells, inputs, shrinks)
    _maps(parts[1], cells, inputs, shrinks)
    left, right = parts[2].subplots(1, 2)
    numbers |= _signs(left, cells, inputs, shrinks, others.get(CONTROL))
    numbers |= _accuracies(right, cells, others)
    sizes = found.configuration
    state(figure, wrapped([
        f"preset {sizes['preset']}", f"MNIST-5k, {'-'.join(str(one) for one in (784, *sizes['widths'], 10))}",
        f"{sizes['epochs']} epochs, {sizes['seeds']} seeds, each with a split of its own",
        "links are survivors of the last epoch's pruning", "squares: centred, bands: one standard error",
        f"bars: {100 * LEVEL:g} % intervals", "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers


def _percent(shrink: float) -> str:
    return f"{100 * shrink:g} %"


def _squares(figure: SubFigure, cells: Cells, inputs: list[str], shrinks: list[float]) -> dict[str, Any]:
    axes = figure.subplots(1, len(inputs), sharey=True, squeeze=False)[0]
    colours = ratio_colours(len(shrinks))
    numbers: dict[str, Any] = {}
    for axis, letter, name in zip(axes, "ab", inputs, strict=False):
        for shrink, colour in zip(shrinks, colours, strict=True):
            one = cells[name, shrink].kept.transpose("seed", "row", "column").values.astype(float)
            sides, means = squares(one / one.mean(axis=(1, 2), keepdims=True))
            mean, error = means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(len(means))
            style = {"color": colour, "linewidth": 1.0}
            band(axis, sides, mean, error, style, np.full(len(sides), len(means)))
            numbers[f"squares, {name}, {_percent(shrink)}"] = {"side": sides, "mean": mean, "standard_error": error}
        axis.axhline(1.0, color="0.6", linewidth=0.6, zorder=0)
        axis.set_xticks([2, 14, 28])
        axis.set_xlabel("side of square (pixels)", fontsize=7)
        axis.set_title(f"({letter}) inputs {name}", loc="left", fontsize=7)
    axes[0].set_ylabel("links of a pixel / mean", fontsize=7)
    handles = [Line2D([], [], color=colour, linewidth=1.0, label=_percent(shrink))
               for shrink, colour in zip(shrinks, colours, strict=True)]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=6, title="shrinkage per epoch",
                  title_fontsize=6)  # fmt: skip
    return numbers


def _maps(figure: SubFigure, cells: Cells, inputs: list[str], shrinks: list[float]) -> None:
    shown = [(name, shrink) for name in inputs for shrink in dict.fromkeys((shrinks[0], shrinks[-1]))]
    axes = figure.subplots(1, len(shown), squeeze=False)[0]
    images = [cells[one].kept.mean("seed").values for one in shown]
    top = max(float(np.quantile(image, 0.995)) for image in images)
    drawn = None
    for axis, letter, (name, shrink), image in zip(axes, "cdef", shown, images, strict=False):
        drawn = axis.imshow(image, cmap="viridis", vmin=0, vmax=top)
        axis.plot([6.5, 20.5, 20.5, 6.5, 6.5], [6.5, 6.5, 20.5, 20.5, 6.5], color="white", linewidth=0.6)
        axis.set_xticks([])
        axis.set_yticks([])
        axis.set_title(f"({letter}) {_percent(shrink)}\n{name}", loc="left", fontsize=6)
    if drawn is not None:
        bar = figure.colorbar(drawn, ax=list(axes), shrink=0.7, aspect=12)
        bar.set_label("links", fontsize=6)
        bar.ax.tick_params(labelsize=6)


def _signs(
    axis: Axes, cells: Cells, inputs: list[str], shrinks: list[float], control: xarray.Dataset | None
) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    for k, name in enumerate(inputs):
        for place, shrink in enumerate(shrinks):
            numbers[f"contrast, {name}, {_percent(shrink)}"] = _bar(
                axis, place + APART * (2 * k - 1), _last(cells[name, shrink], "contrast"), INPUTS[name]
            )
    labels = [_percent(shrink).removesuffix(" %") for shrink in shrinks]
    handles = [Line2D([], [], linestyle="", markersize=3, **INPUTS[name], label=name) for name in inputs]
    if control is not None:
        style: dict[str, Any] = {"color": "0.4", "marker": "D"}
        numbers[CONTROL] = _bar(
            axis, shrinks.index(float(control.attrs["shrink"])) + 3 * APART, _last(control, "contrast"), style
        )
        handles.append(Line2D([], [], linestyle="", markersize=3, **style, label=CONTROL))
    axis.axhline(0.0, color="0.6", linewidth=0.6, zorder=0)
    axis.set_xticks(range(len(labels)), labels)
    axis.set_xlabel("shrinkage per epoch (%)", fontsize=7)
    axis.set_ylabel("(centre - margin) / mean", fontsize=7)
    axis.set_title("(g) survivors", loc="left", fontsize=7)
    axis.figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=6)
    return numbers


def _accuracies(axis: Axes, cells: Cells, others: dict[str, xarray.Dataset]) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    for place, (way, one) in enumerate(others.items()):
        base = cells[str(one.attrs["inputs"]), float(one.attrs["shrink"])]  # whose seeds have the same splits
        told = _interval(_last(one, "accuracy") - _last(base, "accuracy"))
        axis.plot(told["interval"], [-place, -place], color="black", linewidth=1.0)
        axis.plot([told["mean"]], [-place], color="black", marker="o", markersize=3)
        numbers[f"accuracy, {way} less {SET}"] = told
    axis.axvline(0.0, color="0.6", linewidth=0.6, zorder=0)
    axis.set_yticks([-place for place in range(len(others))], [way.replace(" ", "\n", 1) for way in others], fontsize=6)
    axis.set_ylim(0.5 - len(others), 0.5)
    axis.set_xlabel(f"accuracy less {SET}'s", fontsize=7)
    axis.set_title("(h)", loc="left", fontsize=7)
    return numbers


def _bar(axis: Axes, place: float, values: np.ndarray, style: dict[str, Any]) -> dict[str, Any]:
    told = _interval(values)
    axis.plot([place, place], told["interval"], color=style["color"], linewidth=1.0)
    axis.plot([place], [told["mean"]], markersize=3, linestyle="", **style)
    return told


def _last(one: xarray.Dataset, what: str) -> np.ndarray:
    return one[what].isel(epoch=-1).values.astype(float)


def _interval(values: np.ndarray) -> dict[str, Any]:
    """Mean over seeds, and where it lies."""
    mean, error = float(values.mean()), float(values.std(ddof=1)) / np.sqrt(len(values))
    low, high = stats.t.interval(LEVEL, len(values) - 1, mean, error)
    return {"mean": mean, "interval": [float(low), float(high)]}


def squares(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sides 2, 4, ..., 28 of centred squares, and means over them, (..., side)."""
    whole = images.shape[-1]
    sides = np.arange(2, whole + 1, 2)
    starts = (whole - sides) // 2
    means = [images[..., a : a + n, a : a + n].mean(axis=(-2, -1)) for a, n in zip(starts, sides, strict=True)]
    return sides, np.stack(means, axis=-1)


MAKERS = {"sparse": links}
