"""Smooth functions known by their derivative alone: Δf = ∫₀¹ f'(x + sΔ)[Δ] ds by Gauss-Legendre, or a subtraction.

The integral stands where its own estimated error and its distance from f(x + Δ) - f(x) are both within the rounding of
that subtraction; the subtraction stands elsewhere (long steps, poles, branch cuts). Error: a few units of rounding of
the derivative for short steps, of |f(x)| + |f(x + Δ)| for long ones. XLA adds up lgamma and digamma from terms that are
larger than they are near their zeros: there the subtraction rounds by as much.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._operands import Operands

FINE, COARSE = np.polynomial.legendre.leggauss(8), np.polynomial.legendre.leggauss(5)
ROUNDINGS = 16
# Lanczos: log √(2π) + (x - 1/2) log t - t + log a with t = x + 13/2; for digamma log t - a'/a.
TERMS: dict[str, Callable[[Any], Any]] = {
    "lgamma": lambda x: 8 + jnp.abs(x) * jnp.log(8 + jnp.abs(x)),
    "digamma": lambda x: jnp.log(8 + jnp.abs(x)),
}


def by_derivative(op: Operands) -> Any:
    """The rule for an elementwise primitive in any number of operands."""
    moving = [k for k in range(op.count) if op.is_float(k) and op.change(k) is not None]

    def function(*args: Any) -> Any:
        given = dict(zip(moving, args, strict=True))
        return op.apply(*[given.get(k, op.new(k)) for k in range(op.count)])

    name = op.node.primitive.name
    terms = TERMS[name](op.value(0)) if name in TERMS else 0
    return integrated(function, [op.value(k) for k in moving], [op.change(k) for k in moving], terms)


def integrated(
    function: Callable[..., Any], values: Sequence[Any], changes: Sequence[Any], terms: Any = 0
) -> jax.Array:
    """f(x + Δ) - f(x) for an elementwise f; ``values`` and ``changes`` are arrays of one shape (or scalars).

    ``terms`` is the size of what f(x) is added up from, where that is larger than f(x).
    """
    old, new = function(*values), function(*[v + d for v, d in zip(values, changes, strict=True)])

    def slope(fraction: Any) -> Any:
        points = [v + fraction.astype(d.dtype) * d for v, d in zip(values, changes, strict=True)]
        return jax.jvp(function, points, list(changes))[1]

    def mean(rule: tuple[Any, Any]) -> Any:
        nodes, weights = (np.asarray(part, jnp.finfo(old.dtype).dtype) for part in rule)
        slopes = jax.vmap(slope)(jnp.asarray((1 + nodes) / 2))
        return sum(float(weight) / 2 * slopes[k] for k, weight in enumerate(weights))

    fine, coarse, plain = mean(FINE), mean(COARSE), new - old
    lever = sum(jnp.abs(v) / jnp.where(d == 0, 1, jnp.abs(d)) for v, d in zip(values, changes, strict=True))
    rounding = ROUNDINGS * float(jnp.finfo(old.dtype).eps) * (jnp.abs(old) + jnp.abs(new) + jnp.abs(fine) * (1 + lever))
    trusted = (jnp.abs(fine - coarse) <= rounding) & (
        jnp.abs(fine - plain) <= 2 * rounding + ROUNDINGS * float(jnp.finfo(old.dtype).eps) * terms
    )
    return jnp.where(trusted, fine, plain)


def _bessel_i0e(op: Operands) -> Any:
    """An even function with a kink at zero: the step is taken between |x| and |x + Δ|."""
    value, new = op.value(0), op.new(0)
    same = (value < 0) == (new < 0)
    step = jnp.where(same, jnp.where(value < 0, -op.change(0), op.change(0)), jnp.abs(new) - jnp.abs(value))
    return integrated(op.apply, [jnp.abs(value)], [step])


SMOOTH = "lgamma digamma erf_inv bessel_i1e igamma igammac"
RULES = {**dict.fromkeys(SMOOTH.split(), by_derivative), "bessel_i0e": _bessel_i0e}
