"""Predicted regimes over σ and β, with measured one-step points on the map and their numbers below."""

import math
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from . import _style
from ._read import read_json
from ._settings import short, wrapped

COMMAND = "corr validity EXPERIMENT"
COLUMNS = (-0.08, -0.02, 0.07, 0.22, 0.62)
MARKERS: dict[str, dict[str, Any]] = {
    "the run's σ and β": {"marker": "s", "markersize": 7.0, "mfc": "none", "mec": "black", "zorder": 4},
    "measured, as level 3": {"marker": "o", "markersize": 3.0, "mfc": "white", "mec": "black", "zorder": 5},
    "beyond 4 s.e. of level 3": {"marker": "X", "markersize": 4.5, "mfc": "white", "mec": "black", "zorder": 5},
}
COLOURS = ("#009E73", "#99D8C9", "#F0E442", "#D55E00", "#555555")


def draw(file: Path, folder: Path) -> list[Path]:
    """Draw the map of regimes.

    Args:
        file: ``validity.json`` as ``corr validity`` writes it.
        folder: where to write the figure as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the file is missing or damaged.
    """
    found = read_json(file, ("regimes", "measured", "clock", "experiment", "preset", "tolerance"), COMMAND)
    with matplotlib.style.context(_style.STYLE):
        numbers = {"regimes": found["regimes"], "measured": found["measured"]}
        return _style.save(regime_figure(found), folder, "validity", numbers)


def regime_figure(found: dict[str, Any]) -> Figure:
    """The maps one below the other, and the measured points as a table; the style is the caller's."""
    maps, measured = found["regimes"], found["measured"]
    figure = Figure(figsize=(_style.WIDTH, 1.65 * len(maps) + 0.115 * len(measured) + 1.7))
    heights = [16.5] * len(maps) + [1.15 * (len(measured) + 1)]
    *axes, below = figure.subplots(len(maps) + 1, 1, height_ratios=heights)
    for axis, one in zip(axes, maps, strict=True):
        _panel(axis, one, measured, found["clock"])
    for upper in axes[:-1]:
        upper.tick_params(labelbottom=False)
    axes[-1].set_xlabel("mutation scale σ", fontsize=7)
    _numbers(below, measured)
    handles = [Patch(color=colour, label=name) for colour, name in zip(COLOURS, maps[0]["names"], strict=True)]
    handles += [Line2D([], [], linestyle="", label=text, **style) for text, style in MARKERS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    _style.state(figure, _caption(found))
    return figure


def _caption(found: dict[str, Any]) -> str:
    clock = found["clock"]
    parts = [
        f"{found['experiment']}, preset {found['preset']}", f"the run's σ = {short(clock['mutation_std'])}",
        f"its β = {short(clock['beta'])}", f"tolerance {found['tolerance']:g}",
    ]  # fmt: skip
    return (
        f"{wrapped(parts)}\nRegimes by level 3, exact while the loss is quadratic over a step.\n"
        "At finite β judged by the nearer of the paper's limits, s → 0 and β = ∞.\n"
        "Noise-free: by the spread at that t, not by the bias gathered on the way."
    )


def _panel(axis: Axes, one: dict[str, Any], measured: list[dict[str, Any]], clock: dict[str, Any]) -> None:
    sigma = np.asarray(one["sigma"])
    factor = math.sqrt(sigma[1] / sigma[0])
    across = np.r_[sigma / factor, sigma[-1] * factor]
    colours = ListedColormap(COLOURS)
    upward = np.arange(len(one["beta"]) + 1) - 0.5
    axis.pcolormesh(across, upward, np.asarray(one["regime"]), cmap=colours, vmin=-0.5, vmax=4.5, rasterized=True)
    axis.set_xscale("log")
    axis.set_xlim(across[0], across[-1])
    ticks = [k for k, beta in enumerate(one["beta"]) if k % 2 == 0 or beta == "inf"]
    axis.set_yticks(ticks, [short(one["beta"][k]) for k in ticks])
    axis.set_ylabel("β", fontsize=7)
    axis.set_title(f"t = {one['time']:.3g} on the noise-free path")
    own, agrees, fails = MARKERS.values()
    axis.plot(clock["mutation_std"], _row(clock["beta"], one["beta"]), **own)
    for number, point in enumerate(measured, start=1):
        if point["time"] != one["time"]:
            continue
        row = _row(point["beta"], one["beta"])
        axis.plot(point["sigma"], row, **(fails if point["beyond"] else agrees))
        white = {"facecolor": "white", "alpha": 0.85, "linewidth": 0, "pad": 0.6}
        offset = {"xytext": (0, -10 if row >= 1 else 10), "textcoords": "offset points", "ha": "center", "va": "center"}
        axis.annotate(str(number), (point["sigma"], row), fontsize=6, bbox=white, zorder=6, **offset)


def _numbers(axis: Axes, measured: list[dict[str, Any]]) -> None:
    """The measured points as a small table: acceptance, and drift along the gradient in units of σ."""
    axis.axis("off")
    rows = [("", "t", "σ", "acceptance (level 3)", "drift / σ (level 3)")]
    for number, point in enumerate(measured, start=1):
        acceptance, drift = (
            f"{got:.3f} ± {error:.3f} ({wanted:.3f})" for got, error, wanted in (point["acceptance"], point["drift"])
        )
        rows.append((str(number), short(point["time"]), short(point["sigma"]), acceptance, drift))
    for k, row in enumerate(rows):
        height = 1 - (k + 0.5) / len(rows)
        for left, text in zip(COLUMNS, row, strict=True):
            axis.text(left, height, text, fontsize=6, va="center", transform=axis.transAxes)


def _row(beta: Any, betas: list[Any]) -> float:
    """Height of a β on an axis whose rows are the map's values, the last of them ∞."""
    finite = np.log10([float(b) for b in betas[:-1]])
    if math.isinf(float(beta)):
        return float(len(betas) - 1)
    return float(np.interp(math.log10(float(beta)), finite, np.arange(len(finite))))
