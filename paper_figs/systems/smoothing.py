"""Steps beside their laws, and below them what several routes of training on digits have less than descent."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import DESCENT, WIDTH, state
from . import laws

DIGITS = "digits"
QUANTITIES = {"tr H": "Δ tr $H$", "U_σ": "ΔU_σ", "gap": "Δ(test - training)", "test loss": "Δ test loss"}
DOT = {"markersize": 3, "elinewidth": 0.8, "linewidth": 0.8}
BASE, WALKER = "descent", "Barker, one walker"
ROUTES = {
    "weight noise": {"color": "#009E73", "marker": "s"},
    "raw fitness": {"color": "#D55E00", "marker": "o"},
    "Barker, mean of mutants": {"color": "#0072B2", "marker": "D"},
    "half of its width": {"color": "#009E73", "marker": "s", "mfc": "white", "linestyle": (0, (3, 1.6))},
    "sharpness-aware": {"color": "#CC79A7", "marker": "^", "linestyle": (0, (1, 1.2))},
}
APART = 1.2  # of time between neighbouring dots


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Steps of each scheme against their parameter, and training on digits by every route less descent against time."""
    if DIGITS not in found.parts:
        return laws.page(found)
    steps = {name: data for name, data in found.parts.items() if name != DIGITS}
    high, low = 0.6 + 1.35 * laws.rows(steps), 3.5
    figure = Figure(figsize=(WIDTH, 0.45 + high + low))
    halves: Any = figure.subfigures(2, 1, height_ratios=(high, low))
    above, below = halves
    said = laws.panels(above, steps)
    data = found.parts[DIGITS]
    _digits(below, data, laws.LETTERS[len(laws.quantities(steps)) :])
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", *said,
        f"below: digits, {data.attrs['images']} images, σ = {data.attrs['std']:g}",
        f"Δ: less descent, {data.sizes['run']} pairs of runs", *_ends(data),
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
        axis.set_xlabel("$t$ (rate × steps)", fontsize=7)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)


def _ends(data: xarray.Dataset) -> list[str]:
    """What descent has at the end, and the walker that no panel could show."""
    last = data.isel(time=-1).mean("run")
    base, walker = last.sel(route=BASE), last.sel(route=WALKER)
    return [
        f"descent ends at tr H = {float(base['tr H']):.3g}, U_σ = {float(base['U_σ']):.2g}",
        f"off the panels: {WALKER}, U_σ = {float(walker['U_σ']):.2g}",
    ]


def _against_time(axis: Axes, data: xarray.Dataset, name: str) -> None:
    """Means over pairs of runs; dots of the routes side by side, so that bars do not lie on one another."""
    axis.axhline(0.0, **DESCENT, label=BASE)
    shown = [route for route in ROUTES if route in data.route.values]
    for number, route in enumerate(shown):
        pairs = data[name].sel(route=route) - data[name].sel(route=BASE)
        error = pairs.std("run", ddof=1) / np.sqrt(data.sizes["run"])
        at = data.time.values + APART * (number - (len(shown) - 1) / 2)
        axis.errorbar(at, pairs.mean("run"), error, **{**DOT, **ROUTES[route]}, label=route)


MAKERS = {"smoothing": page}
