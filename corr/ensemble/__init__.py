"""Many trajectories of one dynamics, in blocks on the available devices."""

from ._engine import Counts, Engine
from ._layout import Layout, choose_layout
from ._progress import Progress
from ._simulate import Snapshot, simulate
from ._tune import fastest_block

__all__ = ["Counts", "Engine", "Layout", "Progress", "Snapshot", "choose_layout", "fastest_block", "simulate"]
