"""Figure 5: loss of the deep network, and its outputs against the target, from Figure 4's run."""

from dataclasses import replace

from .fig4 import experiment as fig4

experiment = replace(fig4, name="fig5", title="deep network, zero temperature: loss, and outputs against the target")
