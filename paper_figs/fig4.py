"""Figure 4: every weight of the deep network at the end, and how its mean displacement compares."""

from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from . import _panels, _style
from ._agreement import Agreement, agreement
from ._read import Run, read
from ._settings import settings, short

PAPER = {"step_ratio": 0.1, "trajectories": 100, "end_time": 5.0}
OURS = ("α", "start", "twin")
# Thousands of dots are pixels inside the vector file, which would otherwise be megabytes.
GREY = {"color": "0.78", "linestyle": "", "marker": ".", "markersize": 0.6, "rasterized": True, "zorder": 1}
GREEN = {**GREY, "color": _style.MEAN["color"], "markersize": 1.2, "zorder": 3}


def draw(runs: list[Path], folder: Path) -> list[Path]:
    """Draw Figure 4a (all weights, as the paper) and 4b (mean displacements beside those of twin and descent).

    Args:
        runs: folders of finished runs, λ ascending; the first is drawn.
        folder: where to write fig4a and fig4b, each as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    run = read(runs[0])
    with matplotlib.style.context(_style.STYLE):
        figure, numbers = _every_weight(run)
        _style.state(figure, settings([run], paper=PAPER, ours=(*OURS, "lower panel")))
        files = _style.save(figure, folder, "fig4a", {"configuration": run.configuration, **numbers})
        figure, numbers = _displacements(run)
        _style.state(figure, settings([run], paper=PAPER, ours=(*OURS, "this panel")))
        files += _style.save(figure, folder, "fig4b", {"configuration": run.configuration, **numbers})
    return files


def _every_weight(run: Run) -> _panels.Panel:
    """The weights as the paper draws them above, what differs from gradient descent below."""
    order = np.argsort(run.gradient[-1], kind="stable")
    rank = np.arange(1, len(order) + 1)
    gradient, mean = run.gradient[-1, order], run.mutation.mean[-1, order]
    single = run.mutation.path[: _panels.drawn(run), -1][:, order]
    figure = Figure(figsize=(_style.WIDTH, 4.6))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1))
    for axis, away in ((above, 0.0), (below, gradient)):
        axis.plot(rank, (single - away).T, **GREY)
        axis.plot(rank, mean - away, **GREEN)
        axis.plot(rank, gradient - away, **_style.GRADIENT)
    above.set_ylabel(f"$x_i(t)$ at $t$ = {short(run.time[-1])}")
    below.set_ylabel("less gradient descent’s", fontsize=7)
    below.set_xlabel("weight, ordered by its gradient-descent value", fontsize=7)
    texts = (f"mutation, {len(single)} runs", "mutation, mean", "gradient descent")
    large = ({**GREY, "markersize": 3}, {**GREEN, "markersize": 4}, _style.GRADIENT)
    handles = [Line2D([], [], **style, label=text) for style, text in zip(large, texts, strict=True)]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=1.2)
    return figure, {
        "time": run.time[-1],
        "order": order,
        "single": single,
        "mean": mean,
        "mean_standard_error": run.mutation.error[-1, order],
        "gradient": gradient,
    }


def _displacements(run: Run) -> tuple[Figure, dict[str, Any]]:
    """Mean displacement of mutation against that of gradient descent and of the twin, one dot for each weight."""
    walk, twin = (_finite(side.path) for side in (run.mutation, run.twin))
    smooth = (run.gradient[-1] - run.gradient[0])[None]
    figure = Figure(figsize=(_style.WIDTH, 2.6))
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    numbers: dict[str, Any] = {"time": run.time[-1], "mutation": walk.mean(axis=0)}
    for axis, name, other, label in (
        (axes[0], "gradient", smooth, "gradient descent"),
        (axes[1], "twin", twin, "noisy twin, mean"),
    ):
        found = agreement(walk, other)
        _scatter(axis, other.mean(axis=0), walk.mean(axis=0), found)
        axis.set_xlabel(label, fontsize=7)
        numbers[name] = {"displacement": other.mean(axis=0), **found._asdict()}
    axes[0].set_ylabel("mutation, mean", fontsize=7)
    figure.supxlabel(f"displacement of each weight to $t$ = {short(run.time[-1])}", fontsize=7)
    return figure, numbers


def _finite(path: np.ndarray) -> np.ndarray:
    moved = path[:, -1] - path[:, 0]
    return moved[np.isfinite(moved).all(axis=1)]


def _scatter(axis: Axes, across: np.ndarray, up: np.ndarray, found: Agreement) -> None:
    axis.plot(across, up, color=_style.MEAN["color"], linestyle="", marker=".", markersize=1.2, rasterized=True)
    reach = 1.05 * float(np.abs(up).max())
    axis.plot([-reach, reach], [-reach, reach], **_style.GRADIENT)
    axis.set_title(
        f"correlation {found.correlation:.3f}\nequal means give {found.expected:.3f}\n"
        f"ratio {found.ratio:.3f} ± {found.error:.3f}"
    )
