"""Rules for operations that are linear in what changes: they act on the change."""

from typing import Any

import jax
import jax.numpy as jnp

from ._fallback import recompute
from ._operands import Operands


def _first(op: Operands) -> Any:
    """Linear in the first operand; any further operands (indices) must not change."""
    if any(op.change(k) is not None for k in range(1, op.count)):
        return recompute(op)
    return op.apply(op.change(0), *[op.value(k) for k in range(1, op.count)])


def _all(op: Operands) -> Any:
    """Linear in all operands together."""
    return op.apply(*[op.change_or_zeros(k) for k in range(op.count)])


def _leading(number: int):
    """Linear in the first ``number`` operands together; the rest (indices) must not change."""

    def rule(op: Operands) -> Any:
        if any(op.change(k) is not None for k in range(number, op.count)):
            return recompute(op)
        fixed = [op.value(k) for k in range(number, op.count)]
        return op.apply(*[op.change_or_zeros(k) for k in range(number)], *fixed)

    return rule


def _scatter(op: Operands) -> Any:
    """Operand and updates (first and last operand of scatter) are linear, the indices in between are not."""
    if op.change(1) is not None:
        return recompute(op)
    return op.apply(op.change_or_zeros(0), op.value(1), op.change_or_zeros(2))


def _add(op: Operands) -> Any:
    left, right = op.change(0), op.change(1)
    if left is None:
        return _broadcast(op, right)
    return _broadcast(op, left) if right is None else left + right


def _sub(op: Operands) -> Any:
    left, right = op.change(0), op.change(1)
    if right is None:
        return _broadcast(op, left)
    return _broadcast(op, -right) if left is None else left - right


def _broadcast(op: Operands, change: Any) -> jax.Array:
    """A scalar operand stands for a whole array in a jaxpr; its change must get the output's shape."""
    return jnp.broadcast_to(change, op.out_shape())


def _convert(op: Operands) -> Any:
    if op.is_float(0):
        return op.apply(op.change(0))
    return op.apply(op.change(0)) - op.apply(op.value(0))


def tree_sum(values: jax.Array, axes: tuple[int, ...]) -> jax.Array:
    """Sum by a fixed halving tree, whose bits do not depend on what is evaluated beside it."""
    for axis in sorted(axes, reverse=True):
        values = _halve(values, axis)
    return values


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


def _reduce_sum(op: Operands) -> Any:
    return tree_sum(op.change(0), tuple(op.params["axes"]))


FIRST_OPERAND = (
    "neg copy copy_p stop_gradient cumsum reshape broadcast_in_dim transpose squeeze expand_dims rev slice"
    " dynamic_slice gather reduce_precision split fft real imag"
)
RULES = {
    **dict.fromkeys(FIRST_OPERAND.split(), _first),
    "concatenate": _all,
    "pad": _all,
    "dynamic_update_slice": _leading(2),
    "scatter": _scatter,
    "scatter-add": _scatter,
    "scatter_add": _scatter,
    "add": _add,
    "add_any": _add,
    "sub": _sub,
    "convert_element_type": _convert,
    "reduce_sum": _reduce_sum,
}
