"""Predicted regimes over σ and β, with measured one-step points on the map and their numbers below."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .parts.draw import save_figures
from .parts.read import complete
from .parts.settings import short, wrapped
from .parts.style import WIDTH, log_across, state

COLUMNS = (-0.08, -0.02, 0.07, 0.22, 0.62)
MARKERS: dict[str, dict[str, Any]] = {
    "the run's σ and β": {"marker": "s", "markersize": 7.0, "mfc": "none", "mec": "black", "zorder": 4},
    "measured, as level 3": {"marker": "o", "markersize": 3.0, "mfc": "white", "mec": "black", "zorder": 5},
    "beyond 4 s.e. of level 3": {"marker": "X", "markersize": 4.5, "mfc": "white", "mec": "black", "zorder": 5},
}
COLOURS = ("#009E73", "#99D8C9", "#F0E442", "#D55E00", "#555555")


def draw_foreseen(found: xarray.Dataset, folder: Path) -> list[Path]:
    """Draw the map of regimes of a run looked ahead to.

    Args:
        found: what ``foresee`` gives, with the attributes ``experiment`` and ``preset``.
        folder: where to write the figure validity as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the Dataset lacks something.
    """
    with complete(folder):
        whose = f"{found.attrs['experiment']}, preset {found.attrs['preset']}"
    return save_figures({"validity": partial(regimes, whose=whose)}, found, folder, folder)


def regimes(found: xarray.Dataset, whose: str) -> tuple[Figure, dict[str, Any]]:
    """The maps one below the other, and the measured steps as a table; ``whose`` names the run looked ahead to."""
    maps = [found.isel(map_time=k) for k in range(found.sizes["map_time"])]
    steps = [found.isel(step=k) for k in range(found.sizes["step"])]
    figure = Figure(figsize=(WIDTH, 1.65 * len(maps) + 0.115 * len(steps) + 1.7))
    heights = [16.5] * len(maps) + [1.15 * (len(steps) + 1)]
    *axes, below = figure.subplots(len(maps) + 1, 1, height_ratios=heights)
    for axis, one in zip(axes, maps, strict=True):
        _panel(axis, one, steps)
    for upper in axes[:-1]:
        upper.tick_params(labelbottom=False)
    axes[-1].set_xlabel("mutation scale σ", fontsize=7)
    _table(below, steps)
    handles = [Patch(color=colour, label=name) for colour, name in zip(COLOURS, found.attrs["names"], strict=True)]
    handles += [Line2D([], [], linestyle="", label=text, **style) for text, style in MARKERS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    state(figure, _caption(found, whose))
    return figure, {"regimes": [_map_numbers(one) for one in maps], "measured": [_step_numbers(one) for one in steps]}


def _map_numbers(one: xarray.Dataset) -> dict[str, Any]:
    betas = ["inf" if math.isinf(beta) else float(beta) for beta in one.beta.values]
    return {"time": float(one.map_time), "sigma": one.sigma.values, "beta": betas, "names": list(one.attrs["names"]),
            "regime": one.regime.values}  # fmt: skip


def _step_numbers(one: xarray.Dataset) -> dict[str, Any]:
    beta = float(one.step_beta)
    place = {"time": float(one.step_time), "sigma": float(one.step_sigma), "beta": "inf" if math.isinf(beta) else beta}
    return {**place, **{name: _measured(one, name) for name in ("acceptance", "drift")}, "beyond": bool(one.beyond)}


def _measured(one: xarray.Dataset, name: str) -> list[float]:
    """Value, standard error, and level 3."""
    return [float(one[f"measured_{name}{tail}"]) for tail in ("", "_error", "_theory")]


def _caption(found: xarray.Dataset, whose: str) -> str:
    parts = [
        whose, f"the run's σ = {short(found.attrs['mutation_std'])}", f"its β = {short(found.attrs['beta'])}",
        f"tolerance {found.attrs['tolerance']:g}",
    ]  # fmt: skip
    return (
        f"{wrapped(parts)}\nRegimes by level 3, exact while the loss is quadratic over a step.\n"
        "At finite β judged by the nearer of the paper's limits, s → 0 and β = ∞.\n"
        "Noise-free: by the spread at that t, not by the bias gathered on the way."
    )


def _panel(axis: Axes, one: xarray.Dataset, steps: list[xarray.Dataset]) -> None:
    sigma, betas = one.sigma.values, one.beta.values
    factor = math.sqrt(sigma[1] / sigma[0])
    across = np.r_[sigma / factor, sigma[-1] * factor]
    upward = np.arange(len(betas) + 1) - 0.5
    axis.pcolormesh(across, upward, one.regime, cmap=ListedColormap(COLOURS), vmin=-0.5, vmax=4.5, rasterized=True)
    axis.set_xlim(across[0], across[-1])
    log_across(axis)
    # Every other β, and ∞ without the one below it, whose label would touch.
    ticks = [*range(0, len(betas) - 2, 2), len(betas) - 1]
    axis.set_yticks(ticks, [short(betas[k]) for k in ticks])
    axis.set_ylabel("β", fontsize=7)
    axis.set_title(f"t = {float(one.map_time):.3g} on the noise-free path")
    own, agrees, fails = MARKERS.values()
    axis.plot(one.attrs["mutation_std"], _row(one.attrs["beta"], betas), **own)
    for number, step in enumerate(steps, start=1):
        if float(step.step_time) != float(one.map_time):
            continue
        row = _row(float(step.step_beta), betas)
        axis.plot(float(step.step_sigma), row, **(fails if step.beyond else agrees))
        white = {"facecolor": "white", "alpha": 0.85, "linewidth": 0, "pad": 0.6}
        offset = {"xytext": (0, -10 if row >= 1 else 10), "textcoords": "offset points", "ha": "center", "va": "center"}
        axis.annotate(str(number), (float(step.step_sigma), row), fontsize=6, bbox=white, zorder=6, **offset)


def _table(axis: Axes, steps: list[xarray.Dataset]) -> None:
    """The measured steps as a small table: acceptance, and drift along the gradient in units of σ."""
    axis.axis("off")
    rows = [("", "t", "σ", "acceptance (level 3)", "drift / σ (level 3)")]
    for number, step in enumerate(steps, start=1):
        acceptance, drift = (
            f"{got:.3f} ± {error:.3f} ({wanted:.3f})"
            for got, error, wanted in (_measured(step, name) for name in ("acceptance", "drift"))
        )
        rows.append((str(number), short(float(step.step_time)), short(float(step.step_sigma)), acceptance, drift))
    for k, row in enumerate(rows):
        height = 1 - (k + 0.5) / len(rows)
        for left, text in zip(COLUMNS, row, strict=True):
            axis.text(left, height, text, fontsize=6, va="center", transform=axis.transAxes)


def _row(beta: float, betas: np.ndarray) -> float:
    """Height of a β on an axis whose rows are the map's values, the last of them ∞."""
    if math.isinf(beta):
        return float(len(betas) - 1)
    return float(np.interp(math.log10(beta), np.log10(betas[:-1]), np.arange(len(betas) - 1)))
