"""Figure S2: the loss for several λ, from the runs of Figure 2."""

from dataclasses import replace

from .fig2 import experiment as fig2

experiment = replace(fig2, name="figs2", title="shallow network, zero temperature: loss for several mutation scales")
