"""The cost figure of ``corr bench``."""

from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from corr.results import read_json

from .parts.style import MEAN, STYLE, save_pages

LOGARITHMIC = ("number of parameters", "number of data points")
SHOWN = "Cost per step and trajectory against trajectories, parameters, points and devices"
PANELS = ("number of trajectories", *LOGARITHMIC, "devices")
TWO_COLUMNS = 6.9  # inches


def draw_bench(file: Path) -> list[Path]:
    """Cost per step and trajectory against trajectories, parameters, points and devices.

    Args:
        file: ``bench.json`` as ``corr bench`` writes it; the figure lies beside it as PDF and PNG.

    Returns:
        The files written.

    Raises:
        ResultError: if the file is missing or damaged.
    """
    results = read_json(file)
    with matplotlib.style.context(STYLE):
        figure = Figure(figsize=(TWO_COLUMNS, 2.1))
        for axis, title in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
            _panel(axis, title, results[title])
        figure.supylabel("µs per step and trajectory", fontsize="medium")
        return save_pages(figure, file.parent, file.stem, SHOWN)


def _panel(axis: Axes, title: str, rows: list[dict[str, Any]]) -> None:
    numbers = [float(next(word for word in row["name"].split() if word.isdigit())) for row in rows]
    middle = [row["median"] for row in rows]
    low = [m - min(row["microseconds"]) for m, row in zip(middle, rows, strict=True)]
    high = [max(row["microseconds"]) - m for m, row in zip(middle, rows, strict=True)]
    axis.errorbar(numbers, middle, (low, high), marker="o", markersize=3, color=MEAN["color"])
    axis.set_xscale("log", base=2)
    axis.set_xticks(numbers, [f"{number:g}" for number in numbers])
    axis.minorticks_off()
    if title in LOGARITHMIC:
        axis.set_yscale("log", base=2)
        axis.yaxis.set_major_formatter("{x:g}")
    else:
        axis.set_ylim(bottom=0)
    axis.set_xlabel(title)
