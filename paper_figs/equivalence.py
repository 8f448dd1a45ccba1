"""Bands of a run's differences to its twin and to noise-free descent, with margins and verdicts over time."""

from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from . import _style
from ._read import read_json
from ._settings import wrapped

BAND, MARGIN, YES, NO = "#0072B2", "0.35", "#009E73", "#D55E00"
TITLES = {"twin": "against noisy twins", "descent": "against noise-free descent"}


def draw(file: Path, folder: Path) -> list[Path]:
    """Draw the tests of one run.

    Args:
        file: ``test.json`` as ``corr test`` writes it.
        folder: where to write the figure as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the file is missing or damaged.
    """
    found = read_json(file, ("series", "margins", "level", "run", "preset"), "corr test EXPERIMENT")
    series, margins = found["series"], found["margins"]
    with matplotlib.style.context(_style.STYLE):
        figure = Figure(figsize=(_style.WIDTH, 4.4))
        axes = figure.subplots(2, 2, sharex=True, sharey="row")
        for column, side in enumerate(TITLES):
            one = {name: np.array(values, float) for name, values in series[side].items()}
            _panel(axes[0, column], one, "weights", margins, found["level"])
            _panel(axes[1, column], one, "loss", margins, found["level"])
            axes[0, column].set_title(TITLES[side])
            axes[1, column].set_xlabel("$t$")
        axes[0, 0].set_ylabel("|bias|², % of way²", fontsize=7)
        axes[1, 0].set_ylabel("loss difference, %", fontsize=7)
        axes[0, 0].set_ylim(-1.5 * 100 * margins["weights"], 5 * 100 * margins["weights"])
        axes[1, 0].set_ylim(-5 * 100 * margins["loss"], 5 * 100 * margins["loss"])
        _legend(figure)
        text = [f"{found['run']}, preset {found['preset']}", f"level {found['level']:g} at each time",
                "margins declared beforehand"]  # fmt: skip
        _style.state(figure, wrapped(text))
        return _style.save(figure, folder, f"equivalence-{found['run']}", {"series": series, "margins": margins})


def _panel(axis: Axes, one: dict[str, Any], what: str, margins: dict[str, float], level: float) -> None:
    time, share = one["time"], margins[what]
    unit = (one["travelled"] if what == "weights" else one["loss_margin"] / share) / 100
    low = np.zeros_like(time) if what == "weights" else one["loss_lower"] / unit
    axis.fill_between(time, low, one[f"{what}_upper"] / unit, color=BAND, alpha=0.3, linewidth=0)
    axis.plot(time, one[what] / unit, color=BAND, linewidth=1.0)
    axis.axhline(0, color="0.7", linewidth=0.5)
    until = margins[f"{what}_until"]
    for bound in (100 * share,) if what == "weights" else (100 * share, -100 * share):
        axis.plot([0, until], [bound] * 2, color=MARGIN, linewidth=0.9, linestyle=(0, (3, 1.6)))
    inside = np.isfinite(one[f"{what}_p"])
    good = one[f"{what}_p"] < level
    height = np.full(len(time), 0.95)
    across = axis.get_xaxis_transform()
    for chosen, colour, marker in ((inside & good, YES, "o"), (inside & ~good, NO, "x")):
        axis.plot(time[chosen], height[chosen], marker, color=colour, markersize=2.6, mew=0.7, transform=across)


def _legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=BAND, label="estimate"),
        Patch(color=BAND, alpha=0.3, label="95 % bound"),
        Line2D([], [], color=MARGIN, linestyle=(0, (3, 1.6)), label="margin"),
        Line2D([], [], color=YES, marker="o", markersize=3, linestyle="", label="equivalent"),
        Line2D([], [], color=NO, marker="x", markersize=3, linestyle="", label="not established"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
