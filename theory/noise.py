"""Noise in the evaluation of the loss is temperature: decisions on ΔU + τz on a linear loss."""

import jax
import jax.numpy as jnp

from . import level1


def drift(gradient: jax.Array, *, mutation_std: float, beta: float, tau: float) -> jax.Array:
    """-σ² g f(βR)/R with R² = σ²|g|² + τ², f of level 1: exact on a linear loss for Gaussian mutation and noise.

    The mean of ε given Y = g·ε + τz is σ²gY/R², and Y decides. At β = ∞: -σ²g/√(2π(σ²|g|² + τ²)), plain descent of
    learning rate βσ²/2 with β = √(2/π)/τ where τ >> σ|g|.

    Args:
        gradient: g = ∇U, shape (N,).
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number.
        tau: standard deviation of the noise on a loss change, loss units, not negative.

    Returns:
        Shape (N,), parameter units per step.

    Example:
        >>> cold = drift(jnp.array([3.0, 4.0]), mutation_std=0.1, beta=float("inf"), tau=0.5)
        >>> [round(float(v), 5) for v in cold]
        [-0.01693, -0.02257]

    Reference: theory/README.md, "Noisy evaluations"; atlas, section 4.
    """
    size = width(gradient, mutation_std=mutation_std, tau=tau)
    safe = jnp.where(size > 0, size, 1.0)
    return jnp.where(size > 0, -(mutation_std**2) * level1.drift_factor(beta * safe) / safe, 0.0) * gradient


def acceptance(gradient: jax.Array, *, mutation_std: float, beta: float, tau: float) -> jax.Array:
    """Mean acceptance, A(βR) of level 1: 1/2 at β = ∞.

    Args:
        gradient, mutation_std, beta, tau: as in ``drift``.

    Returns:
        A scalar.

    Example:
        >>> float(acceptance(jnp.array([3.0, 4.0]), mutation_std=0.1, beta=float("inf"), tau=0.5))
        0.5

    Reference: theory/README.md, "Noisy evaluations".
    """
    return level1.acceptance(beta * width(gradient, mutation_std=mutation_std, tau=tau))


def width(gradient: jax.Array, *, mutation_std: float, tau: float) -> jax.Array:
    """R = √(σ²|g|² + τ²), the standard deviation of what decides.

    Args:
        gradient, mutation_std, tau: as in ``drift``.

    Returns:
        A scalar, loss units.

    Example:
        >>> round(float(width(jnp.array([3.0, 4.0]), mutation_std=0.1, tau=1.2)), 6)
        1.3

    Reference: theory/README.md, "Noisy evaluations".
    """
    return jnp.hypot(mutation_std * jnp.linalg.norm(gradient), tau)


def effective_beta(tau: float, beta: float = float("inf")) -> float:
    """β of the clock, learning rate βσ²/2, where τ >> σ|g|: 2f(βτ)/τ, √(2/π)/τ at β = ∞.

    Half of the proposals are taken, so that noise falls with the drift: the stationary temperature is that of
    β_stationary = this over the acceptance, 2√(2/π)/τ at β = ∞.

    Args:
        tau: τ > 0, loss units.
        beta: β of the rule.

    Returns:
        In 1/loss.

    Raises:
        ValueError: if τ is not positive.

    Example:
        >>> round(effective_beta(2.0), 4)
        0.3989

    Reference: theory/README.md, "Noisy evaluations"; atlas, section 4.
    """
    if not tau > 0:
        raise ValueError(f"tau must be positive, got {tau}")
    return float(2 * level1.drift_factor(jnp.asarray(beta * tau)) / tau)
