"""NEAT: losses at frozen links on two clocks, generations to solution, jumps, and what winners look like."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import DESCENT, WIDTH, ratio_colours, state
from . import laws

FROZEN, SOLVED, MOVES, WINNER = "frozen, ", "XOR", "add-node", "winner, "
SIGNS = {"positive": "#0072B2", "negative": "#D55E00"}
NODES = {0: ("input", "s", "white"), 1: ("hidden", "o", "0.6"), 2: ("output", "D", "black")}
POWER_MARKS = {0.5: (0, (1, 1)), 0.05: (0, (3, 1.6)), 0.01: "-"}
GOLDEN = 0.618  # its multiples modulo 1 lie apart however many
MUTATED: dict[str, Any] = {"color": "0.55", "linewidth": 0.8}
STILL = 1e-4  # changes of the loss below it are drawn in the first bin


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Two panels for each frozen topology, two of what neat-python did, and a picture of each winner."""
    frozen = {name.removeprefix(FROZEN): one for name, one in found.parts.items() if name.startswith(FROZEN)}
    shown = {name.removeprefix(WINNER): one for name, one in found.parts.items() if name.startswith(WINNER)}
    high, low = 0.4 + 1.7 * (len(frozen) + 1), 2.3
    figure = Figure(figsize=(WIDTH, 0.7 + high + low))
    halves: Any = figure.subfigures(2, 1, height_ratios=(high, low))
    axes = halves[0].subplots(len(frozen) + 1, 2, squeeze=False)
    letters = iter(laws.LETTERS)
    powers = sorted({float(power) for one in frozen.values() for power in one.power.values}, reverse=True)
    colours = dict(zip(powers, ratio_colours(len(powers)), strict=True))
    for row, (name, one) in zip(axes, frozen.items(), strict=False):
        _losses(row[0], one, colours, clock=True)
        _losses(row[1], one, colours, clock=False)
        for axis in row:
            axis.set_title(f"({next(letters)}) {name}, links frozen", loc="left", fontsize=7)
        row[0].set_ylabel("loss at the mean weights", fontsize=7)
    _solved(axes[-1, 0], found.parts[SOLVED])
    _jumps(axes[-1, 1], found.parts[MOVES])
    for axis, title in zip(axes[-1], ("XOR solved", "add-node"), strict=True):
        axis.set_title(f"({next(letters)}) {title}", loc="left", fontsize=7)
    lines = [Line2D([], [], color=colour, linewidth=1.0, label=f"power {power:g}") for power, colour in colours.items()]
    descent = Line2D([], [], **DESCENT, label="normalized descent")
    mutated = [Line2D([], [], **MUTATED, linestyle=dash, label=f"one mutation, {power:g}")
               for power, dash in POWER_MARKS.items()]  # fmt: skip
    halves[0].legend(handles=[*lines, descent, *mutated], loc="outside lower center", ncols=3, fontsize=6)
    _pictures(halves[1], shown, letters)
    sizes = found.configuration
    state(figure, wrapped([
        f"preset {sizes['preset']}", found.parts[SOLVED].attrs["version"], "bars and bands: one standard error",
        f"{sizes['runs']} starts of XOR, {sizes['digit_runs']} of digits",
        "normalized descent on the clock of the predicted speed", "widths of links in parts of the largest weight",
        laws.OURS,
    ]))  # fmt: skip
    return figure, laws.saved(found)


