"""Sums of a few numbers of which some nearly cancel."""

from typing import Any

import jax
import jax.numpy as jnp


def two_sum(a: Any, b: Any) -> tuple[jax.Array, jax.Array]:
    """a + b as its rounding and the rest, exactly (Knuth); no rest where it is not finite."""
    total = a + b
    virtual = total - a
    rest = (a - (total - virtual)) + (b - virtual)
    return total, jnp.where(jnp.isfinite(rest), rest, 0)


def sum_of_three(a: Any, b: Any, c: Any) -> jax.Array:
    """a + b + c to about one rounding of the result, whichever of them cancel."""
    first, rest = two_sum(a, b)
    total, more = two_sum(first, c)
    return total + (rest + more)


def replaced(old: Any, new: Any, change: Any) -> jax.Array:
    """What a place gains where the number ``old`` gives way to ``new + change``; equal infinities are no step."""
    return jnp.where(old == new, change, sum_of_three(new, -old, change))


def inside(distance: jax.Array, dtype: Any) -> jax.Array:
    """A distance from the border 1 or -1 of a domain; not negative where only the rounding of ``dtype`` makes it so."""
    return jnp.where(distance > -2 * float(jnp.finfo(dtype).eps), jnp.maximum(distance, 0), distance)
