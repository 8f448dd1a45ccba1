"""Level 2: many directions of similar curvature. The loss change is N(m, v), m = σ² tr H / 2, v = σ²|∇U|².

Its premises, ‖H‖_F << |tr H| and σ ĝᵀHĝ << |g|, fail where one direction dominates the spectrum: use level 3 there.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm

from ._erfcx import erfcx
from .level1 import FAR, ROOT_2PI, drift_slope, split

ROOT_2 = math.sqrt(2)


class StepFactors(NamedTuple):
    """One mutation step in units of σ: acceptance, drift against ĝ, second moment of a coordinate along ĝ.

    Across ĝ the second moment is the acceptance.
    """

    acceptance: jax.Array
    drift: jax.Array
    along: jax.Array


def step_factors(kappa: jax.Array, b: jax.Array) -> StepFactors:
    """Acceptance Φ(-κ) + T, drift b T, second moment along ĝ Φ(-κ) + (1 + b²) T - b φ(κ); T = e^{b(b/2-κ)} Φ(κ - b).

    At b = ∞: Φ(-κ), φ(κ), Φ(-κ) + κφ(κ). At κ = 0 this is level 1 with s = b.

    Args:
        kappa: κ = m/√v = σ tr H / (2|∇U|), finite, any shape.
        b: β√v = βσ|∇U| in [0, ∞], same shape.

    Returns:
        ``StepFactors`` of that shape, dimensionless.

    Example:
        >>> factors = step_factors(jnp.float32(0.0), jnp.float32(jnp.inf))
        >>> [round(float(value), 6) for value in factors]
        [0.5, 0.398942, 0.5]

    Reference: theory/README.md, "Level 2".
    """
    kappa, b = jnp.asarray(kappa), jnp.asarray(b)
    cold, density, below = jnp.isinf(b), jnp.exp(-kappa * kappa / 2) / ROOT_2PI, norm.cdf(-kappa)
    rising = b >= kappa
    gap = jnp.where(cold | ~rising, 1.0, b - kappa)
    mills = math.sqrt(math.pi / 2) * erfcx(gap / ROOT_2)
    low = jnp.where(rising, 0.0, b)
    tail = jnp.exp(low * (low / 2 - jnp.where(rising, 1.0, kappa))) * norm.cdf(jnp.where(rising, 1.0, kappa) - low)
    uphill = jnp.where(rising, density * mills, tail)
    # gap * mills tends to 1 and b * mills - 1 cancels for large b, hence the rearranged sums.
    pull = jnp.where(rising, density * (gap * mills + kappa * mills), low * tail)
    slope = jnp.where(gap > FAR, -1 / (gap * gap), gap * mills - 1)
    near = density * (ROOT_2PI * drift_slope(gap) + kappa * (2 * slope + 1) + kappa * kappa * mills)
    square = jnp.where(rising, near, (1 + low * low) * tail - low * density)
    return StepFactors(
        jnp.where(cold, below, below + uphill),
        jnp.where(cold, density, pull),
        jnp.where(cold, below + kappa * density, below + square),
    )


def moments(
    gradient: jax.Array, trace: jax.Array, *, mutation_std: float, beta: float, step_time: float
) -> tuple[jax.Array, Callable[[jax.Array], jax.Array]]:
    """Drift and covariance factor of a mutation step at level 2, per unit of common time.

    Args:
        gradient: ∇U, shape (N,).
        trace: tr H, loss per parameter unit².
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number.
        step_time: λα, common time of one mutation step.

    Returns:
        (drift of shape (N,), factor), where ``factor(ξ)`` maps N(0, 1) numbers of shape (N,) to noise with the
        covariance of a step divided by λα. Without a gradient the drift is 0 and the acceptance is that of ΔU = m.

    Example:
        >>> drift, _ = moments(jnp.array([1.0, 0.0]), jnp.float32(0.0), mutation_std=1.0, beta=math.inf, step_time=1.0)
        >>> [round(float(v), 4) + 0.0 for v in drift]
        [-0.3989, 0.0]

    Reference: theory/README.md, "Level 2".
    """
    direction, size = split(gradient)
    safe = jnp.where(size > 0, size, 1.0)
    kappa = mutation_std * trace / (2 * safe)
    b = jnp.full_like(safe, jnp.inf) if math.isinf(beta) else beta * mutation_std * safe
    accepted, pull, along = step_factors(kappa, b)
    flat = _flat_acceptance(mutation_std**2 * trace / 2, beta)
    accepted, along = jnp.where(size > 0, accepted, flat), jnp.where(size > 0, along, flat)
    spread = jnp.maximum(along - jnp.where(size > 0, pull, 0.0) ** 2, 0.0)
    scale = mutation_std / math.sqrt(step_time)

    def factor(noise: jax.Array) -> jax.Array:
        part = jnp.sum(direction * noise) * direction
        return scale * (jnp.sqrt(accepted) * (noise - part) + jnp.sqrt(spread) * part)

    return -mutation_std / step_time * pull * direction, factor


def _flat_acceptance(rise: jax.Array, beta: float) -> jax.Array:
    """min(1, e^{-β m}), the acceptance where every proposal changes the loss by m."""
    if math.isinf(beta):
        return jnp.where(rise <= 0, jnp.ones_like(rise), 0.0)
    return jnp.exp(-beta * jnp.maximum(rise, 0.0))
