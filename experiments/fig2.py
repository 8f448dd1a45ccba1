"""Figure 2: the smaller the mutations, the closer averaged mutation stays to gradient descent."""

from dataclasses import replace

from .fig1 import experiment as fig1

_SIZES = {
    "smoke": ((100.0, 500.0), (8, 8)),
    "quick": ((1.0, 10.0, 100.0), (24, 96, 400)),
    "paper": ((0.1, 1.0, 10.0), (1000,) * 3),
}

experiment = replace(
    fig1,
    name="fig2",
    title="shallow network, zero temperature: distance to gradient descent for several mutation scales",
    presets={
        name: replace(fig1.presets[name], step_ratios=ratios, trajectories=sizes)
        for name, (ratios, sizes) in _SIZES.items()
    },
)
