"""The panel of a contest: several training schemes on one problem at equal evaluations of the loss."""

import itertools
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from . import panels
from .read import StudyResult
from .settings import short, wrapped
from .style import WIDTH, band, few_ticks, state

COLOURS = ("#009E73", "#D55E00", "#0072B2", "#CC79A7", "#E69F00", "#56B4E9", "black")
DASHES = ("-", (0, (4, 1.5)), (0, (1, 1)))


def losses(found: StudyResult) -> panels.Panel:
    """Loss against evaluations of it, one line for each side: mean over seeds with its standard error.

    Args:
        found: a contest; each part is a side, with ``loss`` over (seed, evaluations).
    """
    figure = Figure(figsize=(WIDTH, 3.2))
    axis = figure.subplots()
    numbers: dict[str, Any] = {}
    handles = []
    # Every pair of colour and dash once before any comes back.
    styles = [{"color": colour, "linestyle": dash} for dash, colour in itertools.product(DASHES, COLOURS)]
    for (side, data), style in zip(found.parts.items(), itertools.cycle(styles), strict=False):
        every = data.loss.transpose("seed", "evaluations").values.astype(float)
        spread = every.std(axis=0, ddof=1) if len(every) > 1 else np.zeros(every.shape[1])
        mean, error = every.mean(axis=0), spread / np.sqrt(len(every))
        across = data.evaluations.values
        band(axis, across, mean, error, style, np.full(len(mean), len(every)))
        handles.append(Line2D([], [], **style, label=side))
        numbers[side] = {"evaluations": across, "seeds": len(every), "mean": mean, "mean_standard_error": error}
    curves = [one["mean"] for one in numbers.values()]
    panels.log_where_wide(axis, min(map(np.nanmin, curves)), max(map(np.nanmax, curves)))
    few_ticks(axis, 4)
    axis.xaxis.set_major_formatter(lambda value, _: short(value))
    axis.set_xlabel("evaluations of the loss", fontsize=7)
    axis.set_ylabel("loss $U$")
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    seeds = " / ".join(map(str, dict.fromkeys(one["seeds"] for one in numbers.values())))
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", f"{seeds} seeds", "bands: one standard error over seeds",
        "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers
