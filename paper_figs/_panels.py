"""Parts that several figures share: weights against time, all weights at the end, losses; each with its numbers."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import _style
from ._read import Run
from ._settings import short

Panel = tuple[Figure, dict[str, Any]]
Curves = tuple[Figure, list[dict[str, Any]]]
LOG_RANGE = 5.0
LONG = 12
TICKS = 9  # on the time axes of a row, together


def drawn(*runs: Run) -> int:
    """How many single trajectories are drawn of each run."""
    return min(_style.DRAWN, *(len(run.mutation.path) for run in runs))


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
        weight(axis, run, k, drawn(run))
        # The deep network's labels do not fit half a column beside their number.
        axis.set_title(f"i = {k}:{chr(10) if len(run.labels[k]) > LONG else ' '}{run.labels[k]}")
    for unused in axes.flat[len(chosen) :]:
        unused.remove()
    for axis in axes[:, 0]:
        axis.set_ylabel("$x_i(t)$")
    for axis in axes[-1]:
        axis.set_xlabel("$t$")
    return figure, weight_numbers(run, chosen, drawn(run))


def weight_numbers(run: Run, chosen: list[int], single: int) -> dict[str, Any]:
    """What is drawn of some weights, with ``single`` trajectories."""
    return {
        "time": run.time,
        "weights": chosen,
        "labels": [run.labels[k] for k in chosen],
        "single": run.mutation.path[:single][:, :, chosen],
        "mean": run.mutation.mean[:, chosen],
        "mean_standard_error": run.mutation.error[:, chosen],
        "twin": run.twin.mean[:, chosen],
        "twin_standard_error": run.twin.error[:, chosen],
        "gradient": run.gradient[:, chosen],
    }


def weight(axis: Axes, run: Run, k: int, single: int) -> None:
    """One weight against t, in the four roles, with ``single`` trajectories."""
    axis.plot(run.time, run.mutation.path[:single, :, k].T, **_style.SINGLE)
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


def losses(axis: Axes, run: Run, single: int) -> dict[str, Any]:
    """Loss against t, in the four roles, with ``single`` trajectories."""
    paths = run.mutation.loss_path[:single]
    axis.plot(run.time, paths.T, **_style.SINGLE)
    for side, style in ((run.mutation, _style.MEAN), (run.twin, _style.TWIN)):
        _style.band(axis, run.time, side.loss, side.loss_error, style, side.count)
    axis.plot(run.time, run.gradient_loss, **_style.GRADIENT)
    lowest = min(np.nanmin(paths), run.gradient_loss.min())
    if 0 < LOG_RANGE * lowest < run.gradient_loss.max():
        _style.log_axis(axis)
    axis.set_xlabel("$t$")
    return {
        "time": run.time,
        "single": paths,
        "mean": run.mutation.loss,
        "mean_standard_error": run.mutation.loss_error,
        "twin": run.twin.loss,
        "twin_standard_error": run.twin.loss_error,
        "gradient": run.gradient_loss,
    }


def losses_side_by_side(runs: list[Run]) -> Curves:
    """Loss against t, one axes for each λ, on one scale."""
    figure, axes = one_for_each(runs)
    numbers = [losses(axis, run, drawn(*runs)) for axis, run in zip(axes, runs, strict=True)]
    axes[0].set_ylabel("loss $U$")
    return figure, numbers


def weight_side_by_side(runs: list[Run], k: int) -> Curves:
    """One weight against t, one axes for each λ, on one scale."""
    figure, axes = one_for_each(runs)
    for axis, run in zip(axes, runs, strict=True):
        weight(axis, run, k, drawn(*runs))
        axis.set_xlabel("$t$")
    axes[0].set_ylabel("$x_i(t)$")
    return figure, [weight_numbers(run, [k], drawn(*runs)) for run in runs]


def one_for_each(runs: list[Run]) -> tuple[Figure, list[Axes]]:
    """A row of axes on one scale, one for each λ."""
    figure = Figure(figsize=(_style.WIDTH, 2.8))
    axes = figure.subplots(1, len(runs), sharex=True, sharey=True, squeeze=False)[0].tolist()
    for axis, run in zip(axes, runs, strict=True):
        axis.set_title(f"λ = {short(run.configuration['step_ratio'])}")
    _style.few_ticks(axes[0], TICKS // len(runs))
    return figure, axes


def save_curves(figure: Figure, folder: Path, name: str, runs: list[Run], curves: list[dict[str, Any]]) -> list[Path]:
    """Save a figure with one set of numbers for each run beside the run's settings."""
    numbers = [{"configuration": run.configuration, **curve} for run, curve in zip(runs, curves, strict=True)]
    return _style.save(figure, folder, name, {"curves": numbers})


def seen_or_limited(value: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which squared distances are shown as points, and which as upper limits.

    One standard error, not two: that of a square is skewed, so a real deviation of three σ has an error of 2/3 of it.
    """
    return value > error, (value <= error) & (value + 2 * error > 0)


def points_or_limits(axis: Axes, time: np.ndarray, value: np.ndarray, error: np.ndarray, colour: str) -> None:
    """A squared distance with its standard error; an upper limit where it is within a standard error of 0."""
    seen, limit = seen_or_limited(value, error)
    bars = {"fmt": "o", "markersize": 2.8, "elinewidth": 0.8, "capsize": 1.5, "color": colour, "zorder": 6}
    axis.errorbar(time[seen], value[seen], error[seen], **bars)
    hollow = {"marker": "v", "s": 9, "facecolors": "white", "edgecolors": colour, "linewidths": 0.7, "zorder": 6}
    axis.scatter(time[limit], value[limit] + 2 * error[limit], **hollow)
