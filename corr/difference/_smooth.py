"""Rules for smooth elementwise functions, by identities that do not cancel.

Error: a few units of rounding of the change, for a step of any size and in saturation, with x and Δ each known to one
unit of rounding. tanh under a bound or with the shortcut: of |Δ|, whatever the slope there is.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._operands import Operands

HALF = 0.5
SERIES_LIMIT = 0.25
TANH_SERIES = (-1 / 3, 2 / 15, -17 / 315, 62 / 2835, -1382 / 155925)


def _tanh(op: Operands) -> Any:
    """Δtanh = (1 - t²) τ / (1 + t τ), t = tanh z, τ = tanh Δz, for |Δz| < 1/2; the form without t beyond.

    A bound on |Δz| known beforehand chooses the form once; without one the shortcut covers |Δz| < 1/4 and gives NaN
    beyond.
    """
    if op.bound(0) <= HALF:
        return _tanh_identity(op.out(), _small_tanh(op.change(0), op.bound(0)))
    if op.shortcut:
        short = jnp.abs(op.change(0)) < SERIES_LIMIT
        return jnp.where(short, _tanh_identity(op.out(), _series_tanh(op.change(0))), jnp.nan)
    return 2 * _logistic_change(2 * op.value(0), 2 * op.new(0), 2 * op.change(0))


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


def _logistic(op: Operands) -> Any:
    return _logistic_change(op.value(0), op.new(0), op.change(0))


def _logistic_change(value: Any, new: Any, change: Any) -> jax.Array:
    """With s(x) = 1/(1 + e^{-x}) and Δ >= 0: s(x+Δ) - s(x) = s(x+Δ) s(-x) (1 - e^{-Δ}); mirrored for Δ < 0."""
    upward = change >= 0
    high, low = jnp.where(upward, new, value), jnp.where(upward, value, new)
    size = -jnp.expm1(-jnp.abs(change)) / ((1 + jnp.exp(-high)) * (1 + jnp.exp(low)))
    return jnp.where(upward, size, -size)


def _sqrt(op: Operands) -> Any:
    total = jnp.sqrt(op.new(0)) + jnp.sqrt(op.value(0))
    return jnp.where(total == 0, 0, op.change(0) / jnp.where(total == 0, 1, total))


def _rsqrt(op: Operands) -> Any:
    """1/s' - 1/s = -(s' - s) / (s s') with s = √x, divided by the larger first to stay in range."""
    old, new = jnp.sqrt(op.value(0)), jnp.sqrt(op.new(0))
    return -(op.change(0) / (old + new)) / jnp.maximum(old, new) / jnp.minimum(old, new)


def _cbrt(op: Operands) -> Any:
    old, new = jnp.cbrt(op.value(0)), jnp.cbrt(op.new(0))
    total = new * new + new * old + old * old
    return jnp.where(total == 0, 0, op.change(0) / jnp.where(total == 0, 1, total))


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
    return jnp.cosh(middle) * (2 * jnp.sinh(half))


def _cosh(op: Operands) -> Any:
    middle, half = _midpoint(op)
    return jnp.sinh(middle) * (2 * jnp.sinh(half))


def _tan(op: Operands) -> Any:
    return jnp.sin(op.change(0)) / (jnp.cos(op.value(0)) * jnp.cos(op.new(0)))


def _erf(sign: float):
    """Δ erf = (2/√π) ∫ e^{-u²} du over the step, by Gauss-Legendre while the integrand is flat; erfc is its negative.

    Beyond, the difference of two erfc on the side of the larger |x|, which keeps the tail.
    """
    nodes, weights = np.polynomial.legendre.leggauss(8)

    def rule(op: Operands) -> Any:
        change, value, new = op.change(0), op.value(0), op.new(0)
        flat = jnp.abs(change) * (1 + jnp.abs(value) + jnp.abs(new)) < 1
        step = jnp.where(flat, change, 0)
        points = [value + step * float(0.5 + 0.5 * node) for node in nodes]
        mean = sum(float(weight) / 2 * jnp.exp(-point * point) for point, weight in zip(points, weights, strict=True))
        side = jnp.where(value + new < 0, -1, 1).astype(change.dtype)
        far = side * (jax.lax.erfc(side * value) - jax.lax.erfc(side * new))
        return sign * jnp.where(flat, 2 / math.sqrt(math.pi) * step * mean, far)

    return rule


RULES = {
    "tanh": _tanh,
    "exp": _exponential(math.e),
    "exp2": _exponential(2.0),
    "expm1": _exponential(math.e),
    "logistic": _logistic,
    "sqrt": _sqrt,
    "rsqrt": _rsqrt,
    "cbrt": _cbrt,
    "sin": _sin,
    "cos": _cos,
    "tan": _tan,
    "sinh": _sinh,
    "cosh": _cosh,
    "erf": _erf(1.0),
    "erfc": _erf(-1.0),
}
