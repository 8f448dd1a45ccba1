"""Rules for the inverse trigonometric functions: each change is one angle, without a difference of two.

Error: a few units of rounding of the change, for a step of any size; atan2 relative to the two terms of its numerator.
"""

import math
from typing import Any

import jax.numpy as jnp

from ._operands import Operands
from ._sums import inside, sum_of_three


def _atan(op: Operands) -> Any:
    """atan2(Δ, 1 + x x'), both divided by max(|x'|, 1) to stay in range."""
    new = op.new(0)
    large = jnp.maximum(jnp.abs(new), 1)
    return jnp.arctan2(op.change(0) / large, 1 / large + op.value(0) * (new / large))


def _asin(op: Operands) -> Any:
    """Twice the angle under half the chord between (√(1 - x²), x) at the two places."""
    value, change = op.value(0), op.change(0)
    new, dtype = op.new(0), op.out_avals()[0].dtype
    below, above = (inside(sum_of_three(1, sign * value, sign * change), dtype) for sign in (-1, 1))
    root, new_root = jnp.sqrt((1 - value) * (1 + value)), jnp.sqrt(below * above)
    both = root + new_root
    slope = (value + new) / jnp.where(both == 0, 1, both)
    return 2 * jnp.arctan2(change * jnp.hypot(jnp.ones_like(slope), slope), jnp.hypot(value + new, both))


def _acos(op: Operands) -> Any:
    return -_asin(op)


def _atan2(op: Operands) -> Any:
    """The angle between the old and the new (x, y), plus the whole turn where it crosses the negative x axis."""
    (y, dy, new_y), (x, dx, new_x) = ((op.value(k), op.change_or_zeros(k), op.new(k)) for k in range(2))
    size, new_size, step = (jnp.maximum(jnp.abs(a), jnp.abs(b)) for a, b in ((x, y), (new_x, new_y), (dx, dy)))
    scale, new_scale = (jnp.where(part == 0, 1, part) for part in (size, new_size))
    x, y, new_x, new_y = x / scale, y / scale, new_x / new_scale, new_y / new_scale
    short = step < new_scale
    dx, dy = (jnp.where(short, part, 0) / new_scale for part in (dx, dy))
    across = jnp.where(short, x * dy - y * dx, x * new_y - y * new_x)
    turned = jnp.arctan2(across, x * new_x + y * new_y)
    plain = op.apply(op.new(0), op.new(1)) - op.apply(op.value(0), op.value(1))
    whole = jnp.round((plain - turned) / (2 * math.pi)) * (2 * math.pi)
    return jnp.where((size == 0) | (new_size == 0), plain, turned + whole)


RULES = {"atan": _atan, "asin": _asin, "acos": _acos, "atan2": _atan2}
