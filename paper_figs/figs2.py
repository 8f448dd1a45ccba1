"""Figure S2: the loss against common time for several step ratios λ."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .parts import panels
from .parts.read import ExperimentResult, Run
from .parts.settings import settings, short
from .parts.style import DESCENT, MEAN, TWIN, WIDTH, band, ratio_colours, state

PAPER = {"learning_rate": 1e-5, "trajectories": 1000}
OURS = ("λ", "end time", "start", "twin")


def losses(runs: list[Run]) -> panels.Curves:
    """Mutation beside noise-free descent above, beside its own twin below."""
    figure = Figure(figsize=(WIDTH, 4.4))
    above, below = figure.subplots(2, 1, sharex=True, sharey=True)
    colours = ratio_colours(len(runs))
    curves: list[dict[str, Any]] = []
    for run, colour in zip(runs, colours, strict=True):
        walk, twin = run.mutation, run.twin
        thin = {**MEAN, "color": colour, "linewidth": 1.1}
        for axis in (above, below):
            band(axis, run.time, walk.loss, walk.loss_error, thin, walk.count)
        band(below, run.time, twin.loss, twin.loss_error, {**TWIN, "color": colour}, twin.count)
        curves.append({
            "time": run.time, "mean": walk.loss,
            "mean_standard_error": walk.loss_error, "twin": twin.loss, "twin_standard_error": twin.loss_error,
            "descent": run.descent_loss,
        })  # fmt: skip
    above.plot(runs[0].time, runs[0].descent_loss, **DESCENT)
    above.set_title("mutation, mean, and noise-free descent (black)")
    below.set_title("mutation, mean, and its noisy twin (dashed)")
    below.set_xlabel("$t$")
    for axis in (above, below):
        axis.set_ylabel("loss $U$")
    ratios = [short(run.configuration["step_ratio"]) for run in runs]
    handles = [Line2D([], [], color=c, label=f"λ = {r}") for c, r in zip(colours, ratios, strict=True)]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    every = [values for curve in curves for values in (curve["mean"], curve["twin"], curve["descent"])]
    panels.log_where_wide(above, min(map(np.nanmin, every)), max(map(np.nanmax, every)))
    return figure, curves


def _losses(found: ExperimentResult) -> panels.Panel:
    """Mean loss against common time, one line for each λ."""
    figure, curves = losses(found.runs)
    state(figure, settings(found.runs, paper=PAPER, ours=OURS))
    return figure, panels.of_runs(found.runs, curves)


MAKERS = {"figs2": _losses}
