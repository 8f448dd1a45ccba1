"""How many times fewer runs do as well where they share random numbers, against time."""

from typing import Any

from matplotlib.figure import Figure

from ..parts.read import StudyResult
from ..parts.settings import short, wrapped
from ..parts.style import DESCENT, MEAN, TWIN, WIDTH, log_axis, state

GAINS = {
    "gain": (MEAN["color"], "mutation less twin, beside as many twins of own noise"),
    "over_many": (TWIN["color"], "mutation less twin, beside any number of them"),
    "antithetic": ("#0072B2", "mean of mutation and its mirror image, beside two runs"),
}


def _gains(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    """How many times fewer runs do as well where random numbers are shared or mirrored, against time."""
    figure = Figure(figsize=(WIDTH, 4.6))
    axes = figure.subplots(len(found.parts), 1)
    numbers: dict[str, Any] = {}
    for letter, axis, (name, data) in zip("ab", axes, found.parts.items(), strict=True):
        for what, (colour, label) in GAINS.items():
            bars = {"color": colour, "marker": "o", "markersize": 3, "linewidth": 1.0, "elinewidth": 0.8}
            axis.errorbar(data.time, data[what], data[f"{what}_error"], label=label, **bars)
        axis.plot(data.time, data.linear, **DESCENT, linestyle=(0, (1, 1.5)), label="the first, on a linear loss")
        axis.axhline(1, color="0.7", linewidth=0.6, zorder=0)
        log_axis(axis)
        axis.set_title(f"({letter}) {name}, λ = {short(data.attrs['step_ratio'])}", loc="left")
        axis.set_ylabel("times fewer")
        numbers[name] = {key: data[key].values for key in (*GAINS, "linear")} | {"t": data.time.values}
    axes[-1].set_xlabel("$t$")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=1)
    asked = found.configuration
    state(figure, wrapped([
        f"preset {asked['preset']}", f"{asked['trajectories']} pairs", "bars: one standard error (jackknife)",
        "all ours: the paper has no such figure",
    ]))  # fmt: skip
    return figure, numbers


MAKERS = {"pairing": _gains}
