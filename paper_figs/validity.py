"""Predicted regimes over σ and β, with measured one-step acceptance on the map."""

import math
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from . import _style
from ._read import read_json
from ._settings import short

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
    found = read_json(file, ("regimes", "measured", "clock", "experiment", "preset"), "corr validity EXPERIMENT")
    maps, measured = found["regimes"], found["measured"]
    with matplotlib.style.context(_style.STYLE):
        figure = Figure(figsize=(_style.WIDTH, 4.6))
        axes = figure.subplots(len(maps), 1, sharex=True)
        for axis, one in zip(np.atleast_1d(axes), maps, strict=True):
            _panel(axis, one, [point for point in measured if point["time"] == one["time"]])
        np.atleast_1d(axes)[-1].set_xlabel("mutation scale σ")
        handles = [Patch(color=colour, label=name) for colour, name in zip(COLOURS, maps[0]["names"], strict=True)]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
        clock = found["clock"]
        text = f"{found['experiment']}, preset {found['preset']}; numbers: measured acceptance / level 3"
        _style.state(
            figure, f"{text}\n× the preset's own σ = {short(clock['mutation_std'])}, β = {short(clock['beta'])}"
        )
        for axis in np.atleast_1d(axes):
            axis.plot(clock["mutation_std"], _row(clock["beta"], maps[0]["beta"]), "x", color="black", clip_on=False)
        return _style.save(figure, folder, "validity", {"regimes": maps, "measured": measured})


def _panel(axis: Axes, one: dict[str, Any], measured: list[dict[str, Any]]) -> None:
    sigma = np.asarray(one["sigma"])
    factor = math.sqrt(sigma[1] / sigma[0])
    across = np.r_[sigma / factor, sigma[-1] * factor]
    colours = ListedColormap(COLOURS)
    upward = np.arange(len(one["beta"]) + 1) - 0.5
    axis.pcolormesh(across, upward, np.asarray(one["regime"]), cmap=colours, vmin=-0.5, vmax=4.5, rasterized=True)
    axis.set_xscale("log")
    ticks = [k for k, beta in enumerate(one["beta"]) if k % 2 == 0 or beta == "inf"]
    axis.set_yticks(ticks, [short(one["beta"][k]) for k in ticks])
    axis.set_ylabel("β")
    axis.set_title(f"t = {one['time']:.3g} on the noise-free path")
    for point in measured:
        row = _row(point["beta"], one["beta"])
        got, _, predicted = point["acceptance"]
        axis.plot(point["sigma"], row, "o", markersize=3, color="black", mfc="white")
        text = f"{got:.2f}/{predicted:.2f}"
        white = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.6}
        where = {"xytext": (0, -9), "textcoords": "offset points", "ha": "center"}
        axis.annotate(text, (point["sigma"], row), fontsize=6, bbox=white, **where)


def _row(beta: Any, betas: list[Any]) -> float:
    """Height of a β on an axis whose rows are the map's values, the last of them ∞."""
    finite = np.log10([float(b) for b in betas[:-1]])
    if math.isinf(float(beta)):
        return float(len(betas) - 1)
    return float(np.interp(math.log10(float(beta)), finite, np.arange(len(finite))))
