"""Does one mutation at the start go as far as the twin? Asked where the caller has matched them."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ._keys import Stream, trajectory_key
from ._precision import wide
from ._referee import QUICKLY
from ._timing import Clock
from ._told import warn
from ._types import Dynamics, Params
from .dynamics._descent import unit

DRAWS, BATCH, LEVELS = 1024, 64, 64
DRIFT_OFF, NOISE_OFF = 0.25, 2.0
SURE = 5  # standard errors


def warn_if_unmatched(
    walk: Dynamics, params: Params, key: jax.Array, clock: Clock, measure: Any, moments: Callable[..., Any]
) -> None:
    """Say where mean or size of a mutation at the start is not what the twin does in λα.

    The mean along the gradient may be off by a quarter, the mean square by a factor of two, each with five standard
    errors more.

    Args:
        walk: the mutation side, with ``loss``, ``accept`` and ``halves``.
        params: the start.
        key: root key; the draws have a stream of their own.
        clock: the clock of the comparison.
        measure, moments: as ``langevin`` takes them.
    """
    flat, unravel = ravel_pytree(params)
    loss: Any = walk.loss
    gradient = jax.grad(lambda at: loss(unravel(at)))(flat).astype(wide(flat.dtype))
    if not (bool(jnp.all(jnp.isfinite(gradient))) and bool(jnp.any(gradient != 0))):
        return
    direction = unit(gradient)
    measured = () if measure is None else (measure(lambda at: loss(unravel(at)), flat),)
    drift, factor = moments(gradient, *measured)
    noise = jax.random.normal(trajectory_key(key, Stream.FLIP_CHECK, DRAWS), (BATCH, flat.size), gradient.dtype)
    scaled = math.sqrt(clock.step_time) / clock.mutation_std * jax.vmap(factor)(noise)
    spread = float(jnp.mean(jnp.sum(scaled**2, axis=1)))
    along, square = (np.asarray(part, float) for part in _steps(walk, params, key, direction, clock.mutation_std))
    wanted = -float(clock.step_time / clock.mutation_std * drift @ direction)
    moved, unsure = _estimate(-along)
    if not abs(moved - wanted) <= DRIFT_OFF * abs(wanted) + SURE * unsure:
        warn(
            f"at the start one mutation moves {moved:.3g} ± {unsure:.1g} mutation_std down the gradient, the twin"
            f" {wanted:.3g} in lambda alpha = {clock.step_time:.6g}: the proposal, rule, beta or twin_moments given do"
            f" not fit step_ratio {clock.step_ratio:.6g}",
            stacklevel=3,
        )
    size, unsure = _estimate(square)
    room = SURE * unsure
    if not spread / NOISE_OFF - room <= size <= NOISE_OFF * spread + room:
        warn(
            f"at the start the mean square of a mutation is {size:.3g} ± {unsure:.1g} mutation_std², that of the twin's"
            f" noise {spread:.3g} in lambda alpha = {clock.step_time:.6g}, expected about the same: give twin_moments"
            " with the noise of this proposal and rule",
            stacklevel=3,
        )


def _estimate(values: np.ndarray) -> tuple[float, float]:
    """Mean and its standard error."""
    return float(np.mean(values)), float(np.std(values) / np.sqrt(len(values)))


def _steps(
    walk: Dynamics, params: Params, key: jax.Array, direction: jax.Array, unit_length: float
) -> tuple[jax.Array, jax.Array]:
    """Mean step along a direction and mean squared step, shapes (draws,), of a proposal and its mirror image.

    Symmetric laws draw both as often, and their average has no part that does not depend on acceptance. Each is decided
    by uniform numbers from every one of 64 equal parts of [0, 1].
    """
    assert walk.halves is not None and walk.accept is not None
    draw, advance = walk.halves
    accept, state = walk.accept, walk.init(params)

    def one(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        drawing, jitter = jax.random.split(key)
        proposed, uniform = draw(drawing, params)
        numbers = (jnp.arange(LEVELS, dtype=direction.dtype) + jax.random.uniform(jitter, (), direction.dtype)) / LEVELS

        def tried(proposal: Params) -> tuple[jax.Array, jax.Array]:
            info = advance((proposal, uniform), state)[1]
            step = ravel_pytree(info.displacement)[0].astype(direction.dtype) / unit_length
            chance = jnp.mean(jax.vmap(accept, (None, 0))(info.loss_change, numbers), dtype=direction.dtype)
            return chance * (step @ direction), chance * (step @ step)

        (here, size), (there, other) = tried(proposed), tried(jax.tree.map(jnp.negative, proposed))
        return (here + there) / 2, (size + other) / 2

    keys = jax.vmap(lambda number: trajectory_key(key, Stream.FLIP_CHECK, number))(jnp.arange(DRAWS))
    return jax.jit(lambda keys: jax.lax.map(one, keys, batch_size=BATCH), compiler_options=QUICKLY)(keys)
