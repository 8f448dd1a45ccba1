"""Figure 5: loss of the deep network, and its outputs against the target at three times."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .parts import panels
from .parts.read import ExperimentResult
from .parts.settings import settings, short
from .parts.style import DESCENT, MEAN, TWIN, WIDTH, few_ticks, roles_legend, state

PAPER = {"step_ratio": 0.1, "trajectories": 100}
OURS = ("α", "end time", "start", "twin")
TIMES = (1.0, 3.0, 5.0)
TARGET = {"color": "#56B4E9", "linewidth": 3.2, "alpha": 0.6, "zorder": 1}


def _loss(found: ExperimentResult) -> panels.Panel:
    """Loss against common time, with the times at which outputs are shown."""
    run, figure = found.runs[0], Figure()
    axis = figure.subplots()
    numbers = panels.losses(axis, run, panels.drawn(run))
    few_ticks(axis, panels.TICKS)
    axis.set_ylabel("loss $U$")
    roles_legend(figure, panels.drawn(run))
    state(figure, settings([run], paper=PAPER, ours=OURS))
    return figure, panels.of_run(run, numbers)


def _outputs(found: ExperimentResult) -> panels.Panel:
    """Target and outputs above, what the outputs miss of it below, one column for each time."""
    run, means = found.runs[0], found.means[0]
    rows = sorted({int(np.argmin(np.abs(means.time - time))) for time in TIMES})
    figure = Figure(figsize=(WIDTH, 3.8))
    axes = figure.subplots(2, len(rows), sharex=True, sharey="row", squeeze=False)
    styles = {"mutation": MEAN, "twin": TWIN, "descent": DESCENT}
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
    texts = ("mutation, mean weights", "twin, mean weights", "noise-free descent")
    handles = [Line2D([], [], **TARGET, label="target")]
    handles += [Line2D([], [], **style, label=text) for style, text in zip(styles.values(), texts, strict=True)]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    state(figure, settings([run], paper=PAPER, ours=(*OURS, "times shown")))
    return figure, panels.of_run(run, {
        "time": means.time[rows],
        "theta": means.theta,
        "target": means.target,
        **{name: means.output[name][rows] for name in styles},
        "loss_of_mean": {name: means.loss[name][rows] for name in styles},
    })  # fmt: skip


MAKERS = {"fig5a": _loss, "fig5b": _outputs}
