"""What the schemes share that keep a population of individuals, leaves (n, ...), and have its mean as position."""

import functools

import jax
import jax.numpy as jnp

from .._precision import between
from .._types import Objective, Params, State
from ._children import weighted


def changes(split: Objective, state: State, population: Params) -> tuple[jax.Array, jax.Array]:
    """Loss of each individual less that of the position, exactly, (n,), ∞ where it is not finite; whether all are."""
    found = jax.vmap(lambda step: split.change(state.tape, step)[0])(_offsets(state.position, population))
    finite = jnp.isfinite(found)
    return jnp.where(finite, found, jnp.inf), finite.all()


def mean_offset(position: Params, population: Params) -> Params:
    """Mean of the individuals less the position, which keeps digits that the mean itself has no room for."""
    count = len(jax.tree.leaves(population)[0])
    return weighted(jnp.full(count, 1 / count), _offsets(position, population))


def _offsets(position: Params, population: Params) -> Params:
    return jax.vmap(functools.partial(between, position))(population)
