"""What the schemes share that keep a population of individuals, leaves (n, ...), and have its mean as position."""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from .._checks import check_count, real_number
from .._precision import between, settled, widened
from .._types import Objective, Params, State
from ..difference._sums import tree_sum


def changes(split: Objective, state: State, population: Params) -> tuple[jax.Array, jax.Array]:
    """Loss of each individual less that of the position, exactly, (n,), ∞ where it is not finite; whether all are."""
    return last_if_not_finite(
        jax.vmap(lambda step: split.change(state.tape, step)[0])(_offsets(state.position, population))
    )


def last_if_not_finite(found: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Changes of the loss with ∞ where they are not finite; whether all are."""
    finite = jnp.isfinite(found)
    return jnp.where(finite, found, jnp.inf), finite.all()


def mean_offset(position: Params, population: Params) -> Params:
    """Mean of the individuals less the position, which keeps digits that the mean itself has no room for."""
    total = jax.tree.map(lambda leaf: tree_sum(leaf, (0,)), widened(_offsets(position, population)))
    return mean_of_total(total, len(jax.tree.leaves(population)[0]))


def mean_of_total(total: Params, count: int) -> Params:
    """A sum of ``count`` over their number, NaN where it is not finite."""
    return settled(jax.tree.map(lambda leaf: leaf / count, total))


def best_of_share(count: int, share: Any) -> int:
    """How many of ``count`` individuals are parents where the best share is; refuses none and all."""
    part = real_number("share", share)
    if not 0 < part < 1:
        raise ValueError(f"share must lie between 0 and 1, got {share}")
    parents = round(part * count)
    if not 0 < parents < count:
        raise ValueError(f"share {share} of {count} is {parents} parents, expected one at least and not all of them")
    return parents


def check_elite(elite: Any, count: int) -> int:
    """How many of ``count`` individuals go on unmutated; refuses all."""
    kept = check_count("elite", elite, least=0)
    if kept >= count:
        raise ValueError(f"elite must be below the population of {count}, got {kept}: nothing would be mutated")
    return kept


def _offsets(position: Params, population: Params) -> Params:
    return jax.vmap(functools.partial(between, position))(population)
