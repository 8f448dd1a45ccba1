"""Rules for products, quotients and integer powers: Δ(ab) = Δa b + (a + Δa) Δb."""

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


def _div(op: Operands) -> Any:
    """Δ(a/b) = (Δa - (a/b) Δb) / (b + Δb)."""
    top, bottom = op.change(0), op.change(1)
    if bottom is None:
        return top / op.value(1)
    excess = op.out() * bottom
    return (-excess if top is None else top - excess) / op.new(1)


def _square(op: Operands) -> Any:
    change = op.change(0)
    return change * (2 * op.value(0) + change)


def _integer_pow(op: Operands) -> Any:
    """Binary powering of (value, change) pairs; 1/a - 1/b for negative exponents."""
    exponent = op.params["y"]
    power, change = _pair_power(op.value(0), op.change(0), abs(exponent))
    return change if exponent >= 0 else -change / (power * (power + change))


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


RULES = {
    "mul": _bilinear,
    "dot_general": _bilinear,
    "conv_general_dilated": _bilinear,
    "div": _div,
    "square": _square,
    "integer_pow": _integer_pow,
}
