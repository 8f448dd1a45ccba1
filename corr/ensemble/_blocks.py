"""How many trajectories a device advances together, from what a step works on and where that should stay."""

import os
from typing import Any

import jax
import numpy as np

from .._start import initial_shape
from .._types import Dynamics, Params

# Blocks and how many second-level caches their working sets may take; on two cores of an AMD EPYC (1 MiB each):
# beyond one, 4 costs what 2 does, or twice that while others use the third level; 2 beats 1 by a tenth in the paper's
# deep network (8 MiB) and loses from 16 MiB on (306 against 193 µs a step, shallow, M = 1000, K = 1000).
BLOCKS = {4: 1, 2: 12}
USUAL_CACHE = 1 << 20
USUAL_MEMORY = 8 << 30
SHARE = 4  # of an accelerator's memory, the part that a block may take
FULL = 4096  # trajectories that fill an accelerator whatever the network is


def choose_block(dynamics: Dynamics, params: Params, trajectories: int, devices: int | None = None) -> int:
    """Trajectories per block of a run that is not told.

    On CPUs 4, 2 or 1 by what a step works on and the second-level cache of a core, whatever the number of trajectories
    and devices, on which no bit of a result may depend. On accelerators all of a device's share, or what a quarter of
    its memory holds.

    Args:
        dynamics: what is to run.
        params: start parameters of one trajectory.
        trajectories: number of trajectories.
        devices: number of devices, None for all.

    Returns:
        A block size for ``choose_layout``.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import mutation
        >>> walk = mutation(lambda x: jnp.sum(x**2), mutation_std=0.1)
        >>> choose_block(walk, jnp.ones(3), 1000), choose_block(walk, jnp.ones(1_000_000), 1000)
        (4, 1)
    """
    device, each = jax.local_devices()[0], working_set(dynamics, params)
    if device.platform == "cpu":
        return cached_block(each, cache_bytes())
    share = -(-trajectories // (devices or jax.device_count()))
    return wide_block(each, share, (device.memory_stats() or {}).get("bytes_limit", USUAL_MEMORY))


def cached_block(each: int, cache: int) -> int:
    """The largest of ``BLOCKS`` whose working sets of ``each`` bytes take no more caches than it may; else 1."""
    return next((block for block, caches in BLOCKS.items() if block * each <= caches * cache), 1)


def wide_block(each: int, share: int, memory: int) -> int:
    """All ``share`` trajectories of a device, at most 4096, at most what a quarter of its ``memory`` bytes holds."""
    return max(1, min(share, FULL, memory // SHARE // max(each, 1)))


def working_set(dynamics: Dynamics, params: Params) -> int:
    """Bytes that a step of one trajectory reads and writes: position and proposal, old and new tape.

    Where it follows a gradient, also what the backward pass reads.
    """
    state = initial_shape(dynamics, params)
    bytes_read = 2 * tree_bytes((state.position, state.tape))
    loss = dynamics.loss
    if loss is not None and dynamics.facts.get("gradient"):
        bytes_read += tree_bytes(jax.eval_shape(lambda at: jax.vjp(loss, at)[1], params))
    return bytes_read


def cache_bytes() -> int:
    """Second-level cache of a core, 1 MiB where the system does not say; the processes of a group must agree."""
    if jax.process_count() > 1:
        return USUAL_CACHE
    try:
        return os.sysconf("SC_LEVEL2_CACHE_SIZE") or USUAL_CACHE
    except (AttributeError, ValueError, OSError):  # Windows; macOS has no such name
        return USUAL_CACHE


def tree_bytes(tree: Any) -> int:
    """Bytes of all arrays of a tree, or of their shapes."""
    return sum(int(np.prod(leaf.shape)) * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
