"""B1: exact drift, acceptance and noise of a step against s, both limits, measured; one coordinate at a time."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray
from matplotlib.figure import Figure

from . import _style
from ._read import StudyResult
from ._settings import wrapped
from ._study import draw_study

DOT = {"color": _style.MEAN["color"], "marker": "o", "markersize": 3, "linestyle": "", "zorder": 5}
EXACT = {"color": "black", "linewidth": 1.0}
LIMIT = {"color": _style.TWIN["color"], "linewidth": 1.0, "linestyle": (0, (3, 1.6))}
COLD = 1e3  # where s = ∞ is drawn


def draw(results: list[Path], folder: Path) -> list[Path]:
    """Draw the step against s, and the drift of one-coordinate mutation beside power-gradient maps.

    Args:
        results: the folder of the finished study ``drift``.
        folder: where to write drift and drift_one_coordinate, each as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    return draw_study(results[0], folder, {"drift": _against_strength, "drift_one_coordinate": _coordinate})


def _against_strength(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    data = found.parts["isotropic"]
    figure = Figure(figsize=(_style.WIDTH, 5.6))
    top, middle, bottom = figure.subplots(3, 1, sharex=True)
    s = np.minimum(data.s.values, COLD)
    for axis, names in ((top, ["drift"]), (middle, ["acceptance"]), (bottom, ["along", "across"])):
        for name in names:
            sign = -1 if name == "drift" else 1
            axis.plot(s[:-1], sign * data[f"{name}_level_1"][:-1], **EXACT)
            axis.plot(s[-2:], sign * data[f"{name}_level_1"][-2:], **{**EXACT, "linestyle": ":"})
            mark = {**DOT, "mfc": "white"} if name == "across" else DOT
            axis.errorbar(s, sign * data[name], data[f"{name}_error"], elinewidth=0.8, **mark)
    top.plot(s[:-1], s[:-1] / 2, **LIMIT)
    top.axhline(1 / np.sqrt(2 * np.pi), **{**LIMIT, "linestyle": ":"})
    top.set_yscale("log")
    top.set_ylim(3e-3, 1)
    top.set_ylabel("drift / σ")
    middle.set_ylabel("acceptance")
    bottom.set_ylabel("variance / σ²")
    bottom.text(3, 0.86, "across (open) and along\n(filled) the gradient", fontsize=6.5)
    bottom.axhline(0.5, **{**LIMIT, "linestyle": ":"})
    bottom.set_xscale("log")
    ticks = [1e-2, 1e-1, 1, 1e1, 1e2, COLD]
    bottom.set_xticks(ticks, ["0.01", "0.1", "1", "10", "100", "∞"])
    bottom.minorticks_off()
    bottom.set_xlabel("$s$ = βσ|∇$U$|")
    handles = [
        figure.axes[0].errorbar([], [], [], **DOT, label="measured"),
        *figure.axes[0].plot([], [], **EXACT, label="level 1 (exact)"),
        *figure.axes[0].plot([], [], **LIMIT, label="limit s → 0"),
        *figure.axes[0].plot([], [], **{**LIMIT, "linestyle": ":"}, label="limit s → ∞ (isotropic)"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    _style.state(figure, wrapped([
        f"preset {found.configuration['preset']}", "Figure 1’s network after noise-free descent to t = 1",
        "σ = 2.5e-5", f"{found.configuration['draws']} steps per point", "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, {str(name): data[name].values for name in data.data_vars}


def _coordinate(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    data = found.parts["one coordinate"]
    figure = Figure(figsize=(_style.WIDTH, 4.4))
    top, bottom = figure.subplots(2, 1, sharex=True)
    top.errorbar(data.s, data.drift, data.drift_error, elinewidth=0.8, label="measured", **DOT)
    top.plot(data.s, data.drift_theory, **EXACT, label="theory")
    _power_maps(top, data)
    top.set_xscale("log")
    top.set_yscale("log")
    top.set_ylim(3e-3, 3)
    top.set_ylabel("drift / (σ/N)", fontsize=7)
    bottom.errorbar(data.middle, data.exponent, data.exponent_error, elinewidth=0.8, **DOT)
    bottom.plot(data.middle, data.exponent_theory, **EXACT)
    bottom.set_ylabel("local exponent H", fontsize=7)
    bottom.set_xlabel("βσ|∂$_i U$|")
    figure.legend(loc="outside lower center", ncols=3)
    _style.state(figure, wrapped([
        f"preset {found.configuration['preset']}", "linear loss with 9 slopes", "one coordinate mutates at a time",
        f"{found.configuration['coordinate_draws']} steps", "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, {str(name): data[name].values for name in data.data_vars}


def _power_maps(axis: Any, data: xarray.Dataset) -> None:
    """sign(g)|g|^H for three H, each touching the drift where its local exponent is H."""
    s = data.s.values
    for power, dash in ((1.0, (0, (4, 1.5))), (0.5, (0, (2, 1))), (0.0, (0, (1, 1)))):
        nearest = {1.0: 0, 0.5: int(np.argmin(np.abs(data.exponent_theory.values - 0.5))), 0.0: -1}[power]
        level = float(data.drift_theory[nearest]) / s[nearest] ** power
        axis.plot(s, level * s**power, color="#0072B2", linewidth=0.8, linestyle=dash, label=f"$|g|^H$, H = {power:g}")
