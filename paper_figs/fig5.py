"""Figure 5: loss of the deep network, and its outputs against the target at three times."""

from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from . import _panels, _style
from ._read import Means, read, read_means
from ._settings import settings, short

PAPER = {"step_ratio": 0.1, "trajectories": 100}
OURS = ("α", "end time", "start", "twin")
TIMES = (1.0, 3.0, 5.0)
TARGET = {"color": "#56B4E9", "linewidth": 3.2, "alpha": 0.6, "zorder": 1}


def draw(runs: list[Path], folder: Path) -> list[Path]:
    """Draw Figures 5a (loss) and 5b (outputs of the mean weights and of gradient descent).

    Args:
        runs: folders of finished runs, λ ascending; the first is drawn.
        folder: where to write fig5a and fig5b, each as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    run, means = read(runs[0]), read_means(runs[0])
    with matplotlib.style.context(_style.STYLE):
        figure = Figure()
        axis = figure.subplots()
        numbers = _panels.losses(axis, run, _panels.drawn(run))
        _style.few_ticks(axis, _panels.TICKS)
        axis.set_ylabel("loss $U$")
        _style.roles_legend(figure, _panels.drawn(run))
        _style.state(figure, settings([run], paper=PAPER, ours=OURS))
        files = _style.save(figure, folder, "fig5a", {"configuration": run.configuration, **numbers})
        figure, numbers = _outputs(means)
        _style.state(figure, settings([run], paper=PAPER, ours=(*OURS, "times shown")))
        files += _style.save(figure, folder, "fig5b", {"configuration": run.configuration, **numbers})
    return files


def _outputs(means: Means) -> tuple[Figure, dict[str, Any]]:
    """Target and outputs above, what the outputs miss of it below, one column for each time."""
    rows = sorted({int(np.argmin(np.abs(means.time - time))) for time in TIMES})
    figure = Figure(figsize=(_style.WIDTH, 3.8))
    axes = figure.subplots(2, len(rows), sharex=True, sharey="row", squeeze=False)
    styles = {"mutation": _style.MEAN, "twin": _style.TWIN, "descent": _style.GRADIENT}
    for (above, below), k in zip(axes.T, rows, strict=True):
        above.plot(means.theta, means.target, **TARGET)
        below.axhline(0, **TARGET)
        for name, style in styles.items():
            above.plot(means.theta, means.output[name][k], **style)
            below.plot(means.theta, means.output[name][k] - means.target, **style)
        above.set_title(f"$t$ = {short(means.time[k])}")
        below.set_xlabel("θ")
        below.set_xticks([means.theta[0], 0, means.theta[-1]])
    axes[0, 0].set_ylabel("output", fontsize=7)
    axes[1, 0].set_ylabel("output − target", fontsize=7)
    texts = ("mutation, mean weights", "twin, mean weights", "gradient descent")
    handles = [Line2D([], [], **TARGET, label="target")]
    handles += [Line2D([], [], **style, label=text) for style, text in zip(styles.values(), texts, strict=True)]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure, {
        "time": means.time[rows],
        "theta": means.theta,
        "target": means.target,
        **{name: means.output[name][rows] for name in styles},
        "loss_of_mean": {name: means.loss[name][rows] for name in styles},
    }
