"""Rules for sorting: the new entry of a place less the old one, (x_q - x_p) + Δ_q.

The new order is that of the exact sums x + Δ (each kept as its rounding and the rest), so that ties and near ties fall
as the step says, however short it is. Error: one rounding of the two terms.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ._operands import Operands
from ._sums import replaced, two_sum


def _sort(op: Operands) -> Any:
    axis, number = op.params["dimension"], op.params["num_keys"]
    old = _order([key for k in range(number) for key in _parts(op.value(k))], axis)
    new = _order([key for k in range(number) for key in _new_keys(op, k)], axis)
    return [_moved(op, k, old, new, axis) for k in range(op.count)]


def _top_k(op: Operands) -> Any:
    axis, number = op.params.get("axis", -1), op.params["k"]
    old = op.apply(op.value(0))[1]
    order = _order([-key for key in _new_keys(op, 0)], axis % op.value(0).ndim)
    new = jax.lax.slice_in_dim(order, 0, number, axis=axis)
    return [_moved(op, 0, old, new, axis), new]


def _moved(op: Operands, k: int, old: jax.Array, new: jax.Array, axis: int) -> jax.Array:
    if not op.is_float(k):
        return jnp.take_along_axis(op.new(k), new, axis)
    value = op.value(k)
    before, after = jnp.take_along_axis(value, old, axis), jnp.take_along_axis(value, new, axis)
    return replaced(before, after, jnp.take_along_axis(op.change_or_zeros(k), new, axis))


def _new_keys(op: Operands, k: int) -> list[jax.Array]:
    """Keys whose lexicographic order is that of x + Δ without rounding."""
    if not op.is_float(k) or op.change(k) is None:
        return _parts(op.new(k))
    pairs = zip(_parts(op.value(k)), _parts(op.change(k)), strict=True)
    return [key for value, change in pairs for key in two_sum(value, change)]


def _parts(value: jax.Array) -> list[jax.Array]:
    return [value.real, value.imag] if jnp.iscomplexobj(value) else [value]


def _order(keys: list[jax.Array], axis: int) -> jax.Array:
    """Indices along the axis that sort lexicographically; equal entries keep their order."""
    places = jax.lax.broadcasted_iota(jnp.int32, keys[0].shape, axis)
    return jax.lax.sort([*keys, places], dimension=axis, is_stable=True, num_keys=len(keys))[-1]


RULES = {"sort": _sort, "top_k": _top_k}
