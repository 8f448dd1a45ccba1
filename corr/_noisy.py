"""Decisions on a loss change that is known with noise."""

import math

import jax
import jax.numpy as jnp

from ._accept import Rule, together
from ._checks import check_beta, check_positive

FAR = 20.0  # standard deviations beyond which a normal tail is its series


def noisy(tau: float, beta: float = math.inf) -> Rule:
    """Metropolis acceptance on ΔU + τz with z ~ N(0, 1) drawn anew for every decision: a rule for ``mutation``.

    The noise is averaged over in the probability, Φ(-Δ/τ) + e^{-βΔ + β²τ²/2} Φ(Δ/τ - βτ), so that steps have the law of
    noisy ones and take one random number. Losses on batches of their own, their difference normal, are decided so.

    Args:
        tau: τ > 0, standard deviation of the noise on a loss change, in loss units; two losses of batches of B points
            drawn independently have τ² = 2 Var/B.
        beta: β in (0, ∞] of the rule, 1/loss.

    Returns:
        ``rule(loss_change, uniform) -> accepted``, as from ``metropolis``; a change that is not finite is rejected.

    Raises:
        ValueError: if τ or β is not positive.
        TypeError: if one is no number.

    Example:
        >>> rule = noisy(0.1)
        >>> [bool(rule(jnp.float32(0.1), jnp.float32(u))) for u in (0.158, 0.159)]
        [True, False]

    Reference: theory/README.md, "Noisy evaluations".
    """
    tau, beta = check_positive("tau", tau), check_beta(beta)
    if beta == 0:
        raise ValueError("beta must be positive, got 0: every step is taken, whatever the noise")

    def rule(loss_change: jax.Array, uniform: jax.Array) -> jax.Array:
        change, number = together(loss_change, uniform)
        off = jnp.where(jnp.isfinite(change), change, 0) / tau
        probability = jax.scipy.special.ndtr(-off)
        if math.isfinite(beta):
            probability = probability + _rises(off, beta * tau)
        return jnp.isfinite(change) & (number <= probability)

    return rule


def _rises(off: jax.Array, slope: float) -> jax.Array:
    """e^{-sx + s²/2} Φ(x - s), the part of changes that rise and are taken."""
    beyond = off - slope
    far = jnp.minimum(beyond, -FAR)
    # There the exponents are large and cancel: φ(x) times Mills' ratio, to 1e-7.
    tail = jnp.exp(-(off**2) / 2) / math.sqrt(2 * math.pi) / -far * (1 - 1 / far**2 + 3 / far**4)
    near = jnp.maximum(beyond, -FAR)
    inside = jnp.exp(jax.scipy.special.log_ndtr(near) + slope * (slope / 2 - off))
    return jnp.where(beyond < -FAR, tail, inside)
