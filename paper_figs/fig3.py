"""Figure 3: the deep network, two weights against time and the loss for both λ."""

from .parts import panels
from .parts.read import ExperimentResult
from .parts.settings import settings
from .parts.style import roles_legend, state

PAPER = {"step_ratio": 0.1, "trajectories": 100}
OURS = ("second λ", "α", "end time", "start", "twin")


def _weights(found: ExperimentResult) -> panels.Panel:
    """The two weights that noise-free descent moves furthest, at the smallest λ."""
    run = found.runs[0]
    figure, numbers = panels.weights(run, panels.moved_furthest(run))
    roles_legend(figure, panels.drawn(run))
    shown = "weights shown (descent moves them furthest up and down)"
    state(figure, settings([run], paper=PAPER, ours=(*OURS[1:], shown)))
    return figure, panels.of_run(run, numbers)


def _losses(found: ExperimentResult) -> panels.Panel:
    """Loss against common time, one panel for each λ."""
    figure, curves = panels.losses_side_by_side(found.runs)
    roles_legend(figure, panels.drawn(*found.runs))
    state(figure, settings(found.runs, paper={"trajectories": 100}, ours=OURS))
    return figure, panels.of_runs(found.runs, curves)


MAKERS = {"fig3a": _weights, "fig3b": _losses}
