"""Rules for smooth elementwise functions, by identities that do not cancel."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._fallback import recompute
from ._operands import Operands

HALF = 0.5
SERIES_LIMIT = 0.25
TANH_SERIES = (-1 / 3, 2 / 15, -17 / 315, 62 / 2835, -1382 / 155925)


def _tanh(op: Operands) -> Any:
    """Δtanh = (1 - t²) τ / (1 + t τ), t = tanh z, τ = tanh Δz, for |Δz| < 1/2; tanh(z + Δz) - t beyond.

    The identity alone would be 0/0 where t ≈ -τ ≈ ±1. A bound on |Δz| known beforehand chooses the form once; without
    one the shortcut covers |Δz| < 1/4 and gives NaN beyond.
    """
    change, value, bound = op.change(0), op.out(), op.bound(0)
    if bound <= HALF:
        return _tanh_identity(value, _small_tanh(change, bound))
    if op.shortcut:
        return jnp.where(jnp.abs(change) < SERIES_LIMIT, _tanh_identity(value, _series_tanh(change)), jnp.nan)
    small = jnp.abs(change) < HALF
    near = _tanh_identity(value, jnp.tanh(jnp.where(small, change, 0)))
    return jnp.where(small, near, jnp.tanh(op.new(0)) - value)


def _tanh_identity(value: jax.Array, moved: jax.Array) -> jax.Array:
    return (1 - value) * (1 + value) * moved / (1 + value * moved)


def _small_tanh(change: jax.Array, bound: float) -> jax.Array:
    """Two terms of the series where the third, (2/15) Δ⁴ relative, is below a quarter of the rounding unit."""
    if 2 / 15 * bound**4 < float(jnp.finfo(change.dtype).eps) / 4:
        return change - change * change * change * (1 / 3)
    return jnp.tanh(change)


def _series_tanh(change: jax.Array) -> jax.Array:
    """Six terms of the series for |Δ| < 1/4, relative error 2e-10; beyond float32 the function itself."""
    if float(jnp.finfo(change.dtype).eps) < 1e-8:
        return jnp.tanh(change)
    square = change * change
    tail = jnp.full_like(change, TANH_SERIES[-1])
    for coefficient in TANH_SERIES[-2::-1]:
        tail = tail * square + coefficient
    return change + change * square * tail


def _exponential(base: float):
    """Δ b^x = b^x (b^Δ - 1)."""
    rate = math.log(base)

    def rule(op: Operands) -> Any:
        change = op.change(0) * rate
        small = jnp.abs(change) < 1
        near = jnp.exp(op.value(0) * rate) * jnp.expm1(jnp.where(small, change, 0))
        return jnp.where(small, near, jnp.exp(op.new(0) * rate) - jnp.exp(op.value(0) * rate))

    return rule


def _log(op: Operands) -> Any:
    return jnp.log1p(op.change(0) / op.value(0))


def _log1p(op: Operands) -> Any:
    return jnp.log1p(op.change(0) / (1 + op.value(0)))


def _logistic(op: Operands) -> Any:
    """With s(x) = 1/(1 + e^{-x}) and Δ >= 0: s(x+Δ) - s(x) = s(x+Δ) s(-x) (1 - e^{-Δ}); mirrored for Δ < 0."""
    change, value, new = op.change(0), op.value(0), op.new(0)
    upward = change >= 0
    high, low = jnp.where(upward, new, value), jnp.where(upward, value, new)
    size = jax.nn.sigmoid(high) * jax.nn.sigmoid(-low) * -jnp.expm1(-jnp.abs(change))
    return jnp.where(upward, size, -size)


def _sqrt(op: Operands) -> Any:
    change = op.change(0)
    total = jnp.sqrt(op.new(0)) + op.out()
    return jnp.where(total == 0, 0, change / jnp.where(total == 0, 1, total))


def _rsqrt(op: Operands) -> Any:
    """1/s' - 1/s = -Δ (r r')² / (r + r') with r = 1/s."""
    old, new = op.out(), jax.lax.rsqrt(op.new(0))
    return -op.change(0) * (old * new) * (old * new) / (old + new)


def _cbrt(op: Operands) -> Any:
    old, new = op.out(), jnp.cbrt(op.new(0))
    total = new * new + new * old + old * old
    return jnp.where(total == 0, 0, op.change(0) / jnp.where(total == 0, 1, total))


def _pow(op: Operands) -> Any:
    """Constant exponent c and positive base: x^c (exp(c log(1 + Δ/x)) - 1)."""
    if op.change(1) is not None or not op.is_float(1):
        return recompute(op)
    value, change, exponent = op.value(0), op.change(0), op.value(1)
    near = (value > 0) & (jnp.abs(change) < HALF * value)
    ratio = jnp.where(near, change / jnp.where(near, value, 1), 0)
    exact = op.out() * jnp.expm1(exponent * jnp.log1p(ratio))
    return jnp.where(near, exact, op.apply(op.new(0), exponent) - op.out())


def _midpoint(op: Operands) -> tuple[Any, Any]:
    half = op.change(0) / 2
    return op.value(0) + half, half


def _sin(op: Operands) -> Any:
    middle, half = _midpoint(op)
    return 2 * jnp.cos(middle) * jnp.sin(half)


def _cos(op: Operands) -> Any:
    middle, half = _midpoint(op)
    return -2 * jnp.sin(middle) * jnp.sin(half)


def _sinh(op: Operands) -> Any:
    middle, half = _midpoint(op)
    return 2 * jnp.cosh(middle) * jnp.sinh(half)


def _cosh(op: Operands) -> Any:
    middle, half = _midpoint(op)
    return 2 * jnp.sinh(middle) * jnp.sinh(half)


def _tan(op: Operands) -> Any:
    return jnp.sin(op.change(0)) / (jnp.cos(op.value(0)) * jnp.cos(op.new(0)))


def _atan(op: Operands) -> Any:
    """The difference of two arctangents lies in (-π, π): atan2(Δ, 1 + x x')."""
    return jnp.arctan2(op.change(0), 1 + op.value(0) * op.new(0))


def _erf(sign: float):
    """Δ erf = (2/√π) ∫ e^{-u²} du over the step, by Gauss-Legendre for |Δ| < 1/2; erfc is its negative."""
    nodes, weights = np.polynomial.legendre.leggauss(8)

    def rule(op: Operands) -> Any:
        change, value = op.change(0), op.value(0)
        small = jnp.abs(change) < HALF
        step = jnp.where(small, change, 0)
        points = [value + step * float(0.5 + 0.5 * node) for node in nodes]
        mean = sum(float(weight) / 2 * jnp.exp(-point * point) for point, weight in zip(points, weights, strict=True))
        near = sign * 2 / math.sqrt(math.pi) * step * mean
        return jnp.where(small, near, op.apply(op.new(0)) - op.apply(value))

    return rule


RULES = {
    "tanh": _tanh,
    "exp": _exponential(math.e),
    "exp2": _exponential(2.0),
    "expm1": _exponential(math.e),
    "log": _log,
    "log1p": _log1p,
    "logistic": _logistic,
    "sqrt": _sqrt,
    "rsqrt": _rsqrt,
    "cbrt": _cbrt,
    "pow": _pow,
    "sin": _sin,
    "cos": _cos,
    "tan": _tan,
    "sinh": _sinh,
    "cosh": _cosh,
    "atan": _atan,
    "erf": _erf(1.0),
    "erfc": _erf(-1.0),
}
