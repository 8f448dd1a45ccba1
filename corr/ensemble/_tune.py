"""How many trajectories to advance together on one device: what a short timed run finds fastest."""

import time
from typing import Any

import jax

from .._keys import root_key
from .._types import Dynamics
from ._blocks import BLOCKS, FULL, choose_block
from ._layout import choose_layout
from ._simulate import simulate

STEPS, REPEATS, BLOCKS_EACH = 50, 3, 4


def fastest_block(dynamics: Dynamics, params: Any, *, devices: int | None = None) -> int:
    """The fastest block size: of 1, 2 and 4 on CPUs, which all give the same bits under 512-bit vectors.

    On accelerators of what fits (see ``choose_block``), a quarter and a sixteenth of it. Compiles each of them, so it
    takes up to half a minute: worth it before runs of many minutes.

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
    candidates, together = _candidates(dynamics, params, devices)
    probes = {block: _probe(dynamics, params, devices, block, together) for block in candidates}
    seconds = {block: next(probe) for block, probe in probes.items()}
    for _ in range(REPEATS):
        for block, probe in probes.items():
            seconds[block] = min(next(probe), seconds[block])
    return min(candidates, key=seconds.__getitem__)


def _candidates(dynamics: Dynamics, params: Any, devices: int | None) -> tuple[list[int], int]:
    """Block sizes to try, and how many trajectories of a device to advance in each trial."""
    if jax.default_backend() == "cpu":
        return [1, *reversed(BLOCKS)], BLOCKS_EACH * max(BLOCKS)
    most = choose_block(dynamics, params, FULL * (devices or jax.device_count()), devices)
    return sorted({max(1, most // part) for part in (1, 4, 16)}), most


def _probe(dynamics: Dynamics, params: Any, devices: int | None, block: int, together: int) -> Any:
    """Seconds per trajectory of ``STEPS`` steps, again and again; the first value leaves compilation out."""
    layout = choose_layout(together * choose_layout(10**6, devices).devices, devices, block)
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
