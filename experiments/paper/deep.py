"""Figures 3, 4, 5 and S3: the deep network at zero temperature."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from corr import inference
from corr.results import Results

from ..declaring.experiment import Experiment, Margins, Preset
from ..declaring.number import Number
from ..problems.sines import deep_sine

# Descent keeps α = 1e-4: steps of 1e-3 (2.5e-4) zigzag across the stiffest directions and end, at t = 2.5, with a loss
# of 3.5e-3 (9e-5) where steps of 1e-4 reach 1e-5.
fig3 = Experiment(
    name="fig3",
    title="deep network, zero temperature: weights and loss for two mutation scales",
    problem=deep_sine,
    network="deep",
    margins=Margins(loss_until=5.0),
    relative_cost=25.0,
    presets={
        "smoke": Preset(1e-4, (20.0, 50.0), (6, 6), 6, end_time=0.2, record_every=0.1, descent_learning_rate=1e-2),
        "quick": Preset(1e-4, (1.0, 5.0), (8, 8), 8, end_time=5.0, record_every=0.25),
        "night": Preset(1e-4, (0.1, 1.0), (24, 24), 12, end_time=5.0, record_every=0.25),
        "paper": Preset(1e-4, (0.1, 1.0), (100, 100), 100, end_time=5.0, record_every=0.25),
    },
)

_LEAST = {
    name: replace(preset, step_ratios=preset.step_ratios[:1], trajectories=preset.trajectories[:1])
    for name, preset in fig3.presets.items()
}


def displacements_agree(runs: Sequence[Results]) -> Mapping[str, Number]:
    """How the mean displacement of every weight at the end correlates with that of noise-free descent and of the twin.

    Beside each correlation its ratio to what equal means would give under the same sampling noise. That is 1 for the
    twin in the limit of the theory; descent lacks the bias that fluctuations give both, so nothing is expected of it.
    """
    walk, twin, descent = runs[0].sides
    moved, twins = _moved(walk.path.values), _moved(twin.path.values)
    found: dict[str, Number] = {}
    if len(moved) < 2:
        return found
    for name, other, count, parallel in (
        ("descent", _moved(descent.path.values), len(moved), None),
        ("twin", twins, min(len(moved), len(twins)), 1.0),
    ):
        if len(other):
            one = inference.agreement(moved, other)
            found[f"correlation with {name}"] = Number(one.correlation, one.correlation_error, count)
            found[f"ratio to what equal means give, {name}"] = Number(one.ratio, one.ratio_error, count, parallel)
    return found


def _moved(paths: np.ndarray) -> np.ndarray:
    """Displacements to the last time of the trajectories that are finite there."""
    moved = paths[:, -1].astype(float) - paths[:, 0]
    return moved[np.isfinite(moved).all(axis=1)]


fig4 = replace(
    fig3,
    name="fig4",
    title="deep network, zero temperature: all weights at the end",
    presets=_LEAST,
    numbers=displacements_agree,
)

fig5 = replace(
    fig3,
    name="fig5",
    title="deep network, zero temperature: loss, and outputs against the target",
    presets=_LEAST,
)

# λα = 3e-3 must divide the time between records, so the last one stands at 4.95.
_BREAKDOWN = Preset(1e-4, (10.0, 30.0), (100, 100), 100, end_time=4.95, record_every=0.15)

figs3 = replace(
    fig3,
    name="figs3",
    title="deep network, zero temperature: breakdown at large mutation scales",
    margins=Margins(loss_until=4.95),
    breaks_down=True,
    presets={
        "smoke": Preset(1e-4, (100.0, 300.0), (6, 6), 6, end_time=0.3, record_every=0.15, descent_learning_rate=1e-2),
        "quick": replace(_BREAKDOWN, trajectories=(24, 24), twin_trajectories=24),
        # λ = 25 in place of 30 divides the records of Figure 3, whose run at λ = 1/10 so is this figure's as well.
        "night": replace(fig3.presets["night"], step_ratios=(0.1, 10.0, 25.0), trajectories=(24, 100, 100)),
        "paper": _BREAKDOWN,
    },
)
