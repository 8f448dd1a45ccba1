"""How much memory a run needs, known before it starts."""

from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import psutil

from .._start import initial_shape
from .._types import Dynamics, Params
from ._blocks import tree_bytes
from ._engine import drawn_ahead
from ._layout import Layout

PROGRAM = 500_000_000
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


class MemoryEstimate(NamedTuple):
    """Bytes a run takes at its peak on this process.

    Attributes:
        states: states of all trajectories, on the devices, in flight and on the host.
        blocks: what one block per device works on: kept activations and numbers drawn ahead.
        records: moments, losses and kept paths, with the copy a checkpoint or file takes.
        program: Python, JAX and compiled programs.
    """

    states: int
    blocks: int
    records: int
    program: int

    @property
    def total(self) -> int:
        """Sum of the parts."""
        return sum(self)

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {_size(value)}" for name, value in self._asdict().items())
        return f"{_size(self.total)} ({parts})"


def estimate_memory(
    dynamics: Dynamics, params: Params, layout: Layout, *, rows: int, kept: int, observed: int = 0
) -> MemoryEstimate:
    """Bytes of a run, from shapes alone; independent of the number of steps.

    Args:
        dynamics: what runs.
        params: start parameters.
        layout: trajectories, blocks and devices.
        rows: number of recorded times.
        kept: number of full paths kept.
        observed: bytes recorded of one trajectory at one time beside loss and acceptance.

    Returns:
        A ``MemoryEstimate``.

    Example:
        >>> from corr import choose_layout, descent
        >>> side = descent(lambda x: jnp.sum(x**2), learning_rate=0.1)
        >>> estimate_memory(side, jnp.ones(3), choose_layout(8), rows=10, kept=8).records
        4160
    """
    state = initial_shape(dynamics, params)
    size = sum(np.size(leaf) for leaf in jax.tree.leaves(params))
    width = np.dtype(jnp.result_type(*jax.tree.leaves(params))).itemsize
    states = 4 * layout.padded * tree_bytes(state._replace(tape=()))
    drawn = drawn_ahead(size * width) * size * width
    blocks = layout.devices * layout.block * (3 * tree_bytes(state.tape) + drawn)
    records = 16 * rows * size + layout.padded * rows * (width + 4 + observed) + kept * rows * size * width
    return MemoryEstimate(states, blocks, 2 * records, PROGRAM)


def check_memory(
    dynamics: Dynamics, params: Params, layout: Layout, *, rows: int, kept: int, observed: int = 0
) -> MemoryEstimate:
    """The estimate; refuses a run that does not fit into what this machine has free.

    Raises:
        ValueError: naming the numbers and the options that would help.
    """
    needed = estimate_memory(dynamics, params, layout, rows=rows, kept=kept, observed=observed)
    free = free_memory()
    if needed.total > free:
        raise ValueError(
            f"the run needs about {needed}, but {_size(free)} is free: use fewer trajectories, record fewer times,"
            " or keep fewer paths (keep=25)"
        )
    return needed


def free_memory() -> int:
    """Bytes this process may still take: free memory, or what its control group leaves."""
    free = psutil.virtual_memory().available
    if CGROUP_LIMIT.exists() and (limit := CGROUP_LIMIT.read_text(encoding="utf-8").strip()).isdigit():
        used = int(CGROUP_LIMIT.with_name("memory.current").read_text(encoding="utf-8"))
        free = min(free, int(limit) - used)
    return free


def _size(value: float) -> str:
    return f"{value / 1e9:.2g} GB" if value >= 1e8 else f"{value / 1e6:.2g} MB"
