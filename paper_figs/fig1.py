"""Figure 1: weights and loss of mutation, its mean, its noisy twin and gradient descent against common time."""

from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from . import _style
from ._read import Run, read
from ._settings import settings, short

WEIGHTS = 4
PAPER = {"learning_rate": 1e-5, "step_ratio": 0.1, "trajectories": 1000, "end_time": 10.0}
LOG_RANGE = 5.0


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
    run = read(runs[0])
    with matplotlib.style.context(_style.STYLE):
        panels = (_weights_against_time(run), _all_weights(run), _loss(run))
        files = []
        for letter, (figure, numbers) in zip("abc", panels, strict=True):
            files += _style.save(figure, folder, f"fig1{letter}", {"configuration": run.configuration, **numbers})
    return files


def _finish(figure: Figure, run: Run, drawn: int, *ours: str, styles: Any = _style.LINES) -> None:
    _style.roles_legend(figure, drawn, styles)
    _style.state(figure, settings([run], paper=PAPER, ours=("start", "twin", *ours)))


def _weights_against_time(run: Run) -> tuple[Figure, dict[str, Any]]:
    chosen = _style.spread(len(run.labels), WEIGHTS)
    single = run.mutation.path[: _style.DRAWN]
    figure = Figure(figsize=(_style.WIDTH, 3.7))
    axes = figure.subplots(2, 2, sharex=True)
    for axis, k in zip(axes.flat, chosen, strict=False):
        axis.plot(run.time, single[:, :, k].T, **_style.SINGLE)
        _style.band(axis, run.time, run.mutation.mean[:, k], run.mutation.error[:, k], _style.MEAN, run.mutation.count)
        _style.band(axis, run.time, run.twin.mean[:, k], run.twin.error[:, k], _style.TWIN, run.twin.count)
        axis.plot(run.time, run.gradient[:, k], **_style.GRADIENT)
        axis.set_title(f"i = {k}: {run.labels[k]}")
    for unused in axes.flat[len(chosen) :]:
        unused.remove()
    for axis in axes[:, 0]:
        axis.set_ylabel("$x_i(t)$")
    for axis in axes[-1]:
        axis.set_xlabel("$t$")
    _finish(figure, run, len(single), "weights shown")
    return figure, {
        "time": run.time,
        "weights": chosen,
        "labels": [run.labels[k] for k in chosen],
        "single": single[:, :, chosen],
        "mean": run.mutation.mean[:, chosen],
        "mean_standard_error": run.mutation.error[:, chosen],
        "twin": run.twin.mean[:, chosen],
        "twin_standard_error": run.twin.error[:, chosen],
        "gradient": run.gradient[:, chosen],
    }


def _all_weights(run: Run) -> tuple[Figure, dict[str, Any]]:
    order = np.argsort(run.gradient[-1], kind="stable")
    rank = np.arange(1, len(order) + 1)
    single = run.mutation.path[: _style.DRAWN, -1][:, order]
    mean, twin, gradient = run.mutation.mean[-1, order], run.twin.mean[-1, order], run.gradient[-1, order]
    figure = Figure()
    axis = figure.subplots()
    grey, green, orange, black = _style.DOTS
    axis.plot(rank, single.T, **grey)
    axis.errorbar(rank, mean, run.mutation.error[-1, order], elinewidth=0.8, **green)
    axis.errorbar(rank, twin, run.twin.error[-1, order], elinewidth=0.5, **orange)
    axis.plot(rank, gradient, **black)
    axis.set_xlabel("weight, ordered by its gradient-descent value", fontsize=7)
    axis.set_ylabel(f"$x_i(t)$ at $t$ = {short(run.time[-1])}")
    _finish(figure, run, len(single), styles=_style.DOTS)
    return figure, {
        "time": run.time[-1],
        "order": order,
        "labels": [run.labels[k] for k in order],
        "single": single,
        "mean": mean,
        "mean_standard_error": run.mutation.error[-1, order],
        "twin": twin,
        "twin_standard_error": run.twin.error[-1, order],
        "gradient": gradient,
    }


def _loss(run: Run) -> tuple[Figure, dict[str, Any]]:
    single = run.mutation.loss_path[: _style.DRAWN]
    figure = Figure()
    axis = figure.subplots()
    axis.plot(run.time, single.T, **_style.SINGLE)
    _style.band(axis, run.time, run.mutation.loss, run.mutation.loss_error, _style.MEAN, run.mutation.count)
    _style.band(axis, run.time, run.twin.loss, run.twin.loss_error, _style.TWIN, run.twin.count)
    axis.plot(run.time, run.gradient_loss, **_style.GRADIENT)
    lowest = min(np.nanmin(single), run.gradient_loss.min())
    if 0 < LOG_RANGE * lowest < run.gradient_loss.max():
        _style.log_axis(axis)
    axis.set_xlabel("$t$")
    axis.set_ylabel("loss $U$")
    _finish(figure, run, len(single))
    return figure, {
        "time": run.time,
        "single": single,
        "mean": run.mutation.loss,
        "mean_standard_error": run.mutation.loss_error,
        "twin": run.twin.loss,
        "twin_standard_error": run.twin.loss_error,
        "gradient": run.gradient_loss,
    }
