"""Steps and new points beside their laws, and below them closed forms of batches and training."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import WIDTH, few_ticks, log_across, state
from . import laws

COLD, FORMS, TRAINING = "zero temperature", "closed forms", "training"
SCHEMES = {
    "plain loss": {"color": "0.5", "marker": "x"},
    "class weights": {"color": "#D55E00", "marker": "o"},
    "resampling": {"color": "#0072B2", "marker": "s"},
    "SMOTE": {"color": "#009E73", "marker": "^"},
    "class weights, all data": {"color": "black", "marker": "D"},
}
DOT = {"markersize": 3, "elinewidth": 0.8, "linewidth": 0.8}
MOVED = "plain loss, threshold moved"
EVERY = 4  # records between dots


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Laws of steps and of SMOTE's points; how far closed forms are off; loss and accuracy against steps."""
    steps = {name: data for name, data in found.parts.items() if name != TRAINING}
    training = found.parts.get(TRAINING)
    high, low = 0.6 + 1.6 * laws.rows(steps), 2.5 if training is None else 4.1
    figure = Figure(figsize=(WIDTH, 0.9 + high + low))
    above, below = _halves(figure, high, low)
    said = laws.panels(above, steps)
    letters = laws.LETTERS[len(laws.quantities(steps)) :]
    _below(below, found.parts[COLD], training, letters)
    more = [] if training is None else [
        f"({letters[1]}, {letters[2]}): σ = {training.attrs['std']:g}, batches of {training.attrs['size']},"
        f" {training.sizes['run']} runs, each with a split of its own",
        f"dashed: {training.attrs['reached']:g}, to which steps are counted, and {MOVED}",
    ]  # fmt: skip
    preset = f"preset {found.configuration['preset']}"
    state(figure, wrapped([preset, *said, f"({letters[0]}) open: 1/√(1 + tr Σ/B|g|²), full: normal batches", *more,
                           laws.OURS]))  # fmt: skip
    return figure, laws.saved(found)


def _halves(figure: Figure, high: float, low: float) -> tuple[SubFigure, SubFigure]:
    halves: Any = figure.subfigures(2, 1, height_ratios=(high, low))
    return tuple(halves)


def _below(figure: SubFigure, forms: xarray.Dataset, training: xarray.Dataset | None, letters: str) -> None:
    grid = figure.add_gridspec(1 if training is None else 2, 2)
    axis = figure.add_subplot(grid[0, :])
    _forms(axis, forms)
    _title(axis, letters[0], FORMS)
    shown = [axis]
    for k, what in enumerate(("balanced loss", "balanced accuracy") if training is not None else ()):
        assert training is not None
        shown.append(figure.add_subplot(grid[1, k]))
        _training(shown[-1], training, what)
        _title(shown[-1], letters[k + 1], TRAINING)
    handles: dict[str, Any] = {}
    for one in shown:
        handles |= dict(zip(*reversed(one.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=2)


def _title(axis: Axes, letter: str, name: str) -> None:
    axis.set_title(f"({letter}) {name}", loc="left", fontsize=7)


def _forms(axis: Axes, data: xarray.Dataset) -> None:
    """Either form over what was drawn, less 1."""
    axis.axhline(0.0, color="black", linewidth=0.6, zorder=0)
    for name in data.scheme.values:
        one, style = data.sel(scheme=name), {**DOT, **SCHEMES[str(name)]}
        for form in ("normal", "many"):
            ratio = (one[form] / one.drawn).values
            bar = ratio * (one.standard_error / one.drawn).values
            look = {} if form == "normal" else {"mfc": "white", "linestyle": (0, (1, 1.2))}
            axis.errorbar(
                data.value, ratio - 1, bar, **{**style, **look}, label=str(name) if form == "normal" else None
            )
    if len(data.value) > 1:
        log_across(axis)
    axis.set_xlabel("points in a batch", fontsize=7)
    axis.set_ylabel("off E ĝ_B·ĝ, share", fontsize=7)


def _training(axis: Axes, data: xarray.Dataset, what: str) -> None:
    """Mean over runs with its standard error."""
    for name in data.route.values:
        values = data[what].sel(route=name)
        error = values.std("run", ddof=1) / np.sqrt(data.sizes["run"])
        every = slice(None, None, EVERY)
        at, mean, bar = (one.values[every] for one in (data.time, values.mean("run"), error))
        axis.errorbar(at, mean, bar, **{**DOT, **SCHEMES[str(name)]}, label=str(name))
    level = data.attrs["reached"] if what == "balanced loss" else float(data[MOVED].mean())
    axis.axhline(level, color="0.5", linewidth=0.8, linestyle=(0, (3, 1.6)), zorder=0)
    few_ticks(axis, 3)
    axis.set_xlabel("step", fontsize=7)
    axis.set_ylabel(what, fontsize=7)


MAKERS = {"imbalance": page}
