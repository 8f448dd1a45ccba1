"""Parts that several figures share: weights against time, all weights at the end, losses; each with its numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .read import Run
from .settings import short
from .style import DESCENT, DOTS, DRAWN, MEAN, SINGLE, TWIN, WIDTH, band, few_ticks, log_axis

Panel = tuple[Figure, dict[str, Any]]
Curves = tuple[Figure, list[dict[str, Any]]]
LOG_RANGE = 5.0
LONG = 12
TICKS = 9  # on the time axes of a row, together
MANY = 400  # weights, whose dots are pixels inside the vector file, which would otherwise be megabytes


def drawn(*runs: Run) -> int:
    """How many single trajectories are drawn of each run."""
    return min(DRAWN, *(len(run.mutation.path) for run in runs))


def moved_furthest(run: Run) -> list[int]:
    """The weights that noise-free descent raises and lowers furthest."""
    moved = run.descent[-1] - run.descent[0]
    return [int(np.argmax(moved)), int(np.argmin(moved))]


def weights(run: Run, chosen: list[int]) -> Panel:
    """Single trajectories, mean, twin and noise-free descent of some weights against t, two to a row."""
    rows = -(-len(chosen) // 2)
    figure = Figure(figsize=(WIDTH, 0.9 + 1.4 * rows))
    axes = figure.subplots(rows, 2, sharex=True, squeeze=False)
    for axis, k in zip(axes.flat, chosen, strict=False):
        weight(axis, run, k, drawn(run))
        # The deep network's labels do not fit half a column beside their number.
        axis.set_title(f"i = {k}:{chr(10) if len(run.labels[k]) > LONG else ' '}{run.labels[k]}")
    lowest = list(axes[-1])
    if len(chosen) % 2:
        axes[-1, 1].remove()
        lowest[1:] = axes[-2:-1, 1]
    for axis in axes[:, 0]:
        axis.set_ylabel("$x_i(t)$")
    for axis in lowest:
        axis.set_xlabel("$t$")
        axis.tick_params(labelbottom=True)
    few_ticks(axes[0, 0], TICKS // 2)
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
        "descent": run.descent[:, chosen],
    }


def weight(axis: Axes, run: Run, k: int, single: int) -> None:
    """One weight against t, in the four roles, with ``single`` trajectories."""
    axis.plot(run.time, run.mutation.path[:single, :, k].T, **SINGLE)
    for side, style in ((run.mutation, MEAN), (run.twin, TWIN)):
        band(axis, run.time, side.mean[:, k], side.error[:, k], style, side.count)
    axis.plot(run.time, run.descent[:, k], **DESCENT)


def all_weights(axis: Axes, run: Run) -> dict[str, Any]:
    """Every weight at the end, ordered by its value in noise-free descent."""
    order = np.argsort(run.descent[-1], kind="stable")
    rank = np.arange(1, len(order) + 1)
    single = run.mutation.path[: drawn(run), -1][:, order]
    mean, twin, descent = run.mutation.mean[-1, order], run.twin.mean[-1, order], run.descent[-1, order]
    many = len(order) > MANY
    grey, green, orange, black = (_fine(role) if many else role for role in DOTS)
    bars = 0.0 if many else 1.0
    axis.plot(rank, single.T, **grey)
    axis.errorbar(rank, mean, bars * run.mutation.error[-1, order], elinewidth=0.8, **green)
    axis.errorbar(rank, twin, bars * run.twin.error[-1, order], elinewidth=0.5, **orange)
    axis.plot(rank, descent, **black)
    axis.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    axis.set_xlabel("weight, ordered by its value in noise-free descent", fontsize=7)
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
        "descent": descent,
    }


def _fine(role: Mapping[str, Any]) -> dict[str, Any]:
    return {**role, "markersize": 0.4 * role.get("markersize", 1.0), "mew": 0.3, "rasterized": True}


def losses(axis: Axes, run: Run, single: int) -> dict[str, Any]:
    """Loss against t, in the four roles, with ``single`` trajectories."""
    paths = run.mutation.loss_path[:single]
    axis.plot(run.time, paths.T, **SINGLE)
    for side, style in ((run.mutation, MEAN), (run.twin, TWIN)):
        band(axis, run.time, side.loss, side.loss_error, style, side.count)
    axis.plot(run.time, run.descent_loss, **DESCENT)
    log_where_wide(axis, min(np.nanmin(paths), run.descent_loss.min()), run.descent_loss.max())
    axis.set_xlabel("$t$")
    return {
        "time": run.time,
        "single": paths,
        "mean": run.mutation.loss,
        "mean_standard_error": run.mutation.loss_error,
        "twin": run.twin.loss,
        "twin_standard_error": run.twin.loss_error,
        "descent": run.descent_loss,
    }


def log_where_wide(axis: Axes, low: float, high: float) -> None:
    """A logarithmic loss axis where losses are positive and fall far."""
    if 0 < LOG_RANGE * low < high:
        log_axis(axis)


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
    figure = Figure(figsize=(WIDTH, 2.8))
    axes = figure.subplots(1, len(runs), sharex=True, sharey=True, squeeze=False)[0].tolist()
    for axis, run in zip(axes, runs, strict=True):
        axis.set_title(f"λ = {short(run.configuration['step_ratio'])}")
    few_ticks(axes[0], TICKS // len(runs))
    return figure, axes


def of_run(run: Run, numbers: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a figure, beside the settings of the run they belong to."""
    return {"configuration": run.configuration, **numbers}


def of_runs(runs: list[Run], curves: list[dict[str, Any]]) -> dict[str, Any]:
    """One set of numbers for each run, beside its settings."""
    return {"curves": [of_run(run, curve) for run, curve in zip(runs, curves, strict=True)]}


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
