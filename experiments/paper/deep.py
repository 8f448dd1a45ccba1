"""Figures 3, 4, 5 and S3: the deep network at zero temperature."""

from dataclasses import replace

from ..declaring.experiment import Experiment, Margins, Preset
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
        "paper": Preset(1e-4, (0.1, 1.0), (100, 100), 100, end_time=5.0, record_every=0.25),
    },
)

fig4 = replace(
    fig3,
    name="fig4",
    title="deep network, zero temperature: all weights at the end",
    presets={
        name: replace(preset, step_ratios=preset.step_ratios[:1], trajectories=preset.trajectories[:1])
        for name, preset in fig3.presets.items()
    },
)

fig5 = replace(fig4, name="fig5", title="deep network, zero temperature: loss, and outputs against the target")

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
        "paper": _BREAKDOWN,
    },
)
