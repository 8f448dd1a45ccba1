"""Figures 1, 2, S1, S2 and the fluctuation bias: the shallow network at zero temperature."""

from dataclasses import replace

from ..declaring.experiment import Experiment, Margins, Preset
from ..problems.sines import other_start, shallow_sine

fig1 = Experiment(
    name="fig1",
    title="shallow network, zero temperature: averaged mutation follows gradient descent",
    problem=shallow_sine,
    network="shallow",
    margins=Margins(weights=0.02, weights_until=3.0, loss=0.02, loss_until=8.0),
    presets={
        "smoke": Preset(1e-5, (100.0,), (8,), 16, end_time=0.5, record_every=0.125, descent_learning_rate=1e-3),
        "quick": Preset(
            1e-5, (1.0,), (24,), 400, end_time=10.0, record_every=0.25, thin=(8.0, 24), descent_learning_rate=1e-4
        ),
        "night": Preset(
            1e-5, (0.1,), (64,), 400, end_time=10.0, record_every=0.25, thin=(8.0, 64), descent_learning_rate=1e-5
        ),
        "paper": Preset(1e-5, (0.1,), (1000,), 1000, end_time=10.0, record_every=0.25, descent_learning_rate=1e-5),
    },
)

_SIZES = {
    "smoke": ((100.0, 500.0), (8, 8)),
    "quick": ((1.0, 10.0, 100.0), (24, 96, 400)),
    "night": ((0.1, 1.0, 10.0), (64, 64, 256)),
    "paper": ((0.1, 1.0, 10.0), (1000,) * 3),
}

fig2 = replace(
    fig1,
    name="fig2",
    title="shallow network, zero temperature: distance to gradient descent for several mutation scales",
    presets={
        name: replace(fig1.presets[name], step_ratios=ratios, trajectories=sizes)
        for name, (ratios, sizes) in _SIZES.items()
    },
)

figs1 = replace(
    fig1,
    name="figs1",
    title="shallow network, zero temperature: Figure 1 from another initial network",
    problem=other_start,
    network="shallow-other-start",
)

figs2 = replace(fig2, name="figs2", title="shallow network, zero temperature: loss for several mutation scales")

bias = replace(
    fig2,
    name="bias",
    title="shallow network, zero temperature: fluctuations set mutation and its twin apart from descent alike",
)
