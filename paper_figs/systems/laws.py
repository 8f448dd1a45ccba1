"""One page for every study of laws: a panel for each quantity, measured dots on theory's line."""

import math
from collections.abc import Mapping
from typing import Any

import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import MEAN, WIDTH, log_across, log_axis, state

DOT = {"marker": "o", "markersize": 3, "linestyle": "", "elinewidth": 0.8, "zorder": 5, "color": MEAN["color"]}
LAW = {"color": "black", "linewidth": 0.8, "zorder": 3, "marker": "_", "markersize": 6}
LETTERS = "abcdefghijklmnop"
OURS = "all ours: the paper has no such figure"
SPAN = 3.0  # of values from which on their axis is logarithmic
OTHER = {"color": "#D55E00", "linewidth": 0.8, "linestyle": (0, (3, 1.6)), "zorder": 2}


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Every quantity of every part against its parameter."""
    figure = Figure(figsize=(WIDTH, 1.0 + 1.75 * rows(found.parts)))
    said = panels(figure, found.parts)
    state(figure, wrapped([f"preset {found.configuration['preset']}", *said, OURS]))
    return figure, saved(found)


def saved(found: StudyResult) -> dict[str, Any]:
    """All arrays of all parts."""
    return {part: {str(key): one[key].values for key in one.variables} for part, one in found.parts.items()}


def rows(parts: Mapping[str, xarray.Dataset]) -> int:
    """Rows of panels that these parts take."""
    count = len(quantities(parts))
    return math.ceil(count / _across(count))


def panels(figure: Figure | SubFigure, parts: Mapping[str, xarray.Dataset]) -> list[str]:
    """Draw every quantity, and the legend below; returns what is to be said above."""
    shown = quantities(parts)
    axes = figure.subplots(rows(parts), _across(len(shown)), squeeze=False).ravel()
    for axis, letter, (part, data, name) in zip(axes, LETTERS, shown, strict=False):
        _panel(axis, data, name)
        axis.set_title(f"({letter}) {part}", loc="left", fontsize=7)
    for axis in axes[len(shown) :]:
        axis.set_visible(False)
    others: dict[str, list[str]] = {}
    for letter, (_, data, name) in zip(LETTERS, shown, strict=False):
        if f"{name}_other" in data:
            others.setdefault(data.attrs["other"], []).append(f"({letter})")
    handles: dict[str, Any] = {}
    for axis in axes:
        handles |= dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=2)
    return ["bars: one standard error", *(f"dashed in {', '.join(where)}: {what}" for what, where in others.items())]


def quantities(parts: Mapping[str, xarray.Dataset]) -> list[tuple[str, xarray.Dataset, str]]:
    """What a panel each shows: part, its data, and the quantity."""
    return [(part, data, name) for part, data in parts.items() for name in data.attrs["quantities"].split("; ")]


def _across(count: int) -> int:
    return 2 if count > 1 else 1


def _panel(axis: Axes, data: xarray.Dataset, name: str) -> None:
    at = data["value"].values
    axis.plot(at, data[f"{name}_theory"], **LAW, label="theory")
    if f"{name}_other" in data:
        axis.plot(at, data[f"{name}_other"], **OTHER, label="another law, named above")
    axis.errorbar(at, data[name], data[f"{name}_error"], **DOT, label="measured")
    if data.attrs["logarithmic"]:
        if len(at) > 1:
            log_across(axis)
        least, most = float(data[name].min()), float(data[name].max())
        if least > 0 and most > SPAN * least:
            log_axis(axis)
    axis.set_xlabel(data.attrs["parameter"], fontsize=7)
    axis.set_ylabel(name, fontsize=7)
