"""Figure S3: the deep network at large λ, one weight and the loss, where the correspondence breaks down."""

from .parts import panels
from .parts.read import ExperimentResult
from .parts.settings import settings
from .parts.style import roles_legend, state

PAPER = {"trajectories": 100}
OURS = ("λ", "α", "end time", "start", "twin")


def _weight(found: ExperimentResult) -> panels.Panel:
    """The weight that noise-free descent raises furthest, one panel for each λ."""
    first = found.runs[0]
    k = panels.moved_furthest(first)[0]
    shown = f"weight shown (i = {k}: {first.labels[k]}, descent raises it furthest)"
    return _stated(found, panels.weight_side_by_side(found.runs, k), shown)


def _losses(found: ExperimentResult) -> panels.Panel:
    """Loss against common time, one panel for each λ."""
    return _stated(found, panels.losses_side_by_side(found.runs))


def _stated(found: ExperimentResult, made: panels.Curves, *shown: str) -> panels.Panel:
    figure, curves = made
    roles_legend(figure, panels.drawn(*found.runs))
    state(figure, settings(found.runs, paper=PAPER, ours=(*OURS, *shown)))
    return figure, panels.of_runs(found.runs, curves)


MAKERS = {"figs3a": _weight, "figs3b": _losses}
