"""Many independent single steps of one dynamics from one point."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from .._checks import check_count
from .._start import draws_at_start, initial, start_key
from .._types import Dynamics, Params

BATCH = 512


class OneSteps(NamedTuple):
    """Independent steps from one point.

    Attributes:
        displacements: proposed displacements ε, also of rejected steps, (n, N).
        accepted: whether the state moved by them, (n,).
    """

    displacements: np.ndarray
    accepted: np.ndarray


def one_step_displacements(dynamics: Dynamics, params: Params, *, draws: int, key: jax.Array) -> OneSteps:
    """Draw single steps from one point x: proposals ε and whether accepted, so that a step is ε · accepted.

    Args:
        dynamics: any ``Dynamics``, e.g. ``corr.mutation`` or ``corr.langevin``.
        params: the point x, any pytree of floating-point arrays with N numbers in all.
        draws: number n of independent steps.
        key: root key; draw i uses ``fold_in(key, i)``, also for what a dynamics draws at its start.

    Returns:
        ``OneSteps``, parameters flattened in the order of ``jax.flatten_util.ravel_pytree``.

    Raises:
        ValueError: for fewer than 2 draws.
        TypeError: if ``draws`` is not an integer.

    Example:
        >>> import corr
        >>> walk = corr.mutation(lambda x: jnp.sum(x**2), mutation_std=0.1)
        >>> steps = one_step_displacements(walk, jnp.ones(3), draws=700, key=corr.root_key(0))
        >>> steps.displacements.shape, steps.accepted.shape
        ((700, 3), (700,))

    Reference: Whitelam et al. (2021), steps 1-4.
    """
    check_count("draws", draws, least=2)
    shared = None if draws_at_start(dynamics, params) else initial(dynamics, params, key)

    def one(index: jax.Array) -> tuple[jax.Array, jax.Array]:
        mine = jax.random.fold_in(key, index)
        state = initial(dynamics, params, start_key(mine)) if shared is None else shared
        _, info = dynamics.step(mine, state)
        return ravel_pytree(info.displacement)[0], info.accepted

    together = jax.jit(lambda indices: jax.lax.map(one, indices, batch_size=BATCH))
    moved, accepted = together(jnp.arange(draws, dtype=jnp.uint32))
    return OneSteps(np.asarray(moved), np.asarray(accepted))
