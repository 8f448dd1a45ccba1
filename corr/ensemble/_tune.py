"""How many trajectories to advance together on one device: what a short timed run finds fastest."""

import time
from typing import Any

from .._keys import root_key
from .._types import Dynamics
from ._layout import BLOCK, choose_layout
from ._simulate import simulate

CANDIDATES = (1, 2, BLOCK)
STEPS, REPEATS, BLOCKS_EACH = 50, 3, 4


def fastest_block(dynamics: Dynamics, params: Any, *, devices: int | None = None) -> int:
    """The fastest block size of 1, 2 and 4, which all give the same bits under 512-bit vectors.

    Compiles each of them, so it takes up to half a minute: worth it before runs of many minutes.

    Args:
        dynamics: what is to run.
        params: start parameters.
        devices: number of devices, None for all.

    Returns:
        A block size for ``run`` and ``choose_layout``.

    Raises:
        ValueError: if more devices are asked for than there are.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import mutation
        >>> fastest_block(mutation(lambda x: jnp.sum(x**2), mutation_std=0.1), jnp.ones(3)) in (1, 2, 4)
        True
    """
    probes = {block: _probe(dynamics, params, devices, block) for block in CANDIDATES}
    seconds = {block: next(probe) for block, probe in probes.items()}
    for _ in range(REPEATS):
        for block, probe in probes.items():
            seconds[block] = min(next(probe), seconds[block])
    return min(CANDIDATES, key=seconds.__getitem__)


def _probe(dynamics: Dynamics, params: Any, devices: int | None, block: int) -> Any:
    """Seconds per trajectory of ``STEPS`` steps, again and again; the first value leaves compilation out."""
    layout = choose_layout(BLOCKS_EACH * BLOCK * choose_layout(10**6, devices).devices, devices, block)
    marks = range(0, STEPS * (REPEATS + 3), STEPS)
    run = simulate(
        dynamics, params, trajectories=layout.padded, key=root_key(0), record_at=marks, layout=layout,
        refresh_every=STEPS,
    )  # fmt: skip
    next(run)
    next(run)
    while True:
        begun = time.perf_counter()
        next(run)
        yield (time.perf_counter() - begun) / layout.padded
