"""Steps beside their laws, and below them training on digits by several routes against time."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import DESCENT, WIDTH, log_axis, state
from . import laws

DIGITS = "digits"
QUANTITIES = {"tr H": "tr $H$", "U_σ": "$U_σ$", "gap": "test less training loss", "test loss": "test loss"}
DOT = {"markersize": 3, "elinewidth": 0.8, "linewidth": 0.8}
ROUTES = {
    "descent": {**DESCENT, "marker": "_"},
    "weight noise": {"color": "#009E73", "marker": "s"},
    "raw fitness": {"color": "#D55E00", "marker": "o"},
    "Barker, mean of mutants": {"color": "#0072B2", "marker": "D"},
    "half of its width": {"color": "#009E73", "marker": "s", "mfc": "white", "linestyle": (0, (3, 1.6))},
    "sharpness-aware": {"color": "#CC79A7", "marker": "^", "linestyle": (0, (1, 1.2))},
}
APART = 1.2  # of time between neighbouring dots


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Steps of each scheme against their parameter, and training on digits by every route against time."""
    if DIGITS not in found.parts:
        return laws.page(found)
    steps = {name: data for name, data in found.parts.items() if name != DIGITS}
    high, low = 0.6 + 1.35 * laws.rows(steps), 3.5
    figure = Figure(figsize=(WIDTH, 0.45 + high + low))
    above, below = figure.subfigures(2, 1, height_ratios=(high, low))
    said = laws.panels(above, steps)
    count = sum(len(data.attrs["quantities"].split("; ")) for data in steps.values())
    _digits(below, found.parts[DIGITS], laws.LETTERS[count:])
    data = found.parts[DIGITS]
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", *said,
        f"below: digits, {data.attrs['images']} images, σ = {data.attrs['std']:g}, {data.sizes['run']} runs",
        laws.OURS,
    ]))  # fmt: skip
    return figure, laws.saved(found)


def _digits(figure: SubFigure, data: xarray.Dataset, letters: str) -> None:
    axes = figure.subplots(2, 2, sharex=True).ravel()
    for axis, letter, (name, label) in zip(axes, letters, QUANTITIES.items(), strict=False):
        _against_time(axis, data, name)
        axis.set_ylabel(label, fontsize=7)
        axis.set_title(f"({letter}) {DIGITS}", loc="left", fontsize=7)
    for axis in axes[2:]:
        axis.set_xlabel("$t$ (learning rate × steps)", fontsize=7)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)


def _against_time(axis: Axes, data: xarray.Dataset, name: str) -> None:
    """Means of the runs; dots of the routes side by side, so that bars do not lie on one another."""
    shown = [route for route in ROUTES if route in data.route.values]
    for number, route in enumerate(shown):
        runs = data[name].sel(route=route)
        error = runs.std("run", ddof=1) / np.sqrt(data.sizes["run"])
        at = data.time.values + APART * (number - (len(shown) - 1) / 2)
        axis.errorbar(at, runs.mean("run"), error, **{**DOT, **ROUTES[route]}, label=route)
    if name in ("U_σ", "test loss"):
        log_axis(axis)


MAKERS = {"smoothing": page}
