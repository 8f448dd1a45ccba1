"""Figure 1: weights and loss of mutation, its mean, its noisy twin and gradient descent against common time."""

from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.figure import Figure

from . import _panels, _style
from ._read import Run, read
from ._settings import settings

WEIGHTS = 4
PAPER = {"learning_rate": 1e-5, "step_ratio": 0.1, "trajectories": 1000, "end_time": 10.0}


def draw(runs: list[Path], folder: Path) -> list[Path]:
    """Draw Figures 1a-c from the first run.

    Args:
        runs: folders of finished runs, λ ascending.
        folder: where to write fig1a, fig1b and fig1c, each as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    return draw_as("fig1", runs[0], folder, "start")


def draw_as(name: str, result: Path, folder: Path, start: str | None) -> list[Path]:
    """Draw the three panels of one run as ``name`` a to c; ``start`` says how the start is ours, or None."""
    run = read(result)
    with matplotlib.style.context(_style.STYLE):
        over_time = _panels.weights(run, _style.spread(len(run.labels), WEIGHTS))
        panels = (
            (over_time, ("weights shown",), _style.LINES),
            (_one(run, _panels.all_weights), (), _style.DOTS),
            (_loss(run), (), _style.LINES),
        )
        files = []
        for letter, ((figure, numbers), ours, styles) in zip("abc", panels, strict=True):
            _style.roles_legend(figure, _panels.drawn(run), styles)
            stated = {"paper": None, "ours": ()} if start is None else {"paper": PAPER, "ours": (start, "twin", *ours)}
            _style.state(figure, settings([run], **stated))
            files += _style.save(figure, folder, f"{name}{letter}", {"configuration": run.configuration, **numbers})
    return files


def _one(run: Run, content: Any) -> _panels.Panel:
    figure = Figure()
    return figure, content(figure.subplots(), run)


def _loss(run: Run) -> _panels.Panel:
    figure, numbers = _one(run, lambda axis, run: _panels.losses(axis, run, _panels.drawn(run)))
    figure.axes[0].set_ylabel("loss $U$")
    return figure, numbers
