"""Half precision: what is worked out in float32, and how a sum is rounded to the parameters' own dtype."""

import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def wide(dtype: Any) -> Any:
    """``dtype``, or float32 where it is a half precision one: float16 ends at 6e4, bfloat16 has 8 bits."""
    return jnp.dtype(dtype if jnp.finfo(dtype).bits >= 32 else jnp.float32)


def widened(tree: Any) -> Any:
    """A tree with half precision as float32."""
    return jax.tree.map(lambda leaf: leaf.astype(wide(leaf.dtype)), tree)


def moved_by(position: Any, step: Any) -> Any:
    """x + ε leaf by leaf, rounded to the dtype of x."""
    return jax.tree.map(lambda x, change: _rounded(operator.add, x, change), position, step)


def between(position: Any, moved: Any) -> Any:
    """The displacement that leads from ``position`` to ``moved``, leaf by leaf."""
    return jax.tree.map(lambda old, new: _rounded(operator.sub, new, old), position, moved)


def settled(tree: Any) -> Any:
    """The same numbers, NaN where they are not finite, each rounded before anything is added to it.

    A product that goes straight into a sum XLA rounds or not, as shapes and neighbours have it; a choice it keeps.
    """
    return jax.tree.map(lambda leaf: jnp.where(jnp.isfinite(leaf), leaf, jnp.nan), tree)


def _rounded(operation: Callable[[Any, Any], Any], x: Any, y: Any) -> jax.Array:
    """In half precision XLA keeps sums in float32 inside a fused loop, unless their rounding is an operation."""
    dtype = jnp.result_type(x)
    if wide(dtype) == dtype:
        return operation(x, y).astype(dtype)
    kind, exact = jnp.finfo(dtype), operation(jnp.asarray(x, wide(dtype)), jnp.asarray(y, wide(dtype)))
    found = jax.lax.reduce_precision(exact, kind.nexp, kind.nmant)
    step = float(kind.smallest_subnormal)
    if step >= jnp.finfo(exact.dtype).tiny:  # reduce_precision makes 0 of float16's numbers below 6e-5
        found = jnp.where(jnp.abs(exact) < float(kind.tiny), jnp.round(exact / step) * step, found)
    return found.astype(dtype)
