"""Figure 4: every weight of the deep network at the end, and how its mean displacement compares."""

from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import _panels, _style
from ._agreement import Agreement, agreement
from ._read import Run, read
from ._settings import settings, short

PAPER = {"step_ratio": 0.1, "trajectories": 100, "end_time": 5.0}
OURS = ("α", "start", "twin")


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
        figure = Figure(figsize=(_style.WIDTH, 3.2))
        numbers = _panels.all_weights(figure.subplots(), run)
        _style.roles_legend(figure, _panels.drawn(run), _style.DOTS)
        _style.state(figure, settings([run], paper=PAPER, ours=OURS))
        files = _style.save(figure, folder, "fig4a", {"configuration": run.configuration, **numbers})
        figure, numbers = _displacements(run)
        _style.state(figure, settings([run], paper=PAPER, ours=(*OURS, "this panel")))
        files += _style.save(figure, folder, "fig4b", {"configuration": run.configuration, **numbers})
    return files


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
        f"ratio {found.ratio:.2f} ± {found.error:.2f}"
    )
