"""Figure 6: finite temperature; two weights, loss of the mean beside the mean loss, and Δ against n."""

from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from corr import inference

from . import _panels, _style
from ._read import Means, Run, read, read_means
from ._settings import settings, short

PAPER = {"learning_rate": 1e-4, "step_ratio": 1.0, "trajectories": 1000}
PAPER_POINTS = 1000
OURS = ("end time", "start", "twin")
LOSS_OF_MEAN = {"linewidth": 1.6, "linestyle": (0, (1, 0.8)), "zorder": 4}


def draw(runs: list[Path], folder: Path) -> list[Path]:
    """Draw Figures 6a (weights), 6b (losses; the smaller λ in the inset) and 6c (Δ against n).

    Args:
        runs: folders of finished runs, λ ascending; the last is drawn, the first in the inset.
        folder: where to write fig6a, fig6b and fig6c, each as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
        ValueError: if the last run has fewer than 32 trajectories.
    """
    run, small = read(runs[-1]), read(runs[0])
    means = read_means(runs[-1]), read_means(runs[0])
    with matplotlib.style.context(_style.STYLE):
        over_time = _panels.weights(run, _panels.moved_furthest(run))
        _style.roles_legend(over_time[0], _panels.drawn(run))
        panels = (
            (over_time, [run], ("weights shown",)),
            (_losses((run, small), means), [run, small], ("place of the inset",)),
            (_against_count(run), [run], ()),
        )
        files = []
        for letter, ((figure, numbers), stated, ours) in zip("abc", panels, strict=True):
            _style.state(figure, settings(stated, paper=PAPER, ours=(*_points(run), *OURS, *ours)))
            files += _style.save(figure, folder, f"fig6{letter}", {"configuration": run.configuration, **numbers})
    return files


def _points(run: Run) -> list[str]:
    points = run.configuration.get("points", PAPER_POINTS)
    return [] if points == PAPER_POINTS else [f"K = {points}"]


def _losses(runs: tuple[Run, Run], means: tuple[Means, Means]) -> _panels.Panel:
    figure = Figure(figsize=(_style.WIDTH, 3.4))
    axis = figure.subplots()
    inset = axis.inset_axes((0.13, 0.1, 0.27, 0.32))
    numbers = {}
    for place, run, mean, name in ((axis, runs[0], means[0], "main"), (inset, runs[1], means[1], "inset")):
        for side, style, of_mean in (
            (run.mutation, _style.MEAN, mean.loss["mutation"]),
            (run.twin, _style.TWIN, mean.loss["twin"]),
        ):
            _style.band(place, run.time, side.loss, side.loss_error, style, side.count)
            place.plot(run.time, of_mean, **{**LOSS_OF_MEAN, "color": style["color"]})
        place.plot(run.time, run.gradient_loss, **_style.GRADIENT)
        numbers[name] = {
            "step_ratio": run.configuration["step_ratio"], "time": run.time, "mean_loss": run.mutation.loss,
            "mean_loss_standard_error": run.mutation.loss_error, "loss_of_mean": mean.loss["mutation"],
            "twin_mean_loss": run.twin.loss, "twin_loss_of_mean": mean.loss["twin"], "gradient": run.gradient_loss,
        }  # fmt: skip
    axis.set_xlabel("$t$")
    axis.set_ylabel("loss")
    axis.set_title(f"λ = {short(runs[0].configuration['step_ratio'])}")
    inset.set_title(f"λ = {short(runs[1].configuration['step_ratio'])}", fontsize=6.5)
    _legend(figure)
    return figure, numbers


def _legend(figure: Figure) -> None:
    texts = {"mutation": _style.MEAN, "twin": _style.TWIN}
    handles = [Line2D([], [], **style, label=f"<U(x)>, {name}") for name, style in texts.items()]
    handles += [
        Line2D([], [], **{**LOSS_OF_MEAN, "color": style["color"]}, label=f"U(<x>), {name}")
        for name, style in texts.items()
    ]
    handles.append(Line2D([], [], **_style.GRADIENT, label="gradient descent"))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _against_count(run: Run) -> _panels.Panel:
    """Δ at the end against the number of trajectories averaged: to gradient descent, and to the averaged twin."""
    figure = Figure(figsize=(_style.WIDTH, 3.2))
    axis = figure.subplots()
    walk, twin = (side.path[np.isfinite(side.path).all(axis=(1, 2))][:, [-1]] for side in (run.mutation, run.twin))
    counts = np.unique(np.geomspace(1, len(walk), 13).round().astype(int))
    numbers: dict[str, Any] = {"time": run.time[-1], "n": counts}
    for name, other, colour, marker in (
        ("gradient descent", run.gradient[[-1]], "black", "o"),
        ("averaged twin", twin, _style.TWIN["color"], "D"),
    ):
        found = inference.convergence_in_trajectories(walk, other, counts=counts.tolist())
        style = {"color": colour, "marker": marker, "markersize": 3, "linestyle": "", "mfc": "none"}
        axis.plot(counts, found.delta[:, 0], label=f"Δ to {name}", **style)
        axis.plot(counts, found.law[:, 0], color=colour, linewidth=0.7)
        numbers[name] = {field: getattr(found, field) for field in found._fields}
    smooth = numbers["gradient descent"]
    single = float(smooth["law"][0, 0] - smooth["floor"][0])
    axis.plot(counts, single / counts, color="0.6", linestyle=(0, (1, 1.2)), label="expected, 1/$n$")
    own = float(twin[:, 0].var(axis=0, ddof=1).mean()) / len(twin)
    axis.axhline(own, color=_style.TWIN["color"], linewidth=0.7, linestyle=(0, (4, 3)), label="noise of twin’s mean")
    numbers["twin_sampling_noise"] = own
    axis.set_title(_power(smooth))
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    _style.log_axis(axis)
    axis.set_xlabel("trajectories averaged, $n$", fontsize=7)
    axis.set_ylabel(f"Δ at $t$ = {short(run.time[-1])}")
    figure.legend(loc="outside lower center", ncols=2)
    return figure, numbers


def _power(found: dict[str, Any]) -> str:
    """Fitted power of Δ less its floor with its confidence interval, and the floor."""
    low, power, high = (float(found[name][0]) for name in ("lower", "exponent", "upper"))
    if np.isnan(power):
        return "too few trajectories before the floor to fit a power"
    return f"Δ to descent: power of $n$ {power:.3f} (95 %: {low:.3f} to {high:.3f})"
