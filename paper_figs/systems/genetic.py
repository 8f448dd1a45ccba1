"""Speed of a genetic algorithm beside its own chain, noise and κ against the population, and its path."""

from typing import Any

import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import DESCENT, MEAN, TWIN, WIDTH, log_across, log_axis, state

COLOURS = ("#0072B2", MEAN["color"])  # the smaller and the larger population
SHIFT = (0.94, 1.06)  # so that bars of two populations do not lie on one another
LAW = {"linewidth": 0, "alpha": 0.25}
DOT = {"marker": "o", "markersize": 3, "linestyle": "", "elinewidth": 0.8, "zorder": 5}
KNOWN = {"color": "black", "linewidth": 0.9}
CHAIN = {"color": "black", "marker": "_", "markersize": 9, "markeredgewidth": 0.8, "linestyle": "", "zorder": 6}
KINDS = ("no crossover", "uniform crossover")
TITLES = {"noise": "p = 0.5", "kappa": "p = 0.5", "path": "n = 10, p = 0.5"}


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Speed against the share with and without crossover; noise and κ against the population; the averaged path."""
    kinds = [kind for kind in KINDS if any(name.startswith(kind) for name in found.parts)]
    below = ["noise", "kappa"] + ["path"] * ("path" in found.parts)
    figure = Figure(figsize=(WIDTH, 6.6 if "path" in found.parts else 4.2))
    rows: list[Any] = [kinds * (3 - len(kinds)), below[:2], *([name] * 2 for name in below[2:])]
    axes = figure.subplot_mosaic(rows)
    for kind in kinds:
        _speeds(axes[kind], found, kind)
    noise = found.parts["noise"]
    _noise(axes["noise"], noise)
    _kappa(axes["kappa"], noise)
    if "path" in found.parts:
        _path(axes["path"], found.parts["path"])
    for letter, name in zip("abcde", [*kinds, *below], strict=False):
        axes[name].set_title(f"({letter}) {TITLES.get(name, name)}", loc="left")
    figure.legend(handles=_handles(axes, kinds, below), loc="outside lower center", ncols=2)
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", "truncation to a share p", "linear loss, σ = 1",
        *_laws(kinds), f"{found.configuration['draws']} runs", *_network(found),
        "bars: one standard error", "all ours: the paper has no such figure",
    ]))  # fmt: skip
    saved = {name: {str(key): data[key].values for key in data.variables} for name, data in found.parts.items()}
    return figure, saved


def _laws(kinds: list[str]) -> list[str]:
    """What bounds the bands of each panel of speeds."""
    laws = {
        KINDS[0]: "front with and without its term for n",
        KINDS[1]: "closure and recursion without inheritance, 50 parameters",
    }
    return [f"bands in ({letter}): {laws[kind]}" for letter, kind in zip("ab", kinds, strict=False)]


def _network(found: StudyResult) -> list[str]:
    runs = [data.attrs["trajectories"] for name, data in found.parts.items() if name == "path"]
    return [f"(e): Figure 1’s network, {count} runs" for count in runs]


def _speeds(axis: Axes, found: StudyResult, kind: str) -> None:
    """One colour for each population: a band between two formulas, its chain, and what was measured."""
    sides = sorted(
        (data for name, data in found.parts.items() if name.startswith(kind)), key=lambda one: one.attrs["population"]
    )
    for data, colour, shift in zip(sides, COLOURS, SHIFT, strict=False):
        one = data.sortby("share")
        across = one.share.values
        if len(across) > 1:
            axis.fill_between(across, one.slowest, one.fastest, color=colour, **LAW)
        else:
            axis.plot(across.repeat(2), [one.slowest[0], one.fastest[0]], color=colour, linewidth=4, alpha=0.25)
        shift = shift if len(across) > 1 else 1.0
        axis.plot(across * shift, one.speed_theory, **CHAIN)
        axis.errorbar(
            across * shift, one.speed, one.speed_error, color=colour, **DOT, label=f"n = {one.attrs['population']}"
        )
    axis.set_xlim(0.04, 0.64)
    log_across(axis)
    axis.minorticks_off()
    shares = [float(share) for share in sides[0].share]
    axis.set_xticks(shares, [f"{share:g}" for share in shares])
    axis.set_ylim(0, 1.05 * max(float(data.fastest.max()) for data in sides))
    axis.set_xlabel("share $p$ selected", fontsize=7)
    axis.set_ylabel("speed / σ per generation", fontsize=7)


def _noise(axis: Axes, data: xarray.Dataset) -> None:
    axis.axhline(1.0, **KNOWN)
    axis.errorbar(data.population, data.noise, data.noise_error, color=TWIN["color"], **DOT)
    _populations(axis, data)
    low, high = (float(edge) for edge in ((data.noise - data.noise_error).min(), (data.noise + data.noise_error).max()))
    reach = 1.6 * max(high - 1, 1 - low, 0.05)
    axis.set_ylim(1 - reach, 1 + reach)
    axis.set_ylabel("noise across / σ² per gen.", fontsize=7)


def _kappa(axis: Axes, data: xarray.Dataset) -> None:
    axis.plot(data.population, data.kappa_theory, **KNOWN, marker="_")
    axis.errorbar(data.population, data.kappa, data.kappa_error, color=TWIN["color"], **DOT)
    _populations(axis, data)
    if data.sizes["population"] > 1:
        log_axis(axis)
        axis.minorticks_off()
        axis.set_yticks(data.kappa_theory.values, [f"{float(one):.3g}" for one in data.kappa_theory])
    else:
        axis.set_ylim(bottom=0)
    axis.set_ylabel("κ", fontsize=7)


def _populations(axis: Axes, data: xarray.Dataset) -> None:
    counts = data.population.values
    axis.set_xscale("log")
    axis.minorticks_off()
    axis.set_xticks(counts, [str(count) for count in counts])
    axis.set_xlim(counts.min() / 1.3, counts.max() * 1.3)
    axis.set_xlabel("population $n$", fontsize=7)


def _path(axis: Axes, data: xarray.Dataset) -> None:
    axis.plot(data.time, data.descent_loss, **DESCENT)
    axis.plot(data.time, data.twin_loss, **TWIN)
    axis.errorbar(data.time, data.loss, data.loss_error, color=MEAN["color"], **DOT)
    axis.set_xlabel("$t$ (distance of normalized descent)", fontsize=7)
    axis.set_ylabel("mean loss $U$", fontsize=7)


def _handles(axes: dict[str, Axes], kinds: list[str], below: list[str]) -> list[Any]:
    """What each colour and line is, once."""
    first = axes[kinds[0]]
    handles = list(first.get_legend_handles_labels()[0])
    empty = axes[below[0]]
    handles += [
        Patch(color=COLOURS[0], **LAW, label="between two formulas for n"),
        *empty.plot([], [], **CHAIN, label="the population’s own chain"),
        empty.errorbar([], [], [], color=TWIN["color"], **DOT, label="measured, p = 0.5"),
        *empty.plot([], [], **KNOWN, label="theory: 1, and n/v²"),
    ]
    if "path" in below:
        last = axes["path"]
        handles += [
            last.errorbar([], [], [], color=MEAN["color"], **DOT, label="genetic, mean"),
            *last.plot([], [], **TWIN, label="noisy descent (twin)"),
            *last.plot([], [], **DESCENT, label="noise-free descent"),
        ]
    return handles


MAKERS = {"genetic": page}
