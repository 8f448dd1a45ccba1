"""Rules for piecewise functions: exact within a case, and across the border of two cases."""

from typing import Any

import jax
import jax.numpy as jnp

from ._fallback import recompute
from ._operands import Operands


def _larger(a: Any, change_a: Any, b: Any, change_b: Any) -> Any:
    """Change of max(a, b): that of the winner, plus the gap (exact near a tie) where the winner changes."""
    before, after = a >= b, (a - b) + (change_a - change_b) >= 0
    stay = jnp.where(before, change_a, change_b)
    cross = jnp.where(before, (b - a) + change_b, (a - b) + change_a)
    return jnp.where(before == after, stay, cross)


def _max(op: Operands) -> Any:
    return _larger(op.value(0), op.change_or_zeros(0), op.value(1), op.change_or_zeros(1))


def _min(op: Operands) -> Any:
    return -_larger(-op.value(0), -op.change_or_zeros(0), -op.value(1), -op.change_or_zeros(1))


def _clamp(op: Operands) -> Any:
    """clamp(low, x, high) = min(max(x, low), high)."""
    (low, x, high), (d_low, d_x, d_high) = zip(*[(op.value(k), op.change_or_zeros(k)) for k in range(3)], strict=True)
    above, d_above = jnp.maximum(x, low), _larger(x, d_x, low, d_low)
    return -_larger(-above, -d_above, -high, -d_high)


def _abs(op: Operands) -> Any:
    """|x+Δ| - |x| with one rounding where the sign changes."""
    value, change = op.value(0), op.change(0)
    sign = jnp.where(value < 0, -1, 1).astype(value.dtype)
    same = sign * (value + change) >= 0
    return jnp.where(same, sign * change, -sign * (2 * value + change))


def _select(op: Operands) -> Any:
    """select_n(which, case 0, case 1, ...): the chosen case's change, plus the gap where the choice changes."""
    cases = range(1, op.count)
    changes = [op.change_or_zeros(k) for k in cases]
    which = op.value(0)
    if op.change(0) is None:
        return jax.lax.select_n(which, *changes)
    values, chosen = [op.value(k) for k in cases], op.change(0)
    gap = jax.lax.select_n(chosen, *values) - jax.lax.select_n(which, *values)
    return gap + jax.lax.select_n(chosen, *changes)


def _reduce_max(op: Operands) -> Any:
    """max(x + Δ) - max(x) = max((x - max x) + Δ)."""
    axes = tuple(op.params["axes"])
    return jnp.max(op.value(0) - jnp.max(op.value(0), axes, keepdims=True) + op.change(0), axes)


def _reduce_min(op: Operands) -> Any:
    axes = tuple(op.params["axes"])
    return jnp.min(op.value(0) - jnp.min(op.value(0), axes, keepdims=True) + op.change(0), axes)


RULES = {
    "max": _max,
    "min": _min,
    "clamp": _clamp,
    "abs": _abs,
    "select_n": _select,
    "reduce_max": _reduce_max,
    "reduce_min": _reduce_min,
    **dict.fromkeys(("sign", "floor", "ceil", "round"), recompute),
}
