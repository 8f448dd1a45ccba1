"""Starts and steps of deep networks beside their laws, and below them losses at the end of training against depth."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import WIDTH, log_across, log_axis, state
from . import laws

TRAINING = "training"
DOT = {"markersize": 3, "elinewidth": 0.8, "linewidth": 0.8}
STYLES: dict[str, dict[str, Any]] = {
    "mutation": {"color": "#009E73", "marker": "o"},
    "descent": {"color": "black", "marker": "s"},
    "Adam": {"color": "#D55E00", "marker": "^"},
    "descent, residual": {"color": "#CC79A7", "marker": "D"},
    "mutation, critical start": {"color": "#009E73", "marker": "o", "mfc": "white", "linestyle": (0, (3, 1.6))},
    "descent, critical start": {"color": "black", "marker": "s", "mfc": "white", "linestyle": (0, (3, 1.6))},
    "descent, critical start, rate / 10": {"color": "0.5", "marker": "s", "mfc": "white", "linestyle": (0, (1, 1.2))},
}
LEARNED_NOTHING = float(np.log(10))
APART = 0.03  # of a depth, between neighbouring dots


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Laws against the number of hidden layers; loss at the end by every scheme, and c of mutation, likewise."""
    steps = {name: data for name, data in found.parts.items() if name != TRAINING}
    data = found.parts[TRAINING]
    high, low = 0.7 + 1.4 * laws.rows(steps), 3.3
    figure = Figure(figsize=(WIDTH, 0.5 + high + low))
    halves: Any = figure.subfigures(2, 1, height_ratios=(high, low))
    said = laws.panels(halves[0], steps)
    axis = halves[1].subplots()
    _losses(axis, data)
    letter = laws.LETTERS[len(laws.quantities(steps))]
    axis.set_title(f"({letter}) {TRAINING}", loc="left", fontsize=7)
    halves[1].legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", *said,
        f"({letter}): after {data.attrs['evaluations']} loss evaluations, {data.sizes['seed']} seeds,"
        " dotted: log 10",
        *_curvatures(data), laws.OURS,
    ]))  # fmt: skip
    return figure, laws.saved(found)


def _losses(axis: Axes, data: xarray.Dataset) -> None:
    """Means over seeds; dots of the schemes side by side, so that bars do not lie on one another."""
    axis.axhline(LEARNED_NOTHING, color="0.4", linewidth=0.8, linestyle=(0, (1, 1.2)), zorder=1)
    for number, name in enumerate(data.scheme.values):
        one = data.loss.sel(scheme=name)
        error = one.std("seed", ddof=1) / np.sqrt(data.sizes["seed"])
        at = data.layers.values * (1 + APART * (number - (data.sizes["scheme"] - 1) / 2))
        axis.errorbar(at, one.mean("seed"), error, **{**DOT, **STYLES[str(name)]}, label=str(name))
    log_across(axis)
    log_axis(axis)
    axis.set_xticks(data.layers.values, [str(one) for one in data.layers.values])
    axis.minorticks_off()
    axis.set_xlabel("hidden layers", fontsize=7)
    axis.set_ylabel("training loss at the end", fontsize=7)


def _curvatures(data: xarray.Dataset) -> list[str]:
    told = ", ".join(f"{value:.2g}" for value in data.c.values)
    return [f"mutation's c at its small start: {told}"]


MAKERS = {"depth": page}
