"""Rules for products, quotients and integer powers: Δ(ab) = Δa b + (a + Δa) Δb.

Error: a few units of rounding of the sum of the |terms|.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ._operands import Operands


def _bilinear(op: Operands) -> Any:
    """Any product of two operands (mul, dot_general, convolution)."""
    left, right = op.change(0), op.change(1)
    first = None if left is None else _product(op, left, op.value(1))
    second = None if right is None else _product(op, op.new(0), right)
    if first is None or second is None:
        return second if first is None else first
    return first + second


def _product(op: Operands, left: Any, right: Any) -> Any:
    params = op.params
    if params.get("precision", ()) is None:
        params = {**params, "precision": (jax.lax.Precision.HIGHEST, jax.lax.Precision.HIGHEST)}
    return op.node.primitive.bind(left, right, **params)


def _mul(op: Operands) -> Any:
    """In the order that stays in range where a' b does not: then Δb a + b' Δa."""
    left, right = op.change(0), op.change(1)
    if left is None or right is None:
        return _bilinear(op)
    change = left * op.value(1) + op.new(0) * right
    return jnp.where(jnp.isfinite(change), change, left * op.new(1) + op.value(0) * right)


def _div(op: Operands) -> Any:
    """Δ(a/b) = Δa / b' - (a/b) (Δb / b') with b' = b + Δb."""
    top, bottom = op.change(0), op.change(1)
    if bottom is None:
        return top / op.value(1)
    shrunk = (op.value(0) / op.value(1)) * (bottom / op.new(1))
    return -shrunk if top is None else top / op.new(1) - shrunk


def _square(op: Operands) -> Any:
    change = op.change(0)
    return change * (2 * op.value(0) + change)


def _integer_pow(op: Operands) -> Any:
    """Binary powering of (value, change) pairs; of 1/x for negative exponents, whose powers stay in range."""
    value, change, exponent = op.value(0), op.change(0), op.params["y"]
    if exponent < 0:
        value, change = 1 / value, -(change / value) / op.new(0)
    return _pair_power(value, change, abs(exponent))[1]


def _pair_power(value: jax.Array, change: jax.Array, exponent: int) -> tuple[Any, Any]:
    if exponent == 0:
        return jnp.ones_like(value), jnp.zeros_like(value)
    if exponent == 1:
        return value, change
    root, step = _pair_power(value, change, exponent // 2)
    power, moved = root * root, step * (2 * root + step)
    if exponent % 2:
        return power * value, moved * value + (power + moved) * change
    return power, moved


BILINEAR = ("dot_general", "conv_general_dilated")
RULES = {
    **dict.fromkeys(BILINEAR, _bilinear),
    "mul": _mul,
    "div": _div,
    "square": _square,
    "integer_pow": _integer_pow,
}
