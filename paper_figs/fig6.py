"""Figure 6: finite temperature; two weights, loss of the mean beside the mean loss, and Δ against n."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import stats

from corr import inference

from .parts import panels
from .parts.read import ExperimentResult, Quoted, Run
from .parts.settings import settings, short
from .parts.style import DESCENT, MEAN, TWIN, WIDTH, band, log_across, log_axis, roles_legend, state

PAPER = {"learning_rate": 1e-4, "step_ratio": 1.0, "trajectories": 1000}
PAPER_POINTS = 1000
OURS = ("end time", "start", "twin")
DRAWN_OF_LAW = ("counts", "delta", "law", "floor", "crossing")  # the power itself is drawn as it was saved
LOSS_OF_MEAN = {"linewidth": 1.6, "linestyle": (0, (1, 0.8)), "zorder": 4}


def _weights(found: ExperimentResult) -> panels.Panel:
    """The two weights that noise-free descent moves furthest, at the largest λ."""
    run = found.runs[-1]
    figure, numbers = panels.weights(run, panels.moved_furthest(run))
    roles_legend(figure, panels.drawn(run))
    return _stated(figure, numbers, [run], "weights shown")


def _stated(figure: Figure, numbers: dict[str, Any], runs: list[Run], *ours: str) -> panels.Panel:
    state(figure, settings(runs, paper=PAPER, ours=(*_points(runs[0]), *OURS, *ours)))
    return figure, panels.of_run(runs[0], numbers)


def _points(run: Run) -> list[str]:
    points = run.configuration.get("points", PAPER_POINTS)
    return [] if points == PAPER_POINTS else [f"K = {points}"]


def _losses(found: ExperimentResult) -> panels.Panel:
    """Mean loss and loss of the mean at the largest λ; at the smallest in the inset."""
    runs, means = [found.runs[-1], found.runs[0]], [found.means[-1], found.means[0]]
    figure = Figure(figsize=(WIDTH, 3.4))
    axis = figure.subplots()
    inset = axis.inset_axes((0.13, 0.1, 0.27, 0.32))
    numbers = {}
    for place, run, mean, name in ((axis, runs[0], means[0], "main"), (inset, runs[1], means[1], "inset")):
        for side, style, of_mean in (
            (run.mutation, MEAN, mean.loss["mutation"]),
            (run.twin, TWIN, mean.loss["twin"]),
        ):
            band(place, run.time, side.loss, side.loss_error, style, side.count)
            place.plot(run.time, of_mean, **{**LOSS_OF_MEAN, "color": style["color"]})
        place.plot(run.time, run.descent_loss, **DESCENT)
        numbers[name] = {
            "step_ratio": run.configuration["step_ratio"], "time": run.time, "mean_loss": run.mutation.loss,
            "mean_loss_standard_error": run.mutation.loss_error, "loss_of_mean": mean.loss["mutation"],
            "twin_mean_loss": run.twin.loss, "twin_loss_of_mean": mean.loss["twin"], "descent": run.descent_loss,
        }  # fmt: skip
    axis.set_xlabel("$t$")
    axis.set_ylabel("loss")
    axis.set_title(f"λ = {short(runs[0].configuration['step_ratio'])}")
    inset.set_title(f"λ = {short(runs[1].configuration['step_ratio'])}", fontsize=6.5)
    _legend(figure)
    return _stated(figure, numbers, runs, "place of the inset")


def _legend(figure: Figure) -> None:
    texts = {"mutation": MEAN, "twin": TWIN}
    handles = [Line2D([], [], **style, label=f"<U(x)>, {name}") for name, style in texts.items()]
    handles += [
        Line2D([], [], **{**LOSS_OF_MEAN, "color": style["color"]}, label=f"U(<x>), {name}")
        for name, style in texts.items()
    ]
    handles.append(Line2D([], [], **DESCENT, label="noise-free descent"))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _against_count(found: ExperimentResult) -> panels.Panel:
    """Δ at the end against the number of trajectories averaged: to noise-free descent, and to the averaged twin."""
    run = found.runs[-1]
    figure = Figure(figsize=(WIDTH, 3.2))
    axis = figure.subplots()
    walk, twin = (side.path[np.isfinite(side.path).all(axis=(1, 2))][:, [-1]] for side in (run.mutation, run.twin))
    counts = np.unique(np.geomspace(1, len(walk), 13).round().astype(int))
    numbers: dict[str, Any] = {"time": run.time[-1], "n": counts}
    for name, other, colour, marker in (
        ("noise-free descent", run.descent[[-1]], "black", "o"),
        ("averaged twin", twin, TWIN["color"], "D"),
    ):
        law = inference.convergence_in_trajectories(walk, other, counts=counts.tolist())
        style = {"color": colour, "marker": marker, "markersize": 3, "linestyle": "", "mfc": "none"}
        axis.plot(counts, law.delta[:, 0], label=f"Δ to {name}", **style)
        axis.plot(counts, law.law[:, 0], color=colour, linewidth=0.7)
        numbers[name] = {field: getattr(law, field) for field in DRAWN_OF_LAW}
    to_descent = numbers["noise-free descent"]
    single = float(to_descent["law"][0, 0] - to_descent["floor"][0])
    axis.plot(counts, single / counts, color="0.6", linestyle=(0, (1, 1.2)), label="expected, 1/$n$")
    own = float(twin[:, 0].var(axis=0, ddof=1).mean()) / len(twin)
    axis.axhline(own, color=TWIN["color"], linewidth=0.7, linestyle=(0, (4, 3)), label="noise of twin’s mean")
    numbers["twin_sampling_noise"] = own
    ratio = run.configuration["step_ratio"]
    power = found.numbers.get(f"λ = {ratio:g}: power of n in Δ to descent")
    numbers["power of n"] = power and power._asdict()
    axis.set_title(_said(power))
    log_across(axis)
    log_axis(axis)
    axis.set_xlabel("trajectories averaged, $n$", fontsize=7)
    axis.set_ylabel(f"Δ at $t$ = {short(run.time[-1])}")
    figure.legend(loc="outside lower center", ncols=2)
    return _stated(figure, numbers, [run])


def _said(power: Quoted | None) -> str:
    """The saved power of n with its 95 % interval, Student's over as many blocks as its count."""
    if power is None or power.count is None:
        return "too few trajectories before the floor to fit a power"
    half = float(stats.t.ppf(0.975, power.count - 1)) * power.error
    low, high = power.value - half, power.value + half
    return f"Δ to descent: power of $n$ {power.value:.3f} (95 %: {low:.3f} to {high:.3f})"


MAKERS = {"fig6a": _weights, "fig6b": _losses, "fig6c": _against_count}