def _losses(axis: Axes, data: xarray.Dataset, colours: dict[float, str], *, clock: bool) -> None:
    """Mean over starts, against generation × power or generations alone."""
    runs = data.sizes["run"]
    for power in data.power.values:
        loss = data.loss.sel(power=power)
        mean, error = loss.mean("run").values, loss.std("run", ddof=1).values / np.sqrt(runs)
        across = data["product"].values / (1.0 if clock else power)
        colour = colours[float(power)]
        axis.plot(across, mean, color=colour, linewidth=1.0, marker="o", markersize=1.6)
        axis.fill_between(across, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
    if clock:
        axis.plot(data["product"], data.descent.mean("run"), **DESCENT)
        axis.set_xlabel("generation × power", fontsize=7)
    else:
        axis.set_xscale("symlog", linthresh=1)
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_xlabel("generation", fontsize=7)
    axis.set_ylim(bottom=0)


def _solved(axis: Axes, data: xarray.Dataset) -> None:
    """Seeds by the generation that reached the goal; unsolved ones hang at the end."""
    done = np.sort(data.generation.dropna("seed").values)
    share = np.arange(1, len(done) + 1) / data.sizes["seed"]
    axis.step(np.r_[0, done, data.attrs["allowed"]], np.r_[0, share, share[-1:] if len(done) else 0], where="post",
              color="black", linewidth=1.0)  # fmt: skip
    axis.plot(done, share, "o", color="black", markersize=2.5)
    axis.set_ylim(0, 1.08)
    axis.set_xlabel("generation", fontsize=7)
    axis.set_ylabel("share of seeds solved", fontsize=7)


def _jumps(axis: Axes, data: xarray.Dataset) -> None:
    """Shares of moves at least so large, and the mean size of one mutation of all weights."""
    sizes = np.sort(np.maximum(np.abs(data.jump.values.ravel()), STILL))
    share = 1 - np.arange(len(sizes)) / len(sizes)
    axis.step(sizes, share, where="pre", color="black", linewidth=1.0)
    for power, dash in POWER_MARKS.items():
        if power in data.power.values:
            axis.axvline(float(data.mutation.sel(power=power).mean()), **MUTATED, linestyle=dash)
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(numticks=4))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_ylim(0, 1.08)
    axis.set_xlabel("|change of the loss|", fontsize=7)
    axis.set_ylabel("share at least as large", fontsize=7)


def _pictures(figure: SubFigure, shown: dict[str, xarray.Dataset], letters: Any) -> None:
    axes = figure.subplots(1, len(shown), squeeze=False)[0]
    for axis, (name, one) in zip(axes, shown.items(), strict=True):
        _network(axis, one)
        axis.set_title(f"({next(letters)}) {name}", loc="left", fontsize=7)
    links = [Line2D([], [], color=colour, linewidth=1.5, label=f"{sign} weight") for sign, colour in SIGNS.items()]
    dot: dict[str, Any] = {"linestyle": "", "markeredgecolor": "black", "markersize": 4}
    nodes = [Line2D([], [], marker=mark, color=colour, label=title, **dot) for title, mark, colour in NODES.values()]
    figure.legend(handles=[*links, *nodes], loc="outside lower center", ncols=3, fontsize=6)


def _network(axis: Axes, data: xarray.Dataset) -> None:
    """Nodes by layer from left to right, links by sign and size."""
    layers, kinds, weights = data.layer.values, data.kind.values, data.weight.values
    across, up = _places(layers, kinds)
    largest = np.abs(weights).max(initial=0.0) or 1.0
    for source, to, weight in zip(data.source.values, data.to.values, weights, strict=True):
        colour = SIGNS["positive" if weight > 0 else "negative"]
        axis.plot(across[[source, to]], up[[source, to]], color=colour, zorder=1,
                  linewidth=0.4 + 2.6 * abs(weight) / largest, solid_capstyle="butt")  # fmt: skip
    for kind, (_, marker, colour) in NODES.items():
        mine = kinds == kind
        axis.scatter(
            across[mine], up[mine], s=22, marker=marker, c=colour, edgecolors="black", linewidths=0.6, zorder=2
        )
    axis.set_xlim(-0.12, 1.12)
    axis.set_ylim(-0.06, 1.06)
    axis.set_axis_off()


def _places(layers: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Layers evenly from left to right, outputs last; hidden nodes at heights of their own, so that links lie apart."""
    last = max(int(layers.max()), 1)
    column = np.where(kinds == 2, last, layers)
    up = np.zeros(len(layers))
    for kind in (0, 2):
        count = int((kinds == kind).sum())
        up[kinds == kind] = (np.arange(count) + 0.5) / count
    up[kinds == 1] = GOLDEN * np.arange(1, 1 + (kinds == 1).sum()) % 1
    return column / last, up


MAKERS = {"neat": page}
