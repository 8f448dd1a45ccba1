"""Bands of a run's differences to its twin and to noise-free descent, with margins and verdicts over time."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from corr.results import ResultError, Results

from .parts.draw import save_figures
from .parts.settings import wrapped
from .parts.style import WIDTH, state

BAND, MARGIN, YES, NO = "#0072B2", "0.35", "#009E73", "#D55E00"
VERDICT = "verdict.json"
TITLES = {"twin": "against noisy twins", "descent": "against noise-free descent"}


def draw_tests(results: Results, folder: Path) -> list[Path]:
    """Draw the tests of one run.

    Args:
        results: a run that was judged.
        folder: where to write the figure as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the verdict is missing or damaged.
    """
    file = results.folder / VERDICT
    if not file.exists():
        raise ResultError(f"{file} is missing: `corr test` judges the run and writes it", results.folder)
    return save_figures({f"equivalence-{results.folder.name}": _tests}, results.json(VERDICT), file, folder)


def _tests(found: dict[str, Any]) -> tuple[Figure, dict[str, Any]]:
    """Bias of the mean weights and of the mean loss against common time, with bounds and the declared margins."""
    series, margins = found["series"], found["margins"]
    figure = Figure(figsize=(WIDTH, 4.4))
    axes = figure.subplots(2, 2, sharex=True, sharey="row")
    sides = {side: {k: np.array(v, float) for k, v in series[side].items()} for side in TITLES}
    for column, side in enumerate(TITLES):
        _panel(axes[0, column], sides[side], "weights", margins, found["level"])
        _panel(axes[1, column], sides[side], "loss", margins, found["level"])
        axes[0, column].set_title(TITLES[side])
        axes[1, column].set_xlabel("$t$")
    axes[0, 0].set_ylabel("|bias|², % of squared\ndistance travelled", fontsize=7)
    axes[1, 0].set_ylabel("loss difference,\n% of fall", fontsize=7)
    axes[0, 0].set_xlim(0, max(one["time"][-1] for one in sides.values()))
    heights = {what: _height(sides, what, margins[what]) for what in ("weights", "loss")}
    axes[0, 0].set_ylim(-_depth(sides, margins["weights"], heights["weights"]), heights["weights"])
    axes[1, 0].set_ylim(-heights["loss"], heights["loss"])
    beyond = [
        _beyond(axes[row, column], one, what, height)
        for row, (what, height) in enumerate(heights.items())
        for column, one in enumerate(sides.values())
    ]
    _legend(figure, beyond=any(beyond))
    state(figure, wrapped([
        f"{found['run']}, preset {found['preset']}", f"level {found['level']:g} at each time",
        f"{found['origin']}, to t = {margins['weights_until']:g} (weights) and {margins['loss_until']:g} (loss)",
    ]))  # fmt: skip
    return figure, {"series": series, "margins": margins}


def _bounds(one: dict[str, Any], what: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower bound, estimate and upper bound, in %."""
    unit = one["travelled" if what == "weights" else "fallen"] / 100
    low = np.zeros_like(unit) if what == "weights" else one["loss_lower"] / unit
    return low, one[what] / unit, one[f"{what}_upper"] / unit


def _height(sides: dict[str, dict[str, Any]], what: str, share: float) -> float:
    """Top of the axes, in %: five margins, more where else no part of a band would be seen whole."""
    least = []
    for one in sides.values():
        low, _, high = _bounds(one, what)
        widest = np.maximum(np.abs(low), np.abs(high))
        least.append(np.min(widest[np.isfinite(widest)], initial=np.inf))
    return float(max([500 * share, *(1.3 * value for value in least if np.isfinite(value))]))


def _depth(sides: dict[str, dict[str, Any]], share: float, height: float) -> float:
    """How far below 0 the axes of the weights goes, in %: an unbiased estimate may be negative."""
    lowest = min(np.nanmin(_bounds(one, "weights")[1]) for one in sides.values())
    return float(np.clip(-1.3 * lowest, 150 * share, 0.3 * height))


def _panel(axis: Axes, one: dict[str, Any], what: str, margins: dict[str, float], level: float) -> None:
    time, share = one["time"], margins[what]
    low, middle, high = _bounds(one, what)
    axis.fill_between(time, low, high, color=BAND, alpha=0.3, linewidth=0)
    axis.plot(time, middle, color=BAND, linewidth=1.0)
    axis.axhline(0, color="0.7", linewidth=0.5)
    until = margins[f"{what}_until"]
    for bound in (100 * share,) if what == "weights" else (100 * share, -100 * share):
        axis.plot([0, until], [bound] * 2, color=MARGIN, linewidth=0.9, linestyle=(0, (3, 1.6)))
    inside = np.isfinite(one[f"{what}_p"])
    good = one[f"{what}_p"] < level
    height = np.full(len(time), 0.93)
    across = axis.get_xaxis_transform()
    for chosen, colour, marker in ((inside & good, YES, "o"), (inside & ~good, NO, "x")):
        if chosen.any():  # the layout cannot place a line without points that is not clipped
            style = {"color": colour, "markersize": 2.6, "mew": 0.7, "clip_on": False}
            axis.plot(time[chosen], height[chosen], marker, transform=across, **style)


def _beyond(axis: Axes, one: dict[str, Any], what: str, height: float) -> bool:
    """Arrows at the edge where a bound lies beyond it; returns whether there are any."""
    low, _, high = _bounds(one, what)
    found = False
    for outside, edge, marker in ((high > height, 0.99, "^"), (low < -height, 0.01, "v")):
        if outside.any():
            time = one["time"][outside]
            style = {"color": BAND, "markersize": 2.2, "linestyle": "", "clip_on": False}
            axis.plot(time, np.full(len(time), edge), marker=marker, transform=axis.get_xaxis_transform(), **style)
            found = True
    return found


def _legend(figure: Figure, *, beyond: bool) -> None:
    handles = [
        Line2D([], [], color=BAND, label="estimate"),
        Patch(color=BAND, alpha=0.3, label="95 % bound"),
        Line2D([], [], color=MARGIN, linestyle=(0, (3, 1.6)), label="margin"),
        Line2D([], [], color=YES, marker="o", markersize=3, linestyle="", label="equivalent"),
        Line2D([], [], color=NO, marker="x", markersize=3, linestyle="", label="not established"),
    ]
    if beyond:
        handles.append(Line2D([], [], color=BAND, marker="^", markersize=3, linestyle="", label="bound off the axis"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
