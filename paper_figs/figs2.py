"""Figure S2: the loss against common time for several step ratios λ."""

from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from . import _panels, _style
from ._read import Run, read
from ._settings import settings, short

PAPER = {"learning_rate": 1e-5, "trajectories": 1000}
OURS = ("λ", "end time", "start", "twin")


def draw(runs: list[Path], folder: Path) -> list[Path]:
    """Draw Figure S2.

    Args:
        runs: folders of finished runs, λ ascending.
        folder: where to write figs2 as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    loaded = [read(run) for run in runs]
    with matplotlib.style.context(_style.STYLE):
        figure = Figure(figsize=(_style.WIDTH, 4.4))
        curves = _losses(figure, loaded)
        _style.state(figure, settings(loaded, paper=PAPER, ours=OURS))
        return _panels.save_curves(figure, folder, "figs2", loaded, curves)


def _losses(figure: Figure, runs: list[Run]) -> list[dict[str, Any]]:
    """Mutation beside noise-free descent above, beside its own twin below."""
    above, below = figure.subplots(2, 1, sharex=True, sharey=True)
    colours = _style.ratio_colours(len(runs))
    curves = []
    for run, colour in zip(runs, colours, strict=True):
        walk, twin = run.mutation, run.twin
        thin = {**_style.MEAN, "color": colour, "linewidth": 1.1}
        for axis in (above, below):
            _style.band(axis, run.time, walk.loss, walk.loss_error, thin, walk.count)
        _style.band(below, run.time, twin.loss, twin.loss_error, {**_style.TWIN, "color": colour}, twin.count)
        curves.append({
            "time": run.time, "mean": walk.loss,
            "mean_standard_error": walk.loss_error, "twin": twin.loss, "twin_standard_error": twin.loss_error,
            "gradient": run.gradient_loss,
        })  # fmt: skip
    above.plot(runs[0].time, runs[0].gradient_loss, **_style.GRADIENT)
    above.set_title("mutation, mean, and gradient descent (black)")
    below.set_title("mutation, mean, and its noisy twin (dashed)")
    _style.log_axis(above)
    below.set_xlabel("$t$")
    for axis in (above, below):
        axis.set_ylabel("loss $U$")
    ratios = [short(run.configuration["step_ratio"]) for run in runs]
    handles = [Line2D([], [], color=c, label=f"λ = {r}") for c, r in zip(colours, ratios, strict=True)]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return curves
