"""Trainers on real data: test accuracy against evaluations of the loss and against seconds."""

import itertools
from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from ..parts import panels
from ..parts.contest import COLOURS, DASHES
from ..parts.read import StudyResult
from ..parts.settings import short, wrapped
from ..parts.style import WIDTH, band, log_across, state

BASELINES = "baselines"
MODELS = {"logistic regression": "0.35", "scikit-learn's MLP": "0.65"}
AXES = {"evaluations of the loss": 1.0, "seconds": None}


def learning(found: StudyResult) -> panels.Panel:
    """One row for each data set; a line a trainer, mean over splits and its standard error."""
    every = list(dict.fromkeys(name.split(", ")[0] for name in found.parts))
    figure = Figure(figsize=(WIDTH, 1.7 + 2.0 * len(every)))
    grid = figure.subplots(len(every), len(AXES), squeeze=False, sharey="row")
    styles = [{"color": colour, "linestyle": dash} for dash, colour in itertools.product(DASHES, COLOURS)]
    numbers: dict[str, Any] = {}
    handles: dict[str, Line2D] = {}
    letters = iter("abcdefgh")
    for row, data in zip(grid, every, strict=True):
        mine = {name.split(", ", 1)[1]: one for name, one in found.parts.items() if name.startswith(f"{data}, ")}
        models = mine.pop(BASELINES)
        for axis, (label, scale) in zip(row, AXES.items(), strict=True):
            for (name, one), style in zip(mine.items(), styles, strict=False):
                numbers[f"{data}, {name}"] = _curve(axis, one, scale or one.attrs["each"], style)
                handles[name] = Line2D([], [], **style, label=name)
            for model, grey in MODELS.items():
                level = float(models.accuracy.sel(model=model).mean())
                axis.axhline(level, color=grey, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=0)
                handles[model] = Line2D([], [], color=grey, linewidth=0.8, linestyle=(0, (1, 1.5)), label=model)
                numbers[f"{data}, {model}"] = level
            log_across(axis)
            axis.xaxis.set_minor_formatter(NullFormatter())  # two panels side by side have room for decades alone
            axis.set_ylim(bottom=0.95 * min(_best(one) for one in mine.values()))
            axis.set_xlabel(label, fontsize=7)
            axis.set_title(f"({next(letters)}) {data}", loc="left", fontsize=7)
        row[0].set_ylabel("test accuracy", fontsize=7)
    figure.legend(handles=list(handles.values()), loc="outside lower center", ncols=2, fontsize=6)
    sizes = found.configuration
    state(figure, wrapped([
        f"preset {sizes['preset']}", f"{sizes['splits']} splits × {sizes['seeds']} seeds",
        f"tuned on a split of its own, trials of {short(sizes['trial'])} evaluations, as many for each",
        "optimizers on batches, which cost their share of an evaluation", "bands: one standard error over splits",
        "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers


def _best(one: xarray.Dataset) -> float:
    """Below which a panel need not go, so that what trainers end with is told apart."""
    return float(one.test_accuracy.mean(("split", "seed")).max())


def _curve(axis: Axes, one: xarray.Dataset, scale: float, style: dict[str, Any]) -> dict[str, Any]:
    """Test accuracy at every look but the start."""
    values = one.test_accuracy.transpose("split", "seed", "evaluations").values[..., 1:].astype(float).mean(axis=1)
    count = len(values)
    mean, across = values.mean(axis=0), scale * one.evaluations.values[1:]
    error = values.std(axis=0, ddof=1) / np.sqrt(count) if count > 1 else np.zeros_like(mean)
    band(axis, across, mean, error, style, np.full(len(mean), count))
    return {"evaluations": one.evaluations.values[1:], "mean": mean, "mean_standard_error": error}


MAKERS = {"trainers": learning}
