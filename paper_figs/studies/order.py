"""Distance to noise-free descent against λα at β = ∞, against β, and against λα at fixed β."""

from typing import Any

import numpy as np
import xarray
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..parts.read import StudyResult
from ..parts.settings import wrapped
from ..parts.style import MEAN, TWIN, WIDTH, log_across, log_axis, state

MUTATION = {"color": MEAN["color"], "marker": "o", "markersize": 3.5, "linestyle": "", "zorder": 5}
TWINS = {"color": TWIN["color"], "marker": "D", "markersize": 3, "mfc": "white", "linestyle": "", "zorder": 4}
FLOOR = {"color": TWIN["color"], "alpha": 0.4, "linewidth": 0}
LEVEL_1 = {"color": "black", "linewidth": 0.9, "linestyle": (0, (2.5, 1.2)), "label": "twin, level 1", "zorder": 3}


def _panels(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """Unbiased Δ to noise-free descent against λα at β = ∞, against β, and against λα at fixed β."""
    figure = Figure(figsize=(WIDTH, 6.0))
    panels = figure.subplots(3, 1)
    cold, warm = _gather(found, "cold mutation"), _gather(found, "warm mutation")
    level_1 = _gather(found, "warm corrected")
    exact = level_1.isel(run=_scanned(found, level_1))
    panels[1].plot(exact.beta, exact.away, **LEVEL_1)
    numbers = {
        "cold": _panel(panels[0], cold, found.parts["cold twins"], "step_time"),
        "warm": _panel(panels[1], warm.isel(run=_scanned(found, warm)), found.parts["warm twins"], "beta"),
        "floor": _floor(panels[2], warm, found.parts["warm twins"], level_1),
    }
    panels[0].set_xlabel("λα, at β = ∞ (Figure 1’s network, $t$ = 1)", fontsize=7)
    step_time = found.configuration["warm_step_time"]
    panels[1].set_xlabel(f"β, at βσ² = {2 * step_time:g} (curved valley, $t$ = 1)", fontsize=7)
    panels[2].set_xlabel("λα, at β = 20 (curved valley, $t$ = 1)", fontsize=7)
    for axis in panels:
        axis.set_ylabel("unbiased Δ, of squared\ndistance travelled", fontsize=7)
    handles = [*panels[1].get_legend_handles_labels()[0], Patch(**FLOOR, label="floor foreseen by the twin")]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    sizes = found.configuration
    state(figure, wrapped([
        f"preset {sizes['preset']}",
        f"n = {sizes['cold_mutation']} mutation and {sizes['cold_twins']} twins at β = ∞",
        f"{sizes['warm_mutation']} and {sizes['warm_twins']} at finite β",
        "bars: one standard error", "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers


def _gather(found: StudyResult, kind: str) -> xarray.Dataset:
    data = xarray.concat([part for name, part in found.parts.items() if name.startswith(kind)], "run")
    return data.sortby(["beta", "step_time"])


def _scanned(found: StudyResult, warm: xarray.Dataset) -> np.ndarray:
    return np.flatnonzero(np.isclose(warm.step_time, found.configuration["warm_step_time"]))


def _panel(axis: Axes, walks: xarray.Dataset, twins: xarray.Dataset, x: str) -> dict[str, Any]:
    """Mutation and twins with a line of slope 2 (or -2) through the twin that is known best."""
    numbers = {}
    across, down = twins[x].values, 2 if x == "step_time" else -2
    best = int(np.argmin(twins.error.values / np.abs(twins.away.values)))
    line = float(twins.away[best]) * (across / across[best]) ** down
    axis.plot(across, line, color="0.5", linewidth=0.8, label="slope 2")
    for name, data, style in (("twin", twins, TWINS), ("mutation", walks, MUTATION)):
        axis.errorbar(data[x], data.away, data.error, elinewidth=0.8, label=name, **style)
        numbers[name] = {x: data[x].values, "away": data.away.values, "error": data.error.values}
    log_across(axis)
    log_axis(axis)
    return numbers


def _floor(axis: Axes, warm: xarray.Dataset, twins: xarray.Dataset, level_1: xarray.Dataset) -> dict[str, Any]:
    beta = 20.0
    exact = level_1.isel(run=np.flatnonzero(np.isclose(level_1.beta, beta))).sortby("step_time")
    axis.plot(exact.step_time, exact.away, **LEVEL_1)
    walks = warm.isel(run=np.flatnonzero(np.isclose(warm.beta, beta)))
    twin = twins.isel(run=int(np.argmin(np.abs(twins.beta.values - beta))))
    low, high = float(twin.away - twin.error), float(twin.away + twin.error)
    axis.axhspan(low, high, **FLOOR)
    axis.errorbar(walks.step_time, walks.away, walks.error, elinewidth=0.8, **MUTATION)
    log_across(axis)
    log_axis(axis)
    return {"step_time": walks.step_time.values, "away": walks.away.values, "error": walks.error.values,
            "level_1": exact.away.values, "twin": [float(twin.away), float(twin.error)]}  # fmt: skip


MAKERS = {"order": _panels}
