"""Figure S1: as Figure 1, from another initial network."""

from .fig1 import makers

MAKERS = makers("figs1", "start (another than Figure 1’s)")
