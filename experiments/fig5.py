"""Figure 5: loss of the deep network, and its outputs against the target, at the smaller λ of Figure 3."""

from dataclasses import replace

from .fig3 import experiment as fig3

experiment = replace(
    fig3,
    name="fig5",
    title="deep network, zero temperature: loss, and outputs against the target",
    presets={
        name: replace(preset, step_ratios=preset.step_ratios[:1], trajectories=preset.trajectories[:1])
        for name, preset in fig3.presets.items()
    },
)
