"""Level 0: the paper's limits, one-step moments to leading order in σ, and the matching of the two clocks."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from ._beta import is_cold
from .level1 import split


def mutation_std(*, learning_rate: float, step_ratio: float, beta: float) -> float:
    """σ matched to α and λ: σ = λ α √(2π) at β = ∞, σ = √(2 λ α / β) at finite β.

    Args:
        learning_rate: α > 0.
        step_ratio: λ > 0.
        beta: β in (0, ∞], 1/loss.

    Returns:
        σ in parameter units.

    Example:
        >>> round(mutation_std(learning_rate=1e-4, step_ratio=1.0, beta=1e3), 9)
        0.000447214

    Reference: Whitelam et al. (2021), eqs. 14 and 17.
    """
    if math.isinf(beta):
        return step_ratio * learning_rate * math.sqrt(2 * math.pi)
    return math.sqrt(2 * step_ratio * learning_rate / beta)


def step_time(*, mutation_std: float, beta: float) -> float:
    """Common time of one mutation step, λα = σ/√(2π) at β = ∞ and βσ²/2 at finite β; the inverse of ``mutation_std``.

    Args:
        mutation_std: σ > 0, parameter units.
        beta: β in (0, ∞], 1/loss.

    Returns:
        λα, in common time.

    Example:
        >>> round(step_time(mutation_std=0.1, beta=2.0), 9)
        0.01

    Reference: Whitelam et al. (2021), eqs. 14 and 17.
    """
    return mutation_std / math.sqrt(2 * math.pi) if math.isinf(beta) else beta * mutation_std**2 / 2


def drift(gradient: jax.Array, *, mutation_std: Any, beta: float) -> jax.Array:
    """Mean displacement of one mutation step: -(βσ_i²/2) ∂_i U; at β = ∞ -(σ_i²/√(2π)) ∂_i U / √(Σ_j σ_j² (∂_j U)²).

    Args:
        gradient: ∇U, shape (N,).
        mutation_std: σ, a number or σ_i of shape (N,).
        beta: β in [0, ∞], a Python number, or a traced one that is finite.

    Returns:
        Shape (N,), parameter units per mutation step; zero where the gradient is zero.

    Example:
        >>> [round(float(v), 6) for v in drift(jnp.array([3.0, 4.0]), mutation_std=0.1, beta=2.0)]
        [-0.03, -0.04]

    Reference: Whitelam et al. (2021), eqs. 5, 8 and 57.
    """
    if not is_cold(beta):
        return -(beta * jnp.square(mutation_std) / 2) * gradient
    direction, _ = split(mutation_std * gradient)
    return -mutation_std * direction / math.sqrt(2 * math.pi)


def noise_variance(*, mutation_std: Any, beta: float) -> Any:
    """Second moment of one coordinate of a mutation step across the gradient: σ² at finite β, σ²/2 at β = ∞.

    Args:
        mutation_std: σ or σ_i, parameter units.
        beta: β in [0, ∞].

    Returns:
        Squared parameter units per mutation step.

    Example:
        >>> noise_variance(mutation_std=2.0, beta=math.inf)
        2.0

    Reference: Whitelam et al. (2021), eqs. 4 and 7.
    """
    return mutation_std**2 / 2 if is_cold(beta) else mutation_std**2
