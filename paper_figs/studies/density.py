"""Densities of the exact kernel, Fokker-Planck and particles, and how far the first two are apart against σ."""

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..parts.read import StudyResult
from ..parts.settings import short, wrapped
from ..parts.style import MEAN, TWIN, WIDTH, log_across, log_axis, state

KERNEL = {"color": "black", "linewidth": 0.9}
LIMIT = {"color": TWIN["color"], "linewidth": 1.0, "linestyle": (0, (3, 1.6))}
PARTICLES = {"color": MEAN["color"], "linewidth": 1.8, "alpha": 0.6, "drawstyle": "steps-mid"}
COLOURS = {("double well", "4"): "#0072B2", ("double well", "inf"): "#D55E00", ("tilted bowl", "4"): "#009E73",
           ("tilted bowl", "inf"): "#CC79A7"}  # fmt: skip


def _over_time(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Densities of the exact kernel, Fokker-Planck and particles at several times."""
    figure = Figure(figsize=(WIDTH, 5.4))
    names = list(COLOURS)
    times = found.parts["double well 4"].time.values
    axes = figure.subplots(len(names), len(times), sharex=True)
    numbers = {}
    for row, (name, beta) in zip(axes, names, strict=True):
        data = found.parts[f"{name} {beta}"]
        for k, axis in enumerate(row):
            axis.plot(data.bin, data.particles[k], **PARTICLES)
            axis.plot(data.x, data.kernel[k], **KERNEL)
            axis.plot(data.x, data.fokker_planck[k], **LIMIT)
            axis.set_xlim(-2.2, 2.2)
            axis.set_yticks([])
            axis.set_title(f"{name}, β = {short(beta)}" if k == 0 else f"$t$ = {times[k]:g}", fontsize=6)
        numbers[f"{name} {beta}"] = {key: data[key].values for key in ("x", "kernel", "fokker_planck", "particles")}
    for axis in axes[-1]:
        axis.set_xlabel("$x$")
    handles = [Line2D([], [], **style, label=text) for style, text in
               ((KERNEL, "exact kernel"), (LIMIT, "Fokker-Planck"), (PARTICLES, "particles"))]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    _state(figure, found, "σ = 0.25", f"{found.configuration['particles']} particles",
           f"left to right t = {', '.join(f'{time:g}' for time in times)}",
           "bowl: density of the first of two coordinates")  # fmt: skip
    return figure, numbers


def _against_sigma(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Distance between exact kernel and Fokker-Planck against σ."""
    figure = Figure(figsize=(WIDTH, 4.4))
    axes = figure.subplots(2, 1, sharex=True)
    numbers = {}
    for (name, beta), colour in COLOURS.items():
        data = found.parts[f"{name} {beta} against sigma"]
        style = {"color": colour, "marker": "o" if math.isinf(float(beta)) else "s", "markersize": 3}
        for axis, what in zip(axes, ("total_variation", "wasserstein"), strict=True):
            axis.plot(data.sigma, data[what], label=f"{name}, β = {short(beta)}", linewidth=0.9, **style)
        numbers[f"{name} {beta}"] = {key: data[key].values for key in ("sigma", "total_variation", "wasserstein")}
    for axis, text in zip(axes, ("total variation", "Wasserstein distance"), strict=True):
        _log(axis, text)
    axes[-1].set_xlabel("mutation scale σ", fontsize=7)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    _state(figure, found, "exact kernel against Fokker-Planck at t = 1 (β = 4) and t = 0.25 (β = ∞)")
    return figure, numbers


def _log(axis: Axes, text: str) -> None:
    log_across(axis)
    log_axis(axis)
    axis.set_ylabel(text, fontsize=7)


def _state(figure: Figure, found: StudyResult, *parts: str) -> None:
    ours = "all ours: the paper has no such figure"
    state(figure, wrapped([f"preset {found.configuration['preset']}", *parts, ours]))


MAKERS = {"density": _over_time, "density_sigma": _against_sigma}
