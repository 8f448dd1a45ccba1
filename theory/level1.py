"""Level 1: exact one-step moments for a locally linear loss, any β. One variable, s = βσ|∇U|."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

from ._erfcx import erfcx

ROOT_2PI = math.sqrt(2 * math.pi)
FAR = 100.0


def acceptance(s: jax.Array) -> jax.Array:
    """Probability that a mutation is accepted, A(s) = 1/2 + erfcx(s/√2)/2: 1 at s = 0, 1/2 at s = ∞.

    Args:
        s: βσ|∇U| in [0, ∞], dimensionless, any shape.

    Returns:
        Same shape.

    Example:
        >>> acceptance(jnp.array([0.0, jnp.inf])).tolist()
        [1.0, 0.5]

    Reference: theory/README.md, "Level 1"; limits: Whitelam et al. (2021), eqs. 4 and 7.
    """
    return 0.5 + erfcx(_array(s) / math.sqrt(2)) / 2


def drift_factor(s: jax.Array) -> jax.Array:
    """Drift against the gradient in units of σ, f(s) = (s/2) erfcx(s/√2): s/2 as s → 0, 1/√(2π) at s = ∞.

    Args:
        s: βσ|∇U| in [0, ∞], dimensionless, any shape.

    Returns:
        Same shape; the drift is -σ f(s) ∇U/|∇U|.

    Example:
        >>> [round(float(v), 6) for v in drift_factor(jnp.array([0.0, 1.0, jnp.inf]))]
        [0.0, 0.261578, 0.398942]

    Reference: theory/README.md, "Level 1"; limits: Whitelam et al. (2021), eqs. 5 and 8.
    """
    s = _array(s)
    finite = jnp.where(jnp.isinf(s), 1.0, s)
    return jnp.where(jnp.isinf(s), 1 / ROOT_2PI, finite / 2 * erfcx(finite / math.sqrt(2)))


def drift_slope(s: jax.Array) -> jax.Array:
    """f'(s) = ((1 + s²)/2) erfcx(s/√2) - s/√(2π); for s > 100 its series (2/s³ - 12/s⁵ + 90/s⁷)/√(2π).

    Args:
        s: βσ|∇U| in [0, ∞], dimensionless, any shape.

    Returns:
        Same shape; 1/2 at s = 0 and 0 at s = ∞. Absolute error of rounding size (times s near s = 100).

    Example:
        >>> drift_slope(jnp.array([0.0, jnp.inf])).tolist()
        [0.5, 0.0]

    Reference: theory/README.md, "Level 1".
    """
    s = _array(s)
    far = s > FAR
    near = jnp.where(far, 1.0, s)
    close = (1 + near * near) / 2 * erfcx(near / math.sqrt(2)) - near / ROOT_2PI
    inverse = 1 / jnp.where(far, s, FAR)
    series = inverse**3 * (2 - 12 * inverse**2 + 90 * inverse**4) / ROOT_2PI
    return jnp.where(far, series, close)


def second_moments(s: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Second moments of a step in units of σ²: (across the gradient, along it) = (A(s), 1/2 + f'(s)).

    Args:
        s: βσ|∇U| in [0, ∞], dimensionless, any shape.

    Returns:
        Two arrays of the same shape, each per coordinate.

    Example:
        >>> [float(m) for m in second_moments(jnp.asarray(jnp.inf))]
        [0.5, 0.5]

    Reference: theory/README.md, "Level 1".
    """
    return acceptance(s), 0.5 + drift_slope(s)


def drift(gradient: jax.Array, *, mutation_std: float, beta: float) -> jax.Array:
    """Mean displacement of one mutation step on a linear loss, -σ f(s) ∇U/|∇U|.

    Args:
        gradient: ∇U, shape (N,).
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number.

    Returns:
        Shape (N,), parameter units per mutation step; zero where the gradient is zero.

    Example:
        >>> [round(float(v), 5) for v in drift(jnp.array([3.0, 4.0]), mutation_std=0.1, beta=math.inf)]
        [-0.02394, -0.03192]

    Reference: theory/README.md, "Level 1".
    """
    direction, norm = split(gradient)
    return -mutation_std * drift_factor(strength(norm, mutation_std=mutation_std, beta=beta)) * direction


def strength(gradient_norm: jax.Array, *, mutation_std: float, beta: float) -> jax.Array:
    """s = βσ|∇U|, with s = ∞ at β = ∞ (also where the gradient is zero).

    Args:
        gradient_norm: |∇U|, loss per parameter unit, any shape.
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number.

    Returns:
        Same shape, dimensionless.

    Example:
        >>> float(strength(jnp.float32(2.0), mutation_std=0.5, beta=3.0))
        3.0

    Reference: theory/README.md, "Level 1".
    """
    norm = _array(gradient_norm)
    return jnp.full_like(norm, jnp.inf) if math.isinf(beta) else beta * mutation_std * norm


def moments(
    gradient: jax.Array, *, mutation_std: float, beta: float, step_time: float
) -> tuple[jax.Array, Callable[[jax.Array], jax.Array]]:
    """Drift and covariance factor of a mutation step on a linear loss, per unit of common time.

    Covariance of a step: σ² [A(s) (I - ĝĝᵀ) + (1/2 + f'(s) - f(s)²) ĝĝᵀ].

    Args:
        gradient: ∇U, shape (N,).
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number.
        step_time: λα, common time of one mutation step.

    Returns:
        (drift of shape (N,), factor), where ``factor(ξ)`` maps N(0, 1) numbers of shape (N,) to noise with the
        covariance of a step divided by λα.

    Example:
        >>> b, factor = moments(jnp.array([1.0, 0.0]), mutation_std=1.0, beta=math.inf, step_time=1.0)
        >>> [round(float(v) ** 2, 4) for v in factor(jnp.ones(2))]
        [0.3408, 0.5]

    Reference: theory/README.md, "Level 1".
    """
    direction, norm = split(gradient)
    s = strength(norm, mutation_std=mutation_std, beta=beta)
    across, along = second_moments(s)
    spread = jnp.maximum(along - drift_factor(s) ** 2, 0.0)
    scale = mutation_std / math.sqrt(step_time)

    def factor(noise: jax.Array) -> jax.Array:
        part = jnp.sum(direction * noise) * direction
        return scale * (jnp.sqrt(across) * (noise - part) + jnp.sqrt(spread) * part)

    return drift(gradient, mutation_std=mutation_std, beta=beta) / step_time, factor


def _array(s: jax.Array) -> jax.Array:
    return jnp.asarray(s, jnp.result_type(s, float) if not hasattr(s, "dtype") else None)


def split(gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Direction and size of a vector, (ĝ, |g|); zeros where it is zero.

    Args:
        gradient: g, shape (N,).

    Returns:
        (shape (N,), scalar).

    Example:
        >>> direction, size = split(jnp.array([0.0, 2.0]))
        >>> direction.tolist(), float(size)
        ([0.0, 1.0], 2.0)

    Reference: theory/README.md, "Level 1".
    """
    largest = jnp.max(jnp.abs(gradient), initial=0)
    scaled = gradient / jnp.where(largest == 0, 1, largest)  # squares of 1e-20 or 1e20 are no float32 numbers
    square = jnp.sum(scaled * scaled)
    size = jnp.where(square == 0, 0, jnp.sqrt(jnp.where(square == 0, 1, square)))  # a root at 0 has no derivative
    return scaled / jnp.where(size == 0, 1, size), size * largest
