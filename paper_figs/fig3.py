"""Figure 3: the deep network, two weights against time and the loss for both λ."""

from pathlib import Path

import matplotlib.style

from . import _panels, _style
from ._read import read
from ._settings import settings

PAPER = {"step_ratio": 0.1, "trajectories": 100}
OURS = ("second λ", "α", "end time", "start", "twin")


def draw(runs: list[Path], folder: Path) -> list[Path]:
    """Draw Figures 3a (weights, smallest λ) and 3b (losses).

    Args:
        runs: folders of finished runs, λ ascending.
        folder: where to write fig3a and fig3b, each as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    loaded = [read(run) for run in runs]
    first = loaded[0]
    with matplotlib.style.context(_style.STYLE):
        figure, numbers = _panels.weights(first, _panels.moved_furthest(first))
        _style.roles_legend(figure, _panels.drawn(first))
        shown = "weights shown (descent moves them furthest up and down)"
        _style.state(figure, settings([first], paper=PAPER, ours=(*OURS[1:], shown)))
        files = _style.save(figure, folder, "fig3a", {"configuration": first.configuration, **numbers})
        figure, curves = _panels.losses_side_by_side(loaded)
        _style.roles_legend(figure, _panels.drawn(*loaded))
        _style.state(figure, settings(loaded, paper={"trajectories": 100}, ours=OURS))
        files += _panels.save_curves(figure, folder, "fig3b", loaded, curves)
    return files
