"""Figure 1: weights and loss of mutation, its mean, its noisy twin and noise-free descent against common time."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from matplotlib.figure import Figure

from .parts import panels
from .parts.read import ExperimentResult, Run
from .parts.settings import settings
from .parts.style import DOTS, LINES, roles_legend, spread, state

WEIGHTS = 4
PAPER = {"learning_rate": 1e-5, "step_ratio": 0.1, "trajectories": 1000, "end_time": 10.0}


def over_time(run: Run) -> panels.Panel:
    """Weights against common time."""
    figure, numbers = panels.weights(run, spread(len(run.labels), WEIGHTS))
    roles_legend(figure, panels.drawn(run), LINES)
    return figure, numbers


def at_the_end(run: Run) -> panels.Panel:
    """Every weight at the last time."""
    figure = Figure()
    numbers = panels.all_weights(figure.subplots(), run)
    roles_legend(figure, panels.drawn(run), DOTS)
    return figure, numbers


def loss(run: Run) -> panels.Panel:
    """Loss against common time."""
    figure = Figure()
    axis = figure.subplots()
    numbers = panels.losses(axis, run, panels.drawn(run))
    axis.set_ylabel("loss $U$")
    roles_legend(figure, panels.drawn(run), LINES)
    return figure, numbers


def makers(name: str, start: str) -> Mapping[str, Callable[[ExperimentResult], panels.Panel]]:
    """The three panels of the first run as ``name`` a to c; ``start`` says how the start is ours."""
    rows = (("a", over_time, ("weights shown",)), ("b", at_the_end, ()), ("c", loss, ()))
    ours = (start, "twin")
    return {f"{name}{letter}": partial(_stated, make=make, ours=(*ours, *shown)) for letter, make, shown in rows}


def _stated(found: ExperimentResult, make: Callable[[Run], panels.Panel], ours: tuple[str, ...]) -> Any:
    run = found.runs[0]
    figure, numbers = make(run)
    state(figure, settings([run], paper=PAPER, ours=ours))
    return figure, panels.of_run(run, numbers)


MAKERS = makers("fig1", "start")
