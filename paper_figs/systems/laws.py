"""One page for every study of laws: a panel for each quantity, measured dots on theory's line."""

import math
from typing import Any

import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import MEAN, WIDTH, log_across, log_axis, state

DOT = {"marker": "o", "markersize": 3, "linestyle": "", "elinewidth": 0.8, "zorder": 5, "color": MEAN["color"]}
LAW = {"color": "black", "linewidth": 0.8, "zorder": 3, "marker": "_", "markersize": 6}
SPAN = 3.0  # of values from which on their axis is logarithmic
OTHER = {"color": "#D55E00", "linewidth": 0.8, "linestyle": (0, (3, 1.6)), "zorder": 2}


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Every quantity of every part against its parameter."""
    shown = [(part, data, name) for part, data in found.parts.items() for name in data.attrs["quantities"].split("; ")]
    across = 2 if len(shown) > 1 else 1
    down = math.ceil(len(shown) / across)
    figure = Figure(figsize=(WIDTH, 1.0 + 1.75 * down))
    axes = figure.subplots(down, across, squeeze=False).ravel()
    for axis, letter, (part, data, name) in zip(axes, "abcdefghijklmnop", shown, strict=False):
        _panel(axis, data, name)
        axis.set_title(f"({letter}) {part}", loc="left", fontsize=7)
    for axis in axes[len(shown) :]:
        axis.set_visible(False)
    others: dict[str, list[str]] = {}
    for letter, (_, data, name) in zip("abcdefghijklmnop", shown, strict=False):
        if f"{name}_other" in data:
            others.setdefault(data.attrs["other"], []).append(f"({letter})")
    handles: dict[str, Any] = {}
    for axis in axes:
        handles |= dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=2)
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", "bars: one standard error",
        *(f"dashed in {', '.join(where)}: {what}" for what, where in others.items()),
        "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, {part: {str(key): one[key].values for key in one.variables} for part, one in found.parts.items()}


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
