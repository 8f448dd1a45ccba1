"""PathNet: generations of every way to learn a second task, of two ways to train weights, and the tournament's laws."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import MEAN, WIDTH, state
from . import laws

LEVEL, COUNTED = 0.95, ("second task", "weights")
REPEAT = {"color": "0.65", "marker": "o", "markersize": 2, "linestyle": "", "zorder": 1}


def page(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Laws above, generations below."""
    others = {name: data for name, data in found.parts.items() if name in COUNTED}
    page_laws = {name: data for name, data in found.parts.items() if name not in COUNTED}
    high = 1.75 * laws.rows(page_laws) + 0.4
    figure = Figure(figsize=(WIDTH, 3.4 + high))
    halves: Any = figure.subfigures(2, 1, height_ratios=(high, 2.6))
    said = laws.panels(halves[0], page_laws)
    axes = halves[1].subplots(1, len(others), squeeze=False, width_ratios=(3, 2)[: len(others)])[0]
    letters, numbers = laws.LETTERS[len(laws.quantities(page_laws)) :], {}
    for axis, letter, (name, data) in zip(axes, letters, others.items(), strict=False):
        numbers[name] = _generations(axis, data)
        axis.set_title(f"({letter}) {name}", loc="left", fontsize=7)
    sizes = found.configuration
    state(figure, wrapped([
        f"preset {sizes['preset']}", "generations until the threshold is reached",
        "grey: single repeats, which count as all allowed where it is not",
        f"dots below: means and {100 * LEVEL:g} % intervals", *said, laws.OURS,
    ]))  # fmt: skip
    return figure, numbers | {name: arrays for name, arrays in laws.saved(found).items() if name in page_laws}


def _generations(axis: Axes, data: xarray.Dataset) -> dict[str, Any]:
    ways, values = list(data.way.values), data.generations.transpose("way", "repeat").values.astype(float)
    count = values.shape[1]
    mean, error = values.mean(axis=1), values.std(axis=1, ddof=1) / np.sqrt(count)
    reach = float(stats.t.ppf((1 + LEVEL) / 2, count - 1)) * error
    for place, row in enumerate(values):
        axis.plot(row, np.full(count, place) + np.linspace(-0.25, 0.25, count), **REPEAT)
    axis.errorbar(mean, np.arange(len(ways)), xerr=reach, color=MEAN["color"], marker="o", markersize=4, linestyle="",
                  elinewidth=1.2, zorder=5)  # fmt: skip
    axis.set_yticks(range(len(ways)), ways, fontsize=6)
    axis.invert_yaxis()
    axis.set_xlim(0, 1.05 * values.max())
    axis.set_xlabel("generations", fontsize=7)
    return {"way": np.array(ways), "mean": mean, "standard_error": error}


MAKERS = {"pathnet": page}
