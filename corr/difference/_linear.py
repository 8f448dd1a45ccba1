"""Rules for operations that are linear in what changes: they act on the change.

Error: that of the operation itself on the changes; sums a few units of rounding of the sum of their |terms|.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ._fallback import recompute
from ._operands import Operands
from ._sums import tree_sum

EXACT_INTEGERS = 1 << 20


def _first(op: Operands) -> Any:
    """Linear in the first operand, which is the only one that changes."""
    return op.apply(op.change(0), *[op.value(k) for k in range(1, op.count)])


def _all(op: Operands) -> Any:
    """Linear in all operands together."""
    return op.apply(*[op.change_or_zeros(k) for k in range(op.count)])


def _each(op: Operands) -> Any:
    """Every output is one operand."""
    return [op.change(k) for k in range(op.count)]


def _nextafter(op: Operands) -> Any:
    """The next number lies one rounding unit away at both places."""
    return jnp.broadcast_to(op.change_or_zeros(0), op.out_shape())


def _reduce_precision(op: Operands) -> Any:
    """The identity where every bit is kept, a staircase where some are not."""
    info = jnp.finfo(op.out_dtypes()[0])
    keeps_all = op.params["exponent_bits"] >= info.nexp and op.params["mantissa_bits"] >= info.nmant
    return op.change(0) if keeps_all else recompute(op)


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
    """Of an integer: the difference of the integers where it is small, so that large ones lose nothing."""
    if op.is_float(0):
        return op.apply(op.change(0))
    old, new = op.value(0), op.change(0)
    difference = op.apply(new) - op.apply(old)
    if not jnp.issubdtype(jnp.result_type(old), jnp.integer) or jnp.iinfo(jnp.result_type(old)).bits < 32:
        return difference  # floating point holds a short integer exactly, its own subtraction may wrap around
    upward = new >= old
    exact = op.apply(jnp.where(upward, new - old, old - new))
    return jnp.where(jnp.abs(difference) < EXACT_INTEGERS, jnp.where(upward, exact, -exact), difference)


def _reduce_sum(op: Operands) -> Any:
    return tree_sum(op.change(0), tuple(op.params["axes"]))


FIRST_OPERAND = (
    "neg copy stop_gradient cumsum reshape broadcast_in_dim transpose squeeze rev slice split"
    " unstack tile name fft real imag conj reduce_window_sum reshard"
)
RULES = {
    **dict.fromkeys(FIRST_OPERAND.split(), _first),
    **dict.fromkeys(("concatenate", "stack", "pad", "complex"), _all),
    "optimization_barrier": _each,
    "device_put": _each,
    "nextafter": _nextafter,
    "reduce_precision": _reduce_precision,
    "add": _add,
    "add_any": _add,
    "sub": _sub,
    "convert_element_type": _convert,
    "reduce_sum": _reduce_sum,
}
