"""Parts that several figures share: weights against time, all weights at the end, losses; each with its numbers."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import _style
from ._read import Run
from ._settings import short

Panel = tuple[Figure, dict[str, Any]]
LOG_RANGE = 5.0
LONG = 12


def drawn(run: Run) -> int:
    """How many single trajectories are drawn."""
    return min(_style.DRAWN, len(run.mutation.path))


def moved_furthest(run: Run) -> list[int]:
    """The weights that gradient descent raises and lowers furthest."""
    moved = run.gradient[-1] - run.gradient[0]
    return [int(np.argmax(moved)), int(np.argmin(moved))]


def weights(run: Run, chosen: list[int]) -> Panel:
    """Single trajectories, mean, twin and gradient descent of some weights against t, two to a row."""
    rows = -(-len(chosen) // 2)
    figure = Figure(figsize=(_style.WIDTH, 0.9 + 1.4 * rows))
    axes = figure.subplots(rows, 2, sharex=True, squeeze=False)
    for axis, k in zip(axes.flat, chosen, strict=False):
        weight(axis, run, k)
        # The deep network's labels do not fit half a column beside their number.
        axis.set_title(f"i = {k}:{chr(10) if len(run.labels[k]) > LONG else ' '}{run.labels[k]}")
    for unused in axes.flat[len(chosen) :]:
        unused.remove()
    for axis in axes[:, 0]:
        axis.set_ylabel("$x_i(t)$")
    for axis in axes[-1]:
        axis.set_xlabel("$t$")
    return figure, weight_numbers(run, chosen)


def weight_numbers(run: Run, chosen: list[int]) -> dict[str, Any]:
    """What is drawn of some weights."""
    return {
        "time": run.time,
        "weights": chosen,
        "labels": [run.labels[k] for k in chosen],
        "single": run.mutation.path[: drawn(run)][:, :, chosen],
        "mean": run.mutation.mean[:, chosen],
        "mean_standard_error": run.mutation.error[:, chosen],
        "twin": run.twin.mean[:, chosen],
        "twin_standard_error": run.twin.error[:, chosen],
        "gradient": run.gradient[:, chosen],
    }


def weight(axis: Axes, run: Run, k: int) -> None:
    """One weight against t, in the four roles."""
    axis.plot(run.time, run.mutation.path[: drawn(run), :, k].T, **_style.SINGLE)
    for side, style in ((run.mutation, _style.MEAN), (run.twin, _style.TWIN)):
        _style.band(axis, run.time, side.mean[:, k], side.error[:, k], style, side.count)
    axis.plot(run.time, run.gradient[:, k], **_style.GRADIENT)


def all_weights(axis: Axes, run: Run) -> dict[str, Any]:
    """Every weight at the end, ordered by its gradient-descent value."""
    order = np.argsort(run.gradient[-1], kind="stable")
    rank = np.arange(1, len(order) + 1)
    single = run.mutation.path[: drawn(run), -1][:, order]
    mean, twin, gradient = run.mutation.mean[-1, order], run.twin.mean[-1, order], run.gradient[-1, order]
    grey, green, orange, black = _style.DOTS
    axis.plot(rank, single.T, **grey)
    axis.errorbar(rank, mean, run.mutation.error[-1, order], elinewidth=0.8, **green)
    axis.errorbar(rank, twin, run.twin.error[-1, order], elinewidth=0.5, **orange)
    axis.plot(rank, gradient, **black)
    axis.set_xlabel("weight, ordered by its gradient-descent value", fontsize=7)
    axis.set_ylabel(f"$x_i(t)$ at $t$ = {short(run.time[-1])}")
    return {
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


def losses(axis: Axes, run: Run) -> dict[str, Any]:
    """Loss against t, in the four roles."""
    single = run.mutation.loss_path[: drawn(run)]
    axis.plot(run.time, single.T, **_style.SINGLE)
    for side, style in ((run.mutation, _style.MEAN), (run.twin, _style.TWIN)):
        _style.band(axis, run.time, side.loss, side.loss_error, style, side.count)
    axis.plot(run.time, run.gradient_loss, **_style.GRADIENT)
    lowest = min(np.nanmin(single), run.gradient_loss.min())
    if 0 < LOG_RANGE * lowest < run.gradient_loss.max():
        _style.log_axis(axis)
    axis.set_xlabel("$t$")
    return {
        "time": run.time,
        "single": single,
        "mean": run.mutation.loss,
        "mean_standard_error": run.mutation.loss_error,
        "twin": run.twin.loss,
        "twin_standard_error": run.twin.loss_error,
        "gradient": run.gradient_loss,
    }


def losses_side_by_side(runs: list[Run]) -> tuple[Figure, list[dict[str, Any]]]:
    """Loss against t, one axes for each λ, on one scale."""
    figure = Figure(figsize=(_style.WIDTH, 2.8))
    axes = figure.subplots(1, len(runs), sharey=True, squeeze=False)[0]
    numbers = []
    for axis, run in zip(axes, runs, strict=True):
        numbers.append(losses(axis, run))
        axis.set_title(f"λ = {short(run.configuration['step_ratio'])}")
    axes[0].set_ylabel("loss $U$")
    return figure, numbers
