"""Rules for piecewise functions: exact within a case, and across the border of two cases.

Error: a few units of rounding of the change, and of the gap between the cases where the case changes.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ._fallback import recompute
from ._operands import Operands
from ._sums import replaced


def larger(a: Any, change_a: Any, b: Any, change_b: Any) -> Any:
    """Change of max(a, b): that of the winner, plus the gap (exact near a tie) where the winner changes."""
    before, after = a >= b, (a - b) + (change_a - change_b) >= 0
    old, new = jnp.where(before, a, b), jnp.where(after, a, b)
    return replaced(old, new, jnp.where(after, change_a, change_b))


def _max(op: Operands) -> Any:
    return larger(op.value(0), op.change_or_zeros(0), op.value(1), op.change_or_zeros(1))


def _min(op: Operands) -> Any:
    return -larger(-op.value(0), -op.change_or_zeros(0), -op.value(1), -op.change_or_zeros(1))


def _clamp(op: Operands) -> Any:
    """clamp(low, x, high) = min(max(x, low), high): the bound or x that holds before and the one that holds after."""
    low, x, high = (op.value(k) for k in range(3))
    d_low, d_x, d_high = (op.change_or_zeros(k) for k in range(3))
    old = jnp.minimum(jnp.maximum(x, low), high)
    under = (x - low) + (d_x - d_low) < 0
    new, change = jnp.where(under, low, x), jnp.where(under, d_low, d_x)
    over = (new - high) + (change - d_high) > 0
    return replaced(old, jnp.where(over, high, new), jnp.where(over, d_high, change))


def _abs(op: Operands) -> Any:
    """|x+Δ| - |x| with one rounding where the sign changes."""
    value, change = op.value(0), op.change(0)
    if jnp.iscomplexobj(value):
        return _modulus(value, op.new(0), change)
    sign = jnp.where(value < 0, -1, 1).astype(value.dtype)
    same = sign * (value + change) >= 0
    return jnp.where(same, sign * change, -sign * (2 * value + change))


def _modulus(value: jax.Array, new: jax.Array, change: jax.Array) -> jax.Array:
    """|z'| - |z| = Re((z + z')* Δ) / (|z| + |z'|), with (z + z') divided first to stay in range."""
    both = jnp.abs(value) + jnp.abs(new)
    both = jnp.where(both == 0, 1, both)
    real = (value.real / both + new.real / both) * change.real
    return real + (value.imag / both + new.imag / both) * change.imag


def _select(op: Operands) -> Any:
    """select_n(which, case 0, case 1, ...): the chosen case's change, plus the gap where the choice changes."""
    cases = range(1, op.count)
    changes = [op.change_or_zeros(k) for k in cases]
    which = op.value(0)
    if op.change(0) is None:
        return jax.lax.select_n(which, *changes)
    values = [op.value(k) for k in cases]
    old, new = jax.lax.select_n(which, *values), jax.lax.select_n(op.change(0), *values)
    return replaced(old, new, jax.lax.select_n(op.change(0), *changes))


def _extremum(extremum: Callable[..., jax.Array]):
    """max(x + Δ) - max(x) = max(x - max x + Δ); that of no entries stays."""

    def rule(op: Operands) -> Any:
        axes = tuple(op.params["axes"])
        if not op.value(0).size:
            return jnp.zeros_like(op.out())
        return extremum(replaced(extremum(op.value(0), axes, keepdims=True), op.value(0), op.change(0)), axes)

    return rule


def _rem(op: Operands) -> Any:
    """x - n y, n = trunc(x/y): Δx - n Δy while n stays; a subtraction where it changes or is too large to tell."""
    x, y, new_x, new_y = op.value(0), op.value(1), op.new(0), op.new(1)
    old, new = op.apply(x, y), op.apply(new_x, new_y)
    count, new_count = jnp.round((x - old) / y), jnp.round((new_x - new) / new_y)
    stays = (count == new_count) & (jnp.abs(count) * float(jnp.finfo(old.dtype).eps) < 1 / 4)
    return jnp.where(stays, op.change_or_zeros(0) - count * op.change_or_zeros(1), new - old)


RULES = {
    "max": _max,
    "min": _min,
    "clamp": _clamp,
    "abs": _abs,
    "select_n": _select,
    "reduce_max": _extremum(jnp.max),
    "reduce_min": _extremum(jnp.min),
    "rem": _rem,
    **dict.fromkeys(("sign", "floor", "ceil", "round"), recompute),
}
