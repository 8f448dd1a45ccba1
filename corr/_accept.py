"""Acceptance: the Metropolis rule on the exact loss change."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp


def metropolis(beta: float) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """Metropolis acceptance, probability min(1, exp(-β ΔU)).

    β = ∞ has its own branch: accept exactly when ΔU <= 0. Equal losses are accepted at any β, a non-finite change
    is rejected at any β.

    Args:
        beta: reciprocal evolutionary temperature β in [0, ∞], in 1/loss; a Python number.

    Returns:
        ``rule(loss_change, uniform) -> accepted`` on scalars (or arrays of one shape); ``uniform`` in [0, 1).

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
    return lambda loss_change, uniform: jnp.isfinite(loss_change) & (jnp.log(uniform) <= -beta * loss_change)


def barker(beta: float) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """Barker (Glauber) acceptance, probability 1/(1 + exp(β ΔU)); at β = ∞ the same as Metropolis.

    Args:
        beta: β in [0, ∞], in 1/loss; a Python number.

    Returns:
        ``rule(loss_change, uniform) -> accepted``, as from ``metropolis``; a non-finite change is rejected.

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
    return lambda loss_change, uniform: jnp.isfinite(loss_change) & (uniform < jax.nn.sigmoid(-beta * loss_change))


RULES = {"metropolis": metropolis, "barker": barker}


def acceptance(rule: str, beta: float) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """The acceptance rule of this name at β."""
    if rule not in RULES:
        raise ValueError(f"unknown acceptance rule {rule!r}: there are {', '.join(RULES)}")
    return RULES[rule](beta)


def check_beta(beta: float) -> float:
    """β as a float, or an error that names what was got."""
    if isinstance(beta, bool) or not isinstance(beta, (int, float)):
        raise TypeError(f"beta must be a number in [0, inf], got {type(beta).__name__} {beta!r}")
    if not beta >= 0:
        raise ValueError(f"beta must lie in [0, inf] (inf means zero temperature), got {beta}")
    return float(beta)
