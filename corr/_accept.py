"""Acceptance: the Metropolis rule on the exact loss change."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._checks import check_beta
from ._precision import wide

Rule = Callable[[jax.Array, jax.Array], jax.Array]


def metropolis(beta: float) -> Rule:
    """Metropolis acceptance, probability min(1, exp(-β ΔU)).

    β = ∞ has its own branch: accept exactly when ΔU <= 0. Equal losses are accepted at any β, a non-finite change
    is rejected at any β. A β beyond the range of the change's dtype (3e38 in float32) acts as ∞. The probability has
    the resolution of ``uniform``: where it is smaller than the smallest positive number of that law, a rise is rejected
    (in ``mutation``, whose numbers go down to 2^-33: where β ΔU > 22.9).

    Args:
        beta: reciprocal evolutionary temperature β in [0, ∞], in 1/loss.

    Returns:
        ``rule(loss_change, uniform) -> accepted`` on scalars (or arrays of one shape); ``uniform`` in [0, 1], of which
        0 accepts no rise.

    Raises:
        ValueError: if β is negative or NaN.
        TypeError: if β is not a number.

    Example:
        >>> rule = metropolis(math.inf)
        >>> bool(rule(jnp.float32(0.0), jnp.float32(0.5))), bool(rule(jnp.float32(1e-9), jnp.float32(0.0)))
        (True, False)

    Reference: Whitelam et al., Nat. Commun. 12, 6317 (2021), steps 1-4 above eq. 1.
    """
    beta = check_beta(beta)
    if math.isinf(beta):
        return lambda loss_change, uniform: jnp.isfinite(loss_change) & (loss_change <= 0)

    def rule(loss_change: jax.Array, uniform: jax.Array) -> jax.Array:
        change, number = together(loss_change, uniform)
        rise = _largest(beta, change.dtype) * jnp.where(change > 0, change, 1)
        return jnp.isfinite(change) & ((change <= 0) | ((number > 0) & (jnp.log(number) <= -rise)))

    return rule


def barker(beta: float) -> Rule:
    """Barker (Glauber) acceptance, probability 1/(1 + exp(β ΔU)); at β = ∞ the same as Metropolis.

    Args:
        beta: β in [0, ∞], in 1/loss.

    Returns:
        ``rule(loss_change, uniform) -> accepted``, as from ``metropolis``, with the same resolution; a non-finite
        change is rejected.

    Raises:
        ValueError: if β is negative or NaN.
        TypeError: if β is not a number.

    Example:
        >>> rule = barker(1.0)
        >>> bool(rule(jnp.float32(0.0), jnp.float32(0.49))), bool(rule(jnp.float32(0.0), jnp.float32(0.51)))
        (True, False)

    Reference: Barker, Aust. J. Phys. 18, 119 (1965).
    """
    beta = check_beta(beta)
    if math.isinf(beta):
        return metropolis(beta)

    def rule(loss_change: jax.Array, uniform: jax.Array) -> jax.Array:
        change, number = together(loss_change, uniform)
        level = change == 0
        probability = jnp.where(level, 0.5, jax.nn.sigmoid(-_largest(beta, change.dtype) * jnp.where(level, 1, change)))
        return jnp.isfinite(change) & ((change <= 0) | (number > 0)) & (number <= probability)

    return rule


RULES = {"metropolis": metropolis, "barker": barker}


def acceptance(rule: str | Rule, beta: float) -> Rule:
    """The acceptance rule of this name at β; or the rule itself where it is a function, which has its own β."""
    if callable(rule):
        if beta != math.inf:
            raise ValueError(f"the rule is a function and has its own beta: leave out beta, got {beta}")
        _check_rule(rule)
        return rule
    if rule not in RULES:
        raise ValueError(
            f"unknown acceptance rule {rule!r}: there are {', '.join(RULES)}, or give a function"
            " rule(loss_change, uniform) -> accepted"
        )
    return RULES[rule](beta)


def _check_rule(rule: Rule) -> None:
    number = jax.ShapeDtypeStruct((), jnp.float32)
    made = jax.eval_shape(rule, number, number)
    if not (hasattr(made, "dtype") and made.dtype == np.bool_ and made.shape == ()):
        raise TypeError(
            f"the rule must return one truth value, accepted or not, got {jax.tree.map(_kind, made)}: compare a"
            " probability with the uniform number, lambda loss_change, uniform: uniform <= probability(loss_change)"
        )


def _kind(value: Any) -> str:
    return f"{getattr(value, 'dtype', type(value).__name__)}{[*np.shape(value)]}"


def rule_text(rule: str | Rule) -> str:
    """A rule as text that fixes its decisions: its name, or the program and the constants of a function."""
    if not callable(rule):
        return rule
    program = jax.make_jaxpr(rule)(jnp.float32(0), jnp.float32(0))
    return " ".join([str(program), *(repr(np.asarray(constant).tolist()) for constant in program.consts)])


def uniform_number(key: jax.Array, dtype: Any) -> jax.Array:
    """The number that decides, (k + 1/2) / 2^32 for 32 random bits k (64 in float64), rounded to at least float32.

    Never 0, and fine near 0: the chance to lie below p is p to 2^-33, or to a relative 2^-23 where that is larger (in
    float64 2^-65 and 2^-52), for every p in [0, 1].
    """
    bits = jnp.finfo(wide(dtype)).bits
    drawn = jax.random.bits(key, (), jnp.dtype(f"uint{bits}"))
    return (drawn.astype(wide(dtype)) + 0.5) * 2.0**-bits


def _largest(beta: float, dtype: Any) -> float:
    """β, or the largest number of the dtype."""
    return min(beta, float(jnp.finfo(dtype).max))


def together(loss_change: Any, uniform: Any) -> tuple[jax.Array, jax.Array]:
    """Both in one precision, at least float32."""
    change, number = jnp.asarray(loss_change), jnp.asarray(uniform)
    dtype = max(wide(change.dtype), wide(number.dtype), key=lambda kind: kind.itemsize)
    return change.astype(dtype), number.astype(dtype)
