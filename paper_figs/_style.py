"""Colour roles, axes, and saving with the plotted numbers beside."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ._settings import short

STYLE = Path(__file__).with_name("corr.mplstyle")
WIDTH = 3.386  # inches: 8.6 cm, one column
SINGLE = {"color": "0.75", "linewidth": 0.35, "zorder": 1}
MEAN = {"color": "#009E73", "linewidth": 2.2, "solid_capstyle": "butt", "zorder": 3}
TWIN = {"color": "#D55E00", "linewidth": 1.2, "linestyle": (0, (3, 1.6)), "zorder": 5}
GRADIENT = {"color": "black", "linewidth": 0.8, "zorder": 4}
DRAWN = 25
_ROLES = (
    (SINGLE, "mutation, {} runs"),
    (MEAN, "mutation, mean"),
    (TWIN, "noisy descent (twin), mean"),
    (GRADIENT, "gradient descent"),
)
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def ratio_colours(count: int) -> list[str]:
    """Colours of ``count`` step ratios, ascending: an order that colour-blind readers and grey prints keep."""
    shades = matplotlib.colormaps["plasma"](np.linspace(0.0, 0.78, count))
    return [to_hex(shade) for shade in shades]


def roles_legend(figure: Figure, drawn: int) -> None:
    """The four colour roles, below the axes."""
    handles = [Line2D([], [], label=text.format(drawn), **style) for style, text in _ROLES]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def state(figure: Figure, text: str) -> None:
    """Write the settings above the axes."""
    figure.suptitle(text, x=0.02, ha="left", color="0.25", linespacing=1.25)


def band(axis: Axes, across: np.ndarray, mean: np.ndarray, error: np.ndarray, style: Mapping[str, Any]) -> None:
    """A line with its band of one standard error."""
    axis.fill_between(across, mean - error, mean + error, color=style["color"], alpha=0.3, linewidth=0, zorder=2)
    axis.plot(across, mean, **style)


def log_axis(axis: Axes) -> None:
    """A logarithmic y axis whose tick labels keep the full font size."""
    axis.set_yscale("log")
    low, high = axis.get_ylim()
    decades = math.log10(high / low)
    every = LogLocator(subs=(1.0, 2.0, 5.0)) if decades < 1.5 else LogLocator(numticks=7)
    axis.yaxis.set_major_locator(every)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _power(value, plain=decades < 3)))
    axis.yaxis.set_minor_formatter(NullFormatter())


def _power(value: float, *, plain: bool) -> str:
    exponent = math.floor(math.log10(value) + 1e-9)
    if plain and exponent >= -3:
        return short(value)
    digit = round(value / 10.0**exponent)
    return f"{'' if digit == 1 else f'{digit}·'}10{str(exponent).translate(_RAISED)}"


def spread(count: int, chosen: int) -> list[int]:
    """Indices of ``chosen`` weights spread evenly over a vector of ``count``."""
    return [int(k) for k in np.linspace(0, count - 1, min(chosen, count)).round()]


def save(figure: Figure, folder: Path, name: str, numbers: Mapping[str, Any]) -> list[Path]:
    """Write ``name`` as PDF and PNG (no dates or versions inside), and every plotted array as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    pdf, png, text = (folder / f"{name}.{ending}" for ending in ("pdf", "png", "json"))
    figure.savefig(pdf, metadata={"CreationDate": None, "Creator": None, "Producer": None})
    figure.savefig(png, metadata={"Software": None})
    text.write_text(json.dumps(_plain(numbers), ensure_ascii=False, allow_nan=False), encoding="utf-8")
    return [pdf, png, text]


def _plain(value: Any) -> Any:
    """Lists, numbers and texts; numbers that are not finite become null."""
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
