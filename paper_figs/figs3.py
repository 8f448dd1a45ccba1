"""Figure S3: the deep network at large λ, one weight and the loss, where the correspondence breaks down."""

from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.figure import Figure

from . import _panels, _style
from ._read import Run, read
from ._settings import settings, short

PAPER = {"trajectories": 100}
OURS = ("λ", "α", "end time", "start", "twin")


def draw(runs: list[Path], folder: Path) -> list[Path]:
    """Draw Figures S3a (one weight) and S3b (losses).

    Args:
        runs: folders of finished runs, λ ascending.
        folder: where to write figs3a and figs3b, each as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    loaded = [read(run) for run in runs]
    with matplotlib.style.context(_style.STYLE):
        files = []
        k = _panels.moved_furthest(loaded[0])[0]
        weight = f"weight shown (i = {k}: {loaded[0].labels[k]}, descent raises it furthest)"
        for letter, make, shown in (("a", _one_weight, (weight,)), ("b", _panels.losses_side_by_side, ())):
            figure, curves = make(loaded)
            _style.roles_legend(figure, min(_panels.drawn(run) for run in loaded))
            _style.state(figure, settings(loaded, paper=PAPER, ours=(*OURS, *shown)))
            stated = [{"configuration": run.configuration, **c} for run, c in zip(loaded, curves, strict=True)]
            files += _style.save(figure, folder, f"figs3{letter}", {"curves": stated})
    return files


def _one_weight(runs: list[Run]) -> tuple[Figure, list[dict[str, Any]]]:
    """The weight that descent raises furthest, one axes for each λ."""
    k = _panels.moved_furthest(runs[0])[0]
    figure = Figure(figsize=(_style.WIDTH, 2.6))
    axes = figure.subplots(1, len(runs), sharey=True, squeeze=False)[0]
    for axis, run in zip(axes, runs, strict=True):
        _panels.weight(axis, run, k)
        axis.set_title(f"λ = {short(run.configuration['step_ratio'])}")
        axis.set_xlabel("$t$")
    axes[0].set_ylabel("$x_i(t)$")
    return figure, [_panels.weight_numbers(run, [k]) for run in runs]
