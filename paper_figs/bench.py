"""The cost figure of ``corr bench``."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from corr.results import read_json

from .parts.style import DESCENT, MEAN, STYLE, TWIN, save_pages

SHOWN = "Cost per step and trajectory against trajectories, devices, data points and parameters"
TWO_COLUMNS, HIGH = 6.9, 4.2  # inches
# Panel: section of the file, label of the axis, whether both axes are logarithmic.
PANELS = {
    "a": ("number of trajectories", "trajectories", False),
    "b": ("devices", "devices", False),
    "c": ("number of data points", "data points K (M = 30)", True),
    "d": ("number of parameters", "parameters N (K = 1000)", True),
    "e": ("large networks", "parameters N (shallow: K = 100)", True),
}
LINES: Mapping[str, Mapping[str, Any]] = {
    "": {"color": MEAN["color"], "label": "engine, exact change"},
    "C loop, ": {"color": DESCENT["color"], "label": "C loop"},
    "drawing, ": {"color": TWIN["color"], "label": "drawing the numbers alone"},
}
NAMED = re.compile(r"^(?P<line>.*?)(?:[NK] = )?(?P<number>\d+)\b(?:: (?P<network>[^ ,]+))?")
JOINED = (None, "shallow")  # of other networks there is one size each


def draw_bench(file: Path) -> list[Path]:
    """Cost per step and trajectory against trajectories, devices, data points and parameters.

    Args:
        file: ``bench.json`` as ``corr bench`` writes it; the figure lies beside it as PDF and PNG.

    Returns:
        The files written.

    Raises:
        ResultError: if the file is missing or damaged.
    """
    results = read_json(file)
    with matplotlib.style.context(STYLE):
        figure = Figure(figsize=(TWO_COLUMNS, HIGH))
        axes = figure.subplot_mosaic("aabbcc;dddeee")
        for name, (section, label, logarithmic) in PANELS.items():
            _panel(axes[name], results[section], logarithmic)
            axes[name].set_xlabel(label)
        axes["d"].legend()
        figure.supylabel("µs per step and trajectory", fontsize="medium")
        return save_pages(figure, file.parent, file.stem, SHOWN)


def _panel(axis: Axes, rows: Sequence[Mapping[str, Any]], logarithmic: bool) -> None:
    found: dict[tuple[str, str | None], list[tuple[int, Mapping[str, Any]]]] = {}
    for row in rows:
        named = NAMED.match(row["name"])
        assert named is not None
        found.setdefault((named["line"], named["network"]), []).append((int(named["number"]), row))
    numbers: list[int] = []
    for (line, network), pairs in found.items():
        pairs.sort(key=lambda pair: pair[0])
        numbers, middle = [number for number, _ in pairs], np.array([row["median"] for _, row in pairs])
        low, high = (np.array([edge(row["microseconds"]) for _, row in pairs]) for edge in (min, max))
        style: dict[str, Any] = {**LINES[line], "marker": "o", "markersize": 3}
        if network not in JOINED:
            style |= {"linestyle": "", "marker": "D", "mfc": "white"}
            if not line:
                axis.annotate(str(network), (numbers[0], middle[0]), (4, 3), textcoords="offset points", fontsize=6)
        axis.errorbar(numbers, middle, (middle - low, high - middle), **style)
    if logarithmic:
        axis.set_xscale("log")
        axis.set_yscale("log")
        return
    axis.set_xscale("log", base=2)
    axis.set_xticks(numbers, [f"{number:g}" for number in numbers])
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
