"""The page of a row of the atlas: laws beside theory, where they end, and trajectories beside twin and descent."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import panels
from .read import StudyResult
from .settings import short, wrapped
from .style import DESCENT, MEAN, TWIN, WIDTH, band, log_across, state

COLOURS = ("#0072B2", "#CC79A7", "#E69F00")
MARKS = ("o", "s", "^")
LAWS = {"drift": "drift $v$", "noise": "noise $D$", "kappa": "$κ$"}


def page(found: StudyResult) -> panels.Panel:
    """Measured over predicted law of each scheme, where it ends, mean loss and distance beside twin and descent."""
    laws, limits, paths = (_kind(found, kind) for kind in ("law", "limit", "path"))
    rows = 1 + bool(limits) + 2 * len(paths)
    figure = Figure(figsize=(WIDTH, 0.9 + 0.16 * len(laws) + 1.25 * (rows - 1)))
    heights = [0.4 + 0.16 * len(laws), *[1.25] * (rows - 1)]
    axes = list(figure.subplots(rows, 1, height_ratios=heights, squeeze=False)[:, 0])
    numbers: dict[str, Any] = {"laws": _laws(axes[0], laws)}
    if limits:
        numbers["limits"] = _limits(axes[1], limits)
    for k, (name, data) in enumerate(paths.items()):
        loss, distance = axes[rows - 2 * len(paths) + 2 * k :][:2]
        numbers[name] = _path(loss, distance, name, data, legend=k == 0)
    for letter, axis in zip("abcdefgh", axes, strict=False):
        axis.set_title(f"({letter})", loc="left")
    handles = {handle.get_label(): handle for axis in axes for handle in axis.get_legend_handles_labels()[0]}
    figure.legend(handles=list(handles.values()), loc="outside lower center", ncols=2)
    state(figure, wrapped([
        f"preset {found.configuration['preset']}", f"{found.configuration['evaluations']} evaluations for each law",
        "bars, bands: one standard error", "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers


def _kind(found: StudyResult, kind: str) -> dict[str, Any]:
    return {name.removeprefix(f"{kind} "): data for name, data in found.parts.items() if name.startswith(f"{kind} ")}


def _laws(axis: Axes, laws: dict[str, Any]) -> dict[str, Any]:
    """Drift, noise and κ of each scheme on a linear loss over theory's."""
    numbers: dict[str, Any] = {}
    for k, (name, label) in enumerate(LAWS.items()):
        theory = np.array([float(data[f"{name}_theory"]) for data in laws.values()])
        ratio = np.array([float(data[name]) for data in laws.values()]) / theory
        error = np.array([float(data[f"{name}_error"]) for data in laws.values()]) / theory
        at = np.arange(len(laws)) + 0.25 * (k - 1)
        axis.errorbar(
            ratio, at, xerr=error, color=COLOURS[k], marker=MARKS[k], markersize=2.6, linestyle="", elinewidth=0.8,
            label=f"{label} over its law",
        )  # fmt: skip
        numbers[name] = {"ratio": ratio, "error": error, "law": theory}
    axis.axvline(1, color="black", linewidth=0.6, zorder=0)
    axis.set_yticks(range(len(laws)), list(laws))
    axis.invert_yaxis()
    axis.set_xlabel("measured / law, linear loss", fontsize=7)
    return {"schemes": list(laws), **numbers}


def _limits(axis: Axes, limits: dict[str, Any]) -> dict[str, Any]:
    """Drift at the start of Figure 1's network over its law, against σ of the mutations."""
    numbers = {}
    for k, (name, data) in enumerate(limits.items()):
        axis.errorbar(
            data.length, data.ratio, data.ratio_error, color="black", mfc=("black", "white", "0.6")[k % 3],
            marker="DvP"[k % 3], markersize=3, linewidth=0.6, elinewidth=0.8, label=f"(b) {name}",
        )  # fmt: skip
        numbers[name] = {key: data[key].values for key in ("length", "ratio", "ratio_error", "curvature")}
    axis.axhline(1, color="black", linewidth=0.6, zorder=0)
    log_across(axis)
    axis.set_ylim(0, 1.15)
    axis.set_xlabel("σ of the mutations, parameter units", fontsize=7)
    axis.set_ylabel("drift / law", fontsize=7)
    return numbers


def _path(loss: Axes, distance: Axes, name: str, data: Any, *, legend: bool) -> dict[str, Any]:
    """Mean loss and distance of mean weights against time."""
    count = np.full(data.sizes["time"], 1)
    names = ("scheme, mean", "noisy twin, mean", "noise-free descent") if legend else ("_", "_", "_")
    for key, style, label in (("loss", MEAN, names[0]), ("twin_loss", TWIN, names[1])):
        band(loss, data.time.values, data[key].values, data[f"{key}_error"].values, style, count)
        loss.plot([], [], **style, label=label)
    loss.plot(data.time, data.descent_loss, **DESCENT, label=names[2])
    loss.set_ylabel("loss $U$")
    title = f"{name}, {short(data.attrs['length'])} long, {int(data.attrs['trajectories'])} runs"
    loss.set_title(title, fontsize=7, loc="right")
    for key, style in (("to_twin", TWIN), ("to_descent", DESCENT)):
        distance.errorbar(data.time, 100 * data[key], 100 * data[f"{key}_error"], elinewidth=0.8, **style)
    distance.axhline(0, color="0.6", linewidth=0.5, zorder=0)
    distance.set_ylabel("Δ to each, %", fontsize=7)
    distance.set_xlabel("$t$ of plain descent" if data.attrs["plain"] else "$t$")
    keys = ("loss", "loss_error", "twin_loss", "twin_loss_error", "descent_loss", "to_twin", "to_twin_error",
            "to_descent", "to_descent_error", "equivalent_p")  # fmt: skip
    return {"time": data.time.values, **{key: data[key].values for key in keys}}
