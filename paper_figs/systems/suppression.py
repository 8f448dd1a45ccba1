"""Best and average of replicas beside their laws; on the digits alikeness, replacements and test losses by scheme."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import WIDTH, few_ticks, log_axis, state
from . import laws

STYLES: dict[str, dict[str, Any]] = {
    "independent": {"color": "black", "marker": "o"},
    "suppressed": {"color": "#009E73", "marker": "s"},
    "random": {"color": "#0072B2", "marker": "^"},
    "least fit": {"color": "#CC79A7", "marker": "v"},
}
DOT = {"markersize": 3, "elinewidth": 0.8, "linewidth": 0.6}
OWN = {"color": "0.5", "linestyle": (0, (3, 1.6)), "marker": "D", "markersize": 2}
READOUTS = ("mean", "best", "average")
APART = 0.14  # between runs at one readout


def replicas(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """What the best of P replicas gains and their average leaves."""
    return laws.page(found._replace(parts={name: one for name, one in found.parts.items() if name == "bowl"}))


def digits(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Cosines of updates and replacements against the generation, and test losses at the end."""
    parts = {name: data for name, data in found.parts.items() if name != "bowl"}
    shared, own = parts["digits, one start"], parts.get("digits, own starts")
    figure = Figure(figsize=(WIDTH, 4.6))
    names = ["cosine", "replaced", "one start", "one start" if own is None else "own starts"]
    rows: list[Any] = [names[:2], names[2:]]
    axes = figure.subplot_mosaic(rows)
    _cosines(axes["cosine"], shared, own)
    _replaced(axes["replaced"], shared)
    _differences(axes["one start"], shared)
    if own is not None:
        _losses(axes["own starts"], own)
    titles = {"cosine": "alikeness", "replaced": "suppression"}
    for letter, name in zip("abcd", dict.fromkeys(names), strict=False):
        axes[name].set_title(f"({letter}) {titles.get(name, name)}", loc="left", fontsize=7)
    figure.legend(*axes["cosine"].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    state(figure, wrapped(_settings(found, shared, own)))
    return figure, {name: {str(key): data[key].values for key in data.variables} for name, data in parts.items()}


def _settings(found: StudyResult, shared: xarray.Dataset, own: xarray.Dataset | None) -> list[str]:
    seeds = [str(data.sizes["seed"]) for data in (shared, own) if data is not None]
    return [
        f"preset {found.configuration['preset']}", "a reconstruction from an abstract, not the authors’ code",
        f"digits, 64-32-10 network, {shared.attrs['individuals']} individuals", f"{' and '.join(seeds)} seeds",
        "best: of least held-out loss", "average: of weights", "bars: one standard error over seeds", "of pairs in (c)",
        "all ours: the paper has no such figure",
    ]  # fmt: skip


def _over_seeds(values: xarray.DataArray) -> tuple[np.ndarray, np.ndarray]:
    return values.mean("seed").values, values.std("seed", ddof=1).values / np.sqrt(values.sizes["seed"])


def _cosines(axis: Axes, shared: xarray.Dataset, own: xarray.Dataset | None) -> None:
    generation = np.arange(1, shared.sizes["generation"] + 1)
    for run, style in STYLES.items():
        mean, error = _over_seeds(shared.cosine.sel(run=run))
        label = run if run == "independent" else f"{run} replaced" if run != "suppressed" else run
        axis.errorbar(generation, mean, error, **DOT, **style, label=label)
    if own is not None:
        mean, error = _over_seeds(own.cosine.sel(run="independent"))
        axis.errorbar(generation, mean, error, **{**DOT, **OWN}, label="own starts")
    axis.set_ylim(top=1.05)
    few_ticks(axis, 4)
    axis.set_xlabel("generation", fontsize=7)
    axis.set_ylabel("mean cosine of updates", fontsize=7)


def _replaced(axis: Axes, shared: xarray.Dataset) -> None:
    mean, error = _over_seeds(shared.replaced)
    axis.errorbar(np.arange(1, len(mean) + 1), mean, error, **DOT, **STYLES["suppressed"])
    axis.set_ylim(-0.5, shared.attrs["individuals"])
    axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    few_ticks(axis, 4)
    axis.set_xlabel("after generation", fontsize=7)
    axis.set_ylabel("individuals replaced", fontsize=7)


def _differences(axis: Axes, data: xarray.Dataset) -> None:
    """Runs side by side at each readout, each seed less its own independent mean, whose scatter they share."""
    paired = data.test_loss - data.test_loss.sel(run="independent", readout="mean")
    for place, (run, style) in enumerate(STYLES.items()):
        at = np.arange(len(READOUTS)) + APART * (place - (len(STYLES) - 1) / 2)
        axis.errorbar(at, *_over_seeds(paired.sel(run=run, readout=list(READOUTS))), **DOT, **style, linestyle="")
    axis.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    _name_readouts(axis)
    axis.set_ylabel("test loss less that of\nindependent mean (nats)", fontsize=7)


def _losses(axis: Axes, data: xarray.Dataset) -> None:
    """Where nobody is replaced all runs are one."""
    mean, error = _over_seeds(data.test_loss.sel(run="independent", readout=list(READOUTS)))
    axis.errorbar(np.arange(len(READOUTS)), mean, error, **{**DOT, **OWN, "linestyle": ""})
    log_axis(axis)
    _name_readouts(axis)
    axis.set_ylabel("test loss (nats)", fontsize=7)


def _name_readouts(axis: Axes) -> None:
    axis.set_xlim(-0.5, len(READOUTS) - 0.5)
    axis.set_xticks(range(len(READOUTS)), READOUTS)
    axis.set_xlabel("of the population", fontsize=7)


MAKERS = {"suppression": replicas, "suppression_digits": digits}
