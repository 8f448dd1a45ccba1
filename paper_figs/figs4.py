"""Figure S4: mutation set back to noise-free descent at regular times: weights, loss and Δ against time."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .parts.read import StudyResult
from .parts.settings import short, wrapped
from .parts.style import DESCENT, MEAN, SINGLE, WIDTH, band, state

BETA, LEARNING_RATE = 1e3, 1e-4
PAPER_POINTS, PAPER_RATIO, PAPER_TRAJECTORIES = 1000, 1.0, 152
LAW = {"color": "0.45", "linewidth": 0.9, "linestyle": (0, (1, 1.2))}


def _in_order(found: StudyResult) -> list[xarray.Dataset]:
    return sorted(found.parts.values(), key=lambda data: float(data.time[0]))


def _weights(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """The weights that noise-free descent moves furthest up and down."""
    stretches = _in_order(found)
    moved = stretches[-1].descent.values[-1] - stretches[0].descent.values[0]
    chosen = [int(np.argmax(moved)), int(np.argmin(moved))]
    figure = Figure(figsize=(WIDTH, 4.4))
    axes = figure.subplots(2, 1, sharex=True)
    for axis, k in zip(axes, chosen, strict=True):
        for data in stretches:
            mean, error = data["mean"].values[:, k], np.sqrt(data.variance.values[:, k] / data["count"].values)
            axis.plot(data.time, data.path.values[:, :, k].T, **SINGLE)
            band(axis, data.time.values, mean, error, MEAN, data["count"].values)
            axis.plot(data.time, data.descent.values[:, k], **DESCENT)
        axis.set_title(f"i = {k}: {stretches[0].parameter.values[k]}")
        axis.set_ylabel("$x_i(t)$")
        _mark_resets(axis, stretches)
    axes[-1].set_xlabel("$t$")
    texts = (f"mutation, {len(stretches[0].path)} runs", "mutation, mean", "noise-free descent")
    styles = (SINGLE, MEAN, DESCENT)
    handles = [Line2D([], [], **style, label=text) for style, text in zip(styles, texts, strict=True)]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    state(figure, _settings(found, ["weights shown"]))
    columns = {name: [data[name].values[:, chosen] for data in stretches] for name in ("mean", "variance", "descent")}
    return figure, {"time": [data.time.values for data in stretches], "weights": chosen, **columns}


def _loss_and_distance(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Loss, and squared distance Δ to noise-free descent, with resets."""
    stretches = _in_order(found)
    figure = Figure(figsize=(WIDTH, 4.4))
    above, below = figure.subplots(2, 1, sharex=True)
    numbers: dict[str, list[Any]] = {"time": [], "loss": [], "descent_loss": [], "delta": [], "expected": []}
    for data in stretches:
        time, count = data.time.values, data["count"].values
        losses = data.loss.values.astype(float)
        loss, error = losses.mean(axis=0), losses.std(axis=0, ddof=1) / np.sqrt(count)
        delta = ((data["mean"].values - data.descent.values) ** 2).mean(axis=1)
        expected = 2 * (time - time[0]) / BETA / count
        band(above, time, loss, error, MEAN, count)
        above.plot(time, data.descent_loss, **DESCENT)
        below.plot(time, delta, **MEAN)
        below.plot(time, expected, **LAW)
        for name, value in zip(numbers, (time, loss, data.descent_loss.values, delta, expected), strict=True):
            numbers[name].append(value)
    for axis, label in ((above, "loss"), (below, "Δ$(t)$")):
        _mark_resets(axis, stretches)
        axis.set_ylabel(label)
    below.set_ylim(bottom=0)
    below.set_xlabel("$t$")
    handles = [Line2D([], [], **MEAN, label="mutation, mean"),
               Line2D([], [], **DESCENT, label="noise-free descent"),
               Line2D([], [], **LAW, label="free diffusion, 2(t − reset)/(βn)")]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    state(figure, _settings(found, []))
    return figure, numbers


def _mark_resets(axis: Axes, stretches: list[xarray.Dataset]) -> None:
    for data in stretches[1:]:
        axis.axvline(float(data.time[0]), color="0.85", linewidth=0.4, zorder=0)


def _settings(found: StudyResult, shown: list[str]) -> str:
    sizes = found.configuration
    parts = [
        f"preset {sizes['preset']}", f"β = {short(BETA)}", f"α = {short(LEARNING_RATE)}",
        f"λ = {short(sizes['step_ratio'])}", f"n = {sizes['trajectories']}", f"K = {sizes['points']}",
        f"descent α = {short(sizes['descent_learning_rate'])}",
    ]  # fmt: skip
    ours = ["β", "α", "time between resets", "end time", "start", *shown]
    ours += ["λ"] * (sizes["step_ratio"] != PAPER_RATIO) + ["K"] * (sizes["points"] != PAPER_POINTS)
    ours += ["n"] * (sizes["trajectories"] != PAPER_TRAJECTORIES)
    ours += ["descent α"] * (sizes["descent_learning_rate"] != LEARNING_RATE)
    return f"{wrapped(parts)}\n{wrapped(ours, 'ours, not the paper’s: ')}"


MAKERS = {"figs4a": _weights, "figs4b": _loss_and_distance}
