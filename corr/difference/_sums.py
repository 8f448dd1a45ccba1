"""Sums of a few numbers of which some nearly cancel, and sums of many in a fixed order."""

from collections.abc import Callable
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


def tree_sum(values: jax.Array, axes: tuple[int, ...]) -> jax.Array:
    """Sum by a fixed halving tree, whose bits do not depend on what is evaluated beside it."""
    for axis in sorted(axes, reverse=True):
        values = _halve(values, axis)
    return values


def streamed_tree_sum(term: Callable[[jax.Array], Any], count: int) -> Any:
    """Σ ``term(j)`` over j < ``count``, a tree of arrays: the bits of ``tree_sum`` with one term at a time in memory.

    That tree first adds the two terms that differ in the highest bit of j, so that terms are taken with the bits of j
    reversed; kept are the sums of blocks still open, at most one of each length 1, 2, 4, ...
    """
    bits = max(count - 1, 0).bit_length()
    visits = range(1 << bits)
    order = jnp.asarray([int(f"{k:0{bits}b}"[::-1], 2) if bits else 0 for k in visits], jnp.int32)
    merges = jnp.asarray([(~k & (k + 1)).bit_length() - 1 for k in visits], jnp.int32)
    zeros = jax.tree.map(lambda one: jnp.zeros(one.shape, one.dtype), jax.eval_shape(term, order[0]))

    def visit(k: jax.Array, sums: Any) -> Any:
        new = jax.lax.cond(order[k] < count, term, lambda j: zeros, order[k])
        merged = jax.lax.fori_loop(
            0, merges[k], lambda level, block: jax.tree.map(lambda kept, one: kept[level] + one, sums, block), new
        )
        return jax.tree.map(lambda kept, one: kept.at[merges[k]].set(one), sums, merged)

    levels = jax.tree.map(lambda one: jnp.zeros((bits + 1, *one.shape), one.dtype), zeros)
    return jax.tree.map(lambda kept: kept[bits], jax.lax.fori_loop(0, len(visits), visit, levels))


def _halve(values: jax.Array, axis: int) -> jax.Array:
    size = values.shape[axis]
    if size == 0:
        return jnp.sum(values, axis)
    half = 1 << max(size - 1, 0).bit_length()
    padding = [(0, half - size if k == axis else 0) for k in range(values.ndim)]
    values = jnp.pad(values, padding)
    while half > 1:
        half //= 2
        values = jax.lax.slice_in_dim(values, 0, half, axis=axis) + jax.lax.slice_in_dim(values, half, None, axis=axis)
    return jax.lax.squeeze(values, (axis,))
