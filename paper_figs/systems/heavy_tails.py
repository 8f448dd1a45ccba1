"""Heavy tails: drift of a step against the slope at several H, and averaged paths beside both descents."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import DESCENT, TWIN, WIDTH, log_across, log_axis, state

COLOURS = ("#0072B2", "#E69F00", "#CC79A7")
LAW = {"linewidth": 0.8, "zorder": 3}
DOT = {"marker": "o", "markersize": 2.6, "linestyle": "", "elinewidth": 0.8, "zorder": 5}
GRADIENT = {"color": "black", "linewidth": 0.8, "linestyle": (0, (1, 1.4)), "zorder": 2}
SIDES = {"power": {**DOT, "color": TWIN["color"]}, "gradient": {**DOT, "color": DESCENT["color"], "mfc": "white"}}
TITLES = {"all coordinates": "stable, β = ∞", "one coordinate": "Pareto, single",
          "Student's t": "Student’s t, ν = 1.5"}  # fmt: skip


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """|drift| over that of the steepest slope, log-log; shares of the squared distance off both descents."""
    kinds = [kind for kind in TITLES if any(name.startswith(kind) for name in found.parts)]
    paths = [name for name in found.parts if name.startswith("path")]
    names = [*kinds, *paths]
    figure = Figure(figsize=(WIDTH, 1.2 + 1.75 * ((len(names) + 1) // 2)))
    rows: list[Any] = [names[k : k + 2] * (3 - len(names[k : k + 2])) for k in range(0, len(names), 2)]
    axes = figure.subplot_mosaic(rows)
    for kind in kinds:
        _drifts(axes[kind], found, kind)
    for name in paths:
        _distances(axes[name], found.parts[name])
    for letter, name in zip("abcde", names, strict=False):
        axes[name].set_title(f"({letter}) {TITLES.get(name, name.removeprefix('path, '))}", loc="left")
    handles = axes[kinds[0]].get_legend_handles_labels()[0]
    handles += axes[kinds[0]].plot([], [], **GRADIENT, label="gradient, H = 1")
    for name in paths[:1]:
        handles += axes[name].get_legend_handles_labels()[0]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    runs = [
        "{}: {runs} runs, σ = {scale:g}".format(name.removeprefix("path, "), **found.parts[name].attrs)
        for name in paths
    ]
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", "(a), (b): linear loss, lines the law", *runs,
        *(["medians of blocks, H = 0.7"] if paths else []), "bars: one standard error",
        "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, {name: {str(key): one[key].values for key in one.variables} for name, one in found.parts.items()}


def _drifts(axis: Axes, found: StudyResult, kind: str) -> None:
    sides = [data for name, data in found.parts.items() if name.startswith(kind)]
    for data, colour in zip(sides, COLOURS, strict=False):
        slope, last = data.slope.values, float(data.drift_theory[-1])
        axis.plot(slope, data.drift_theory / last, color=colour, **LAW)
        label = f"H = {data.attrs['exponent']:g}"
        axis.errorbar(slope, data.drift / last, data.drift_error / abs(last), color=colour, **DOT, label=label)
    slope = sides[0].slope.values
    axis.plot(slope, slope / slope[-1], **GRADIENT)
    log_across(axis)
    log_axis(axis)
    axis.set_xlabel("slope of a parameter", fontsize=7)
    axis.set_ylabel("drift over that of the last", fontsize=7)


def _distances(axis: Axes, data: xarray.Dataset) -> None:
    axis.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    for name, style in SIDES.items():
        values, errors = (100 * np.asarray(data[f"to_{name}{end}"]) for end in ("", "_error"))
        axis.errorbar(data.time, values, errors, **style, label=f"off {name} descent")
    axis.set_xlabel("$t$", fontsize=7)
    axis.set_ylabel("% of the squared distance", fontsize=7)


MAKERS = {"heavy_tails": page}
