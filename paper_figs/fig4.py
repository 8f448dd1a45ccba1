"""Figure 4: every weight of the deep network at the end, and how its mean displacement compares."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .parts import panels
from .parts.read import ExperimentResult, Quoted
from .parts.settings import settings, short
from .parts.style import DESCENT, MEAN, WIDTH, state

PAPER = {"step_ratio": 0.1, "trajectories": 100, "end_time": 5.0}
OURS = ("α", "start", "twin")
# The saved numbers, by the beginning of their names, which the side ends.
QUOTED = {"correlation": "correlation with ", "ratio": "ratio to what equal means give, "}
# Thousands of dots are pixels inside the vector file, which would otherwise be megabytes.
GREY = {"color": "0.78", "linestyle": "", "marker": ".", "markersize": 0.6, "rasterized": True, "zorder": 1}
GREEN = {**GREY, "color": MEAN["color"], "markersize": 1.2, "zorder": 3}


def _every_weight(found: ExperimentResult) -> panels.Panel:
    """Every weight at the end, and what differs from noise-free descent."""
    run = found.runs[0]
    order = np.argsort(run.descent[-1], kind="stable")
    rank = np.arange(1, len(order) + 1)
    descent, mean = run.descent[-1, order], run.mutation.mean[-1, order]
    single = run.mutation.path[: panels.drawn(run), -1][:, order]
    figure = Figure(figsize=(WIDTH, 4.6))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1))
    for axis, away in ((above, 0.0), (below, descent)):
        axis.plot(rank, (single - away).T, **GREY)
        axis.plot(rank, mean - away, **GREEN)
        axis.plot(rank, descent - away, **DESCENT)
    above.set_ylabel(f"$x_i(t)$ at $t$ = {short(run.time[-1])}")
    below.set_ylabel("less noise-free descent’s", fontsize=7)
    below.set_xlabel("weight, ordered by its value in noise-free descent", fontsize=7)
    texts = (f"mutation, {len(single)} runs", "mutation, mean", "noise-free descent")
    large = ({**GREY, "markersize": 3}, {**GREEN, "markersize": 4}, DESCENT)
    handles = [Line2D([], [], **style, label=text) for style, text in zip(large, texts, strict=True)]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=1.2)
    state(figure, settings([run], paper=PAPER, ours=(*OURS, "lower panel")))
    return figure, panels.of_run(run, {
        "time": run.time[-1],
        "order": order,
        "single": single,
        "mean": mean,
        "mean_standard_error": run.mutation.error[-1, order],
        "descent": descent,
    })  # fmt: skip


def _displacements(found: ExperimentResult) -> panels.Panel:
    """Mean displacement of mutation against that of noise-free descent and of the twin, one dot for each weight."""
    run = found.runs[0]
    walk, twin = (_finite(side.path).mean(axis=0) for side in (run.mutation, run.twin))
    figure = Figure(figsize=(WIDTH, 2.6))
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    numbers: dict[str, Any] = {"time": run.time[-1], "mutation": walk}
    sides = {"descent": (run.descent[-1] - run.descent[0], "noise-free descent"), "twin": (twin, "noisy twin, mean")}
    for axis, (name, (other, label)) in zip(axes, sides.items(), strict=True):
        quoted = {what: found.numbers.get(f"{said}{name}") for what, said in QUOTED.items()}
        _scatter(axis, other, walk)
        axis.set_title(_said(**quoted))
        axis.set_xlabel(label, fontsize=7)
        numbers[name] = {"displacement": other, **{what: one and one._asdict() for what, one in quoted.items()}}
    axes[0].set_ylabel("mutation, mean", fontsize=7)
    figure.supxlabel(f"displacement of each weight to $t$ = {short(run.time[-1])}", fontsize=7)
    state(figure, settings([run], paper=PAPER, ours=(*OURS, "this panel")))
    return figure, panels.of_run(run, numbers)


def _finite(path: np.ndarray) -> np.ndarray:
    moved = path[:, -1] - path[:, 0]
    return moved[np.isfinite(moved).all(axis=1)]


def _scatter(axis: Axes, across: np.ndarray, up: np.ndarray) -> None:
    axis.plot(across, up, color=MEAN["color"], linestyle="", marker=".", markersize=1.2, rasterized=True)
    reach = 1.05 * float(np.abs(up).max())
    axis.plot([-reach, reach], [-reach, reach], **DESCENT)


def _said(correlation: Quoted | None, ratio: Quoted | None) -> str:
    """The saved numbers; those that had no standard error are not there."""
    if correlation is None:
        return "no correlation: too few runs"
    text = f"correlation {correlation.value:.3f} ± {correlation.error:.3f}"
    if ratio is None:
        return f"{text}\nnoise hides what equal\nmeans would give"
    equal = correlation.value / ratio.value
    return f"{text}\nequal means give {equal:.3f}\nratio {ratio.value:.3f} ± {ratio.error:.3f}"


MAKERS = {"fig4a": _every_weight, "fig4b": _displacements}
