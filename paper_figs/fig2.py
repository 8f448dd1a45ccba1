"""Figure 2: one weight, and the distance Δ(t) to noise-free descent, for several step ratios λ."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from corr import inference

from .parts import panels
from .parts.read import ExperimentResult, Run
from .parts.settings import settings, short
from .parts.style import TWIN, WIDTH, log_axis, pieces, ratio_colours, roles_legend, state

PAPER = {"learning_rate": 1e-5, "trajectories": 1000}
OURS = ("λ", "end time", "start", "twin")
POINTS = 8
DODGE = 0.01  # of the time axis, between points that would coincide
NOISE = {"linewidth": 0.9, "linestyle": (0, (1, 1.2))}


def _one_weight(found: ExperimentResult) -> panels.Panel:
    """The weight that noise-free descent moves furthest against common time, one panel for each λ."""
    runs = found.runs
    chosen = int(np.argmax(np.abs(runs[0].descent[-1] - runs[0].descent[0])))
    figure, curves = panels.weight_side_by_side(runs, chosen)
    roles_legend(figure, panels.drawn(*runs))
    shown = f"weight shown (i = {chosen}: {runs[0].labels[chosen]}, moved furthest)"
    state(figure, settings(runs, paper=PAPER, ours=(*OURS, shown)))
    return figure, panels.of_runs(runs, curves)


def _distance(found: ExperimentResult) -> panels.Panel:
    """Squared distance Δ to noise-free descent against common time, one line for each λ."""
    figure, curves = distances(found.runs)
    state(figure, settings(found.runs, paper=PAPER, ours=OURS))
    return figure, panels.of_runs(found.runs, curves)


def distances(runs: list[Run]) -> panels.Curves:
    """Δ to noise-free descent above, Δ to the noisy twin below, each beside what sampling noise alone would give."""
    curves = [_curve(run) for run in runs]
    figure = Figure(figsize=(WIDTH, 4.4))
    above, below = figure.subplots(2, 1, sharex=True, sharey=True, height_ratios=(1.4, 1))
    colours = ratio_colours(len(runs))
    for number, (run, curve, colour) in enumerate(zip(runs, curves, colours, strict=True)):
        later = curve["delta"] > 0
        time = curve["time"][later]
        above.plot(time, curve["delta"][later], color=colour)
        above.plot(time, curve["sampling_noise"][later], color=colour, **NOISE)
        curve["points"] = _points(above, curve, number, len(curves), colour)
        for part in pieces(run.twin.count[later]):
            below.plot(time[part], curve["delta_twin"][later][part], color=colour, linestyle=TWIN["linestyle"])
            below.plot(time[part], curve["sampling_noise_twin"][later][part], color=colour, **NOISE)
    for axis, title in ((above, "Δ to noise-free descent (solid)"), (below, "Δ to the averaged noisy twin (dashed)")):
        axis.set_title(title)
        axis.set_ylabel("Δ$(t)$")
    log_axis(above, bottom=_lowest(curves) / 2)
    below.set_xlabel("$t$")
    below.set_xlim(left=0.0)
    _legend(figure, runs, curves)
    return figure, curves


def _curve(run: Run) -> dict[str, Any]:
    walk, twin = run.mutation, run.twin
    noise, twin_noise = ((side.error**2).mean(axis=1) for side in (walk, twin))
    whole = walk.path[np.isfinite(walk.path).all(axis=(1, 2))]
    # The jackknife needs every trajectory that the mean is over.
    known = len(whole) >= 3 and np.all(walk.count == len(whole))
    delta = inference.delta(walk.mean, run.descent)
    return {
        "time": run.time,
        "delta": delta,
        "sampling_noise": noise,
        "unbiased": delta - noise,
        "standard_error": inference.delta_standard_error(whole, run.descent) if known else np.full(len(delta), np.nan),
        "delta_twin": inference.delta(walk.mean, twin.mean),
        "sampling_noise_twin": noise + twin_noise,
    }


def _lowest(curves: list[dict[str, Any]]) -> float:
    """The lowest line or point; long lower error bars may leave the axes."""
    drawn = [c[name] for c in curves for name in ("delta", "sampling_noise", "delta_twin", "sampling_noise_twin")]
    drawn += [
        np.where(v > e, v, v + 2 * e)[c["points"]] for c in curves for v, e in [(c["unbiased"], c["standard_error"])]
    ]
    values = np.concatenate(drawn)
    return float(values[values > 0].min(initial=np.inf))


def _points(axis: Axes, curve: dict[str, Any], number: int, of: int, colour: str) -> np.ndarray:
    """Unbiased Δ, or its upper limit, at a few times, staggered between curves; returns the indices of the times."""
    every = max(1, len(curve["time"]) // POINTS)
    at = np.arange(1 + (number * every) // of, len(curve["time"]), every)
    at = at[np.isfinite(curve["standard_error"][at])]
    aside = 0.0 if every >= of else DODGE * (number - (of - 1) / 2) * curve["time"][-1]
    time, value, error = (curve[name][at] for name in ("time", "unbiased", "standard_error"))
    panels.points_or_limits(axis, time + aside, value, error, colour)
    return at


def _legend(figure: Figure, runs: list[Run], curves: list[dict[str, Any]]) -> None:
    ratios = [short(run.configuration["step_ratio"]) for run in runs]
    colours = ratio_colours(len(runs))
    left = [Line2D([], [], color=c, label=f"λ = {r}") for c, r in zip(colours, ratios, strict=True)]
    seen = [panels.seen_or_limited(c["unbiased"][c["points"]], c["standard_error"][c["points"]]) for c in curves]
    point, limit = (any(np.any(kind) for kind in kinds) for kinds in zip(*seen, strict=True))
    marks: list[tuple[str, dict[str, Any]]] = [("Δ from sampling noise alone", NOISE)]
    if point:
        marks.append(("Δ − noise, ± 1 s.e.", {"linestyle": "", "marker": "o", "markersize": 2.8}))
    if limit:
        hollow = {"linestyle": "", "marker": "v", "markersize": 3, "mfc": "white"}
        marks.append(("upper limit, Δ − noise + 2 s.e.", hollow))
    right = [Line2D([], [], **{"color": "0.3", **style}, label=text) for text, style in marks]
    blank = Line2D([], [], linestyle="", label=" ")
    rows = max(len(left), len(right))
    columns = [entry for side in (left, right) for entry in side + [blank] * (rows - len(side))]
    figure.legend(handles=columns, loc="outside lower center", ncols=2)


MAKERS = {"fig2a": _one_weight, "fig2b": _distance}
