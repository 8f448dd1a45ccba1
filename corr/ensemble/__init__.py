"""Many trajectories of one dynamics, in blocks on the available devices."""

from ._engine import Engine, simulate
from ._layout import Layout, choose_layout
from ._progress import Progress

__all__ = ["Engine", "Layout", "Progress", "choose_layout", "simulate"]
