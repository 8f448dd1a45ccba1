"""B3b: the fluctuation bias of averaged mutation and of its averaged twin, from the runs of Figure 2."""

from dataclasses import replace

from .fig2 import experiment as fig2

experiment = replace(
    fig2,
    name="bias",
    title="shallow network, zero temperature: fluctuations set mutation and its twin apart from descent alike",
)
