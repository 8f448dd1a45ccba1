"""Rules for logarithms, powers and the inverse hyperbolic functions: all are changes of a logarithm.

Error: a few units of rounding of the change, for a step of any size.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ._operands import Operands
from ._sums import inside, sum_of_three


def log_ratio(old: Any, new: Any, change: Any) -> jax.Array:
    """log(new / old) with new = old + change: by log1p for short steps, by the quotient beyond, where that is in range.

    NaN where one of the two is negative.
    """
    near = jnp.abs(change) < jnp.abs(old) / 3
    near_part = jnp.log1p(jnp.where(near, change, 0) / jnp.where(near, old, 1))
    quotient = new / old
    fits = jnp.isfinite(quotient) & (quotient >= float(jnp.finfo(quotient.dtype).tiny))
    far = jnp.where(fits, jnp.log(jnp.where(fits, quotient, 1)), jnp.log(new) - jnp.log(old))
    return jnp.where(jnp.minimum(old, new) >= 0, jnp.where(near, near_part, far), jnp.nan)


def _log(op: Operands) -> Any:
    return log_ratio(op.value(0), op.new(0), op.change(0))


def _log1p(op: Operands) -> Any:
    value, change = op.value(0), op.change(0)
    return log_ratio(1 + value, sum_of_three(1, value, change), change)


def _pow(op: Operands) -> Any:
    """x^c (exp(c' Δlog x + Δc log x) - 1) while the exponent there is below 1; a subtraction beyond."""
    value, new = jnp.asarray(op.value(0)), jnp.asarray(op.new(0))
    new_power, power_change = _new_exponent(op, value.dtype)
    sign = jnp.where(value < 0, -1, 1).astype(value.dtype)
    rate = new_power * log_ratio(jnp.abs(value), jnp.abs(new), sign * op.change_or_zeros(0))
    rate = jnp.where(power_change == 0, rate, rate + power_change * jnp.log(value))
    near = ((value > 0) & (new > 0) | (value < 0) & (new < 0)) & (jnp.abs(rate) < 1)
    before = op.apply(value, op.value(1))
    return jnp.where(near, before * jnp.expm1(jnp.where(near, rate, 0)), op.apply(new, op.new(1)) - before)


def _new_exponent(op: Operands, dtype: Any) -> tuple[Any, Any]:
    """The exponent after the step and its change, as floating point."""
    old, new = (jnp.asarray(part).astype(dtype) for part in (op.value(1), op.new(1)))
    return new, op.change_or_zeros(1) if op.is_float(1) else new - old


def _asinh(op: Operands) -> Any:
    """asinh x = log(x + s), s = √(1 + x²); an odd function, mirrored so that x + x' >= 0."""
    flip = op.value(0) + op.new(0) < 0
    value, new, change = (jnp.where(flip, -part, part) for part in (op.value(0), op.new(0), op.change(0)))
    root, new_root = _hypotenuse(value), _hypotenuse(new)
    slope = (value / 2 + new / 2) / (root / 2 + new_root / 2)
    moved = log_ratio(_half_sum(value, root), _half_sum(new, new_root), change / 2 * (1 + slope))
    return jnp.where(flip, -moved, moved)


def _hypotenuse(x: jax.Array) -> jax.Array:
    size = jnp.abs(x)
    large = jnp.maximum(size, 1)
    return large * jnp.sqrt(jnp.square(1 / large) + jnp.square(size / large))


def _half_sum(x: jax.Array, root: jax.Array) -> jax.Array:
    """(x + √(1 + x²)) / 2 without cancellation."""
    return jnp.where(x >= 0, x / 2 + root / 2, 0.5 / (root - jnp.minimum(x, 0)))


def _acosh(op: Operands) -> Any:
    """acosh x = log(x + s), s = √(x - 1) √(x + 1)."""
    value, new, change = op.value(0), op.new(0), op.change(0)
    root = jnp.sqrt(value - 1) * jnp.sqrt(value + 1)
    above = inside(sum_of_three(-1, value, change), op.out_avals()[0].dtype)
    new_root = jnp.sqrt(above) * jnp.sqrt(new + 1)
    half_roots = root / 2 + new_root / 2
    slope = (value / 2 + new / 2) / jnp.where(half_roots == 0, 1, half_roots)
    return log_ratio(value / 2 + root / 2, new / 2 + new_root / 2, change / 2 * (1 + slope))


def _atanh(op: Operands) -> Any:
    """log((1 + x')(1 - x) / (1 - x')(1 + x)) / 2, whose two products differ by 2Δ."""
    value, change = op.value(0), op.change(0)
    below, above = 1 - value, 1 + value
    new_below, new_above = sum_of_three(1, -value, -change), sum_of_three(1, value, change)
    return log_ratio(new_below * above, new_above * below, 2 * change) / 2


RULES = {"log": _log, "log1p": _log1p, "pow": _pow, "asinh": _asinh, "acosh": _acosh, "atanh": _atanh}
