"""Acceptance: the Metropolis rule on the exact loss change."""

import math
import numbers
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def metropolis(beta: float) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """Metropolis acceptance, probability min(1, exp(-β ΔU)).

    β = ∞ has its own branch: accept exactly when ΔU <= 0. Equal losses are accepted at any β, a non-finite change
    is rejected at any β.

    Args:
        beta: reciprocal evolutionary temperature β in [0, ∞], in 1/loss.

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
        beta: β in [0, ∞], in 1/loss.

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


def check_beta(beta: Any) -> float:
    """β, a number of Python, NumPy or JAX, as a float; refuses what is not in [0, ∞]."""
    number = real_number("beta", beta, expected="a number in [0, inf]")
    if not number >= 0:
        raise ValueError(f"beta must lie in [0, inf] (inf means zero temperature), got {beta}")
    return number


def real_number(name: str, value: Any, *, expected: str = "a number") -> float:
    """``value``, a number of Python, NumPy or JAX, as a float.

    Raises:
        TypeError: for truth values, texts, complex numbers, arrays with dimensions and values that JAX is tracing.
        ValueError: for a number that no float can hold.
    """
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    else:
        real = any(jnp.issubdtype(dtype, kind) for kind in (jnp.integer, jnp.floating)) and not np.ndim(value)
    if not real:
        raise TypeError(f"{name} must be {expected}, got {type(value).__name__} {value!r}")
    try:
        return float(value)
    except jax.errors.ConcretizationTypeError as error:
        raise TypeError(
            f"{name} must be {expected} known before tracing, got {value}: call it outside jit, vmap and grad"
        ) from error
    except OverflowError as error:
        raise ValueError(f"{name} must be {expected} that float64 can hold, got a larger one") from error
