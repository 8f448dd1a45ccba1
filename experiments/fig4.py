"""Figure 4: every weight of the deep network at the end, at the smaller λ of Figure 3."""

from dataclasses import replace

from .fig3 import experiment as fig3

experiment = replace(
    fig3,
    name="fig4",
    title="deep network, zero temperature: all weights at the end",
    presets={
        name: replace(preset, step_ratios=preset.step_ratios[:1], trajectories=preset.trajectories[:1])
        for name, preset in fig3.presets.items()
    },
)
