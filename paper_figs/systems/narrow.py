"""Steps beside their laws, and below them wrong decisions and training in weights of few bits."""

from typing import Any

import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import WIDTH, log_across, log_axis, state
from . import laws

RULES = {"exact change": "#0072B2", "subtraction": "#D55E00"}
FILLED = {"float32": {"marker": "o", "factor": 1 / 1.06}, "its own type": {"marker": "s", "factor": 1.06}}
TYPES = {"float32": "#000000", "float16": "#009E73", "bfloat16": "#CC79A7"}
LEAST = 0.5  # decisions: where no flip is shown


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Every quantity against σ, decisions against σ, and the fall of the loss against steps."""
    steps = {name: data for name, data in found.parts.items() if not name.startswith("flips")}
    flips = {name: data for name, data in found.parts.items() if "flips" in data}
    curves = [data for data in found.parts.values() if "fall" in data]
    below = len(flips) + sum(data.sizes["value"] for data in curves)
    high, low = 0.8 + 1.45 * laws.rows(steps), 1.1 + 1.7 * -(-below // 2)
    figure = Figure(figsize=(WIDTH, 0.45 + high + low))
    halves: Any = figure.subfigures(2, 1, height_ratios=(high, low))
    said = laws.panels(halves[0], steps)
    _others(halves[1], flips, curves, laws.LETTERS[len(laws.quantities(steps)) :])
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", *said,
        "flips: 99 % intervals, arrows where none was seen", "lines: subtraction, foreseen by normal errors",
        "dashed line: losses in the type of the weights",
        laws.OURS,
    ]))  # fmt: skip
    return figure, laws.saved(found)


def _others(figure: SubFigure, flips: dict[str, xarray.Dataset], curves: list[xarray.Dataset], letters: str) -> None:
    shown = [*flips.items(), *(("training", data.isel(value=k)) for data in curves for k in range(data.sizes["value"]))]
    axes = figure.subplots(-(-len(shown) // 2), 2, squeeze=False).ravel()
    for axis, letter, (name, data) in zip(axes, letters, shown, strict=False):
        if "flips" in data:
            _decisions(axis, data)
        else:
            _course(axis, data)
        axis.set_title(f"({letter}) {name}", loc="left", fontsize=7)
    for axis in axes[len(shown) :]:
        axis.set_visible(False)
    dots = [Line2D([], [], color=color, marker=style["marker"], markersize=3, linestyle="", label=f"{rule}, {loss}")
            for rule, color in RULES.items() for loss, style in FILLED.items()]  # fmt: skip
    lines = [Line2D([], [], color=color, linewidth=1.0, label=f"{name} weights") for name, color in TYPES.items()]
    figure.legend(handles=[*dots, *(lines if curves else [])], loc="outside lower center", ncols=2)


def _decisions(axis: Axes, data: xarray.Dataset) -> None:
    """Shares of flips with their intervals; one without flips hangs from the upper end of its interval."""
    for rule, color in RULES.items():
        for loss, style in FILLED.items():
            here = data.sel(rule=rule, loss=loss)
            for at, flips, low, high in zip(data.ratio.values, here.flips.values, here.low.values, here.high.values,
                                            strict=True):  # fmt: skip
                seen = flips > 0
                rate = flips / data.attrs["draws"] if seen else high
                bars = [[rate - low if seen else 0.6 * rate], [high - rate]]
                axis.errorbar(
                    at * style["factor"], rate, bars, uplims=not seen, color=color, marker=style["marker"],
                    markersize=3 * seen, elinewidth=0.8, capsize=1.5 * (not seen),
                )  # fmt: skip
    for loss, style in FILLED.items():
        known = data.foreseen.sel(loss=loss)
        axis.plot(data.ratio, known, color=RULES["subtraction"], linewidth=0.8,
                  linestyle="-" if style["marker"] == "o" else "--", zorder=1)  # fmt: skip
    log_across(axis)
    log_axis(axis)
    axis.set_ylim(LEAST / data.attrs["draws"] / 2, 1.5)
    axis.set_xlabel("σ / median spacing", fontsize=7)
    axis.set_ylabel("share of flips", fontsize=7)


def _course(axis: Axes, data: xarray.Dataset) -> None:
    for name, color in TYPES.items():
        one = data.sel(type=name)
        axis.errorbar(data.step, one.fall, one.fall_spread, color=color, linewidth=1.0, elinewidth=0.8)
    axis.set_xlabel("steps", fontsize=7)
    axis.set_ylabel(f"fall, σ = {float(data['value']):.2g}", fontsize=7)


MAKERS = {"narrow": page}
