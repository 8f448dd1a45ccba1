"""Figure S2: the loss against common time for several step ratios λ."""

from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from . import _style
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
        figure = Figure(figsize=(_style.WIDTH, 3.2))
        curves = _losses(figure, loaded)
        _style.state(figure, settings(loaded, paper=PAPER, ours=OURS))
        return _style.save(figure, folder, "figs2", {"curves": curves})


def _losses(figure: Figure, runs: list[Run]) -> list[dict[str, Any]]:
    axis = figure.subplots()
    colours = _style.ratio_colours(len(runs))
    curves = []
    for run, colour in zip(runs, colours, strict=True):
        walk, twin = run.mutation, run.twin
        _style.band(axis, run.time, walk.loss, walk.loss_error, {**_style.MEAN, "color": colour}, walk.count)
        # The twin lies on its mutation's line where they agree, so it is drawn light.
        dashed = {**_style.TWIN, "color": "white", "linewidth": 0.8}
        _style.band(axis, run.time, twin.loss, twin.loss_error, {**dashed, "color": "0.85"}, twin.count)
        curves.append({
            "configuration": run.configuration, "time": run.time, "mean": walk.loss,
            "mean_standard_error": walk.loss_error, "twin": twin.loss, "twin_standard_error": twin.loss_error,
            "gradient": run.gradient_loss,
        })  # fmt: skip
    axis.plot(runs[0].time, runs[0].gradient_loss, **_style.GRADIENT)
    _style.log_axis(axis)
    axis.set_xlabel("$t$")
    axis.set_ylabel("loss $U$")
    ratios = [short(run.configuration["step_ratio"]) for run in runs]
    handles = [
        Line2D([], [], **{**_style.MEAN, "color": c}, label=f"mutation, λ = {r}")
        for c, r in zip(colours, ratios, strict=True)
    ]
    handles.append(Line2D([], [], **{**_style.TWIN, "color": "0.7"}, label="noisy descent (twin)"))
    handles.append(Line2D([], [], **_style.GRADIENT, label="gradient descent"))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return curves
