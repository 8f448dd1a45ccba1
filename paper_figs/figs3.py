"""Figure S3: the deep network at large λ, one weight and the loss, where the correspondence breaks down."""

from pathlib import Path

import matplotlib.style

from . import _panels, _style
from ._read import read
from ._settings import settings

PAPER = {"trajectories": 100}
OURS = ("λ", "α", "end time", "start", "twin")


def draw(runs: list[Path], folder: Path) -> list[Path]:
    """Draw Figures S3a (one weight) and S3b (losses).

    Args:
        runs: folders of finished runs, λ ascending.
        folder: where to write figs3a and figs3b, each as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    loaded = [read(run) for run in runs]
    with matplotlib.style.context(_style.STYLE):
        k = _panels.moved_furthest(loaded[0])[0]
        weight = f"weight shown (i = {k}: {loaded[0].labels[k]}, descent raises it furthest)"
        panels = ((_panels.weight_side_by_side(loaded, k), (weight,)), (_panels.losses_side_by_side(loaded), ()))
        files = []
        for letter, ((figure, curves), shown) in zip("ab", panels, strict=True):
            _style.roles_legend(figure, _panels.drawn(*loaded))
            _style.state(figure, settings(loaded, paper=PAPER, ours=(*OURS, *shown)))
            files += _panels.save_curves(figure, folder, f"figs3{letter}", loaded, curves)
    return files
