"""Figures of any experiment's runs: weights, loss and Δ, with no word on the paper."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from . import fig1, fig2, figs2
from .parts import panels
from .parts.read import ExperimentResult, Run
from .parts.settings import settings
from .parts.style import state


def generic_makers(name: str) -> Mapping[str, Any]:
    """Makers of the generic figures by their names: some weights and all of them at the least λ, loss, Δ."""
    least = {"weights": fig1.over_time, "all-weights": fig1.at_the_end}
    makers: dict[str, Any] = {f"{name}-{what}": partial(_of_least, make=make) for what, make in least.items()}
    return makers | {f"{name}-loss": _loss, f"{name}-distance": _distance}


def _of_least(found: ExperimentResult, make: Any) -> panels.Panel:
    return _of_one(found.runs[0], make(found.runs[0]))


def _loss(found: ExperimentResult) -> panels.Panel:
    """Loss against common time."""
    runs = found.runs
    if len(runs) == 1:
        return _of_one(runs[0], fig1.loss(runs[0]))
    return _of_all(runs, figs2.losses(runs))


def _distance(found: ExperimentResult) -> panels.Panel:
    """Squared distance Δ to noise-free descent against common time, one line for each λ."""
    return _of_all(found.runs, fig2.distances(found.runs))


def _of_one(run: Run, made: panels.Panel) -> panels.Panel:
    figure, numbers = made
    state(figure, settings([run], paper=None, ours=()))
    return figure, panels.of_run(run, numbers)


def _of_all(runs: list[Run], made: panels.Curves) -> panels.Panel:
    figure, curves = made
    state(figure, settings(runs, paper=None, ours=()))
    return figure, panels.of_runs(runs, curves)
