"""Colour roles, axes, and saving with the plotted numbers beside."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

STYLE = Path(__file__).parents[1] / "corr.mplstyle"
WIDTH = 3.386  # inches: 8.6 cm, one column
SINGLE = {"color": "0.75", "linewidth": 0.35, "zorder": 1}
MEAN = {"color": "#009E73", "linewidth": 2.2, "solid_capstyle": "butt", "zorder": 3}
TWIN = {"color": "#D55E00", "linewidth": 1.2, "linestyle": (0, (3, 1.6)), "zorder": 5}
DESCENT = {"color": "black", "linewidth": 0.8, "zorder": 4}
LINES = (SINGLE, MEAN, TWIN, DESCENT)
DOTS = (
    {"color": "0.75", "linestyle": "", "marker": ".", "markersize": 1.2, "zorder": 1},
    {"color": MEAN["color"], "linestyle": "", "marker": "o", "markersize": 2.6, "zorder": 3},
    {
        "color": TWIN["color"],
        "linestyle": "",
        "marker": "D",
        "markersize": 2.0,
        "mfc": "white",
        "mew": 0.6,
        "zorder": 5,
    },
    DESCENT,
)
DRAWN = 25
PLAIN = 1e-3  # logarithmic axes that stay above are labelled 0.01, others 10⁻²
FEW = 30.0  # logarithmic axes over a smaller ratio have labels between the decades
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def ratio_colours(count: int) -> list[str]:
    """Colours of ``count`` step ratios, ascending: an order that colour-blind readers and grey prints keep."""
    shades = matplotlib.colormaps["plasma"](np.linspace(0.0, 0.78, count))
    return [to_hex(shade) for shade in shades]


def roles_legend(figure: Figure, drawn: int, styles: Sequence[Mapping[str, Any]] = LINES) -> None:
    """The four colour roles, below the axes."""
    texts = (f"mutation, {drawn} runs", "mutation, mean", "noisy descent (twin), mean", "noise-free descent")
    handles = [Line2D([], [], **style, label=text) for style, text in zip(styles, texts, strict=True)]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def state(figure: Figure, text: str) -> None:
    """Write the settings above the axes."""
    figure.suptitle(text, x=0.02, ha="left", color="0.25", linespacing=1.25)


def band(
    axis: Axes, across: np.ndarray, mean: np.ndarray, error: np.ndarray, style: Mapping[str, Any], count: np.ndarray
) -> None:
    """A line with its band of one standard error, broken where it becomes the mean of fewer trajectories."""
    for part in pieces(count):
        lines = (across[part], mean[part] - error[part], mean[part] + error[part])
        axis.fill_between(*lines, color=style["color"], alpha=0.3, linewidth=0, zorder=2)
        axis.plot(across[part], mean[part], **style)


def pieces(count: np.ndarray) -> list[slice]:
    """Stretches of recorded times over which as many trajectories are averaged."""
    edges = [0, *(np.flatnonzero(np.diff(count)) + 1).tolist(), len(count)]
    return [slice(first, last) for first, last in itertools.pairwise(edges)]


def few_ticks(axis: Axes, count: int) -> None:
    """At most about ``count`` intervals between ticks of the x axis, so that neighbours' labels do not meet."""
    axis.xaxis.set_major_locator(MaxNLocator(max(2, count), steps=[1, 2, 5, 10]))


def log_axis(axis: Axes, bottom: float | None = None) -> None:
    """A logarithmic y axis whose tick labels keep the full font size; 2 and 5 are labelled where decades are few."""
    axis.set_yscale("log")
    axis.set_ylim(bottom=bottom)
    _label(axis.yaxis, *axis.get_ylim())


def log_across(axis: Axes) -> None:
    """The same for the x axis."""
    axis.set_xscale("log")
    _label(axis.xaxis, *axis.get_xlim())


def _label(axis: Axis, low: float, high: float) -> None:
    few = high / low < FEW
    say = "{:g}".format if low >= PLAIN else _short if few else _power
    axis.set_major_formatter(FuncFormatter(lambda value, _: say(value)))
    between = FuncFormatter(lambda value, _: say(value) if f"{value:e}"[0] in "25" else "")
    axis.set_minor_formatter(between if few else NullFormatter())


def _short(value: float) -> str:
    digits, exponent = f"{value:.0e}".split("e")
    return f"{digits}e{int(exponent)}"


def _power(value: float) -> str:
    return f"10{str(round(math.log10(value))).translate(_RAISED)}"


def spread(count: int, chosen: int) -> list[int]:
    """Indices of ``chosen`` weights spread evenly over a vector of ``count``."""
    return [int(k) for k in np.linspace(0, count - 1, min(chosen, count)).round()]


def save(figure: Figure, folder: Path, name: str, numbers: Mapping[str, Any], shown: str) -> list[Path]:
    """Write ``name`` as PDF and PNG that tell what is ``shown``, and every plotted array as JSON; returns the files."""
    text = json.dumps(_plain(numbers), ensure_ascii=False, allow_nan=False)
    file = folder / f"{name}.json"
    pages = save_pages(figure, folder, name, shown)
    file.write_text(text, encoding="utf-8")
    return [*pages, file]


def save_pages(figure: Figure, folder: Path, name: str, shown: str) -> list[Path]:
    """Write ``name`` as PDF and PNG, inside them what is ``shown``, no dates or versions; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    pdf, png = folder / f"{name}.pdf", folder / f"{name}.png"
    # Laid out once, so that both files show the same places.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    figure.savefig(pdf, metadata={"CreationDate": None, "Creator": None, "Producer": None, "Title": shown})
    figure.savefig(png, metadata={"Software": None, "Description": shown})
    return [pdf, png]


def _plain(value: Any) -> Any:
    """Lists, numbers and texts; numbers that are not finite become null."""
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
