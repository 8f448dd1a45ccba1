"""Simulated annealing, mutation with β(k) in step k: the clock of plain descent, and where it ends."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from .level1 import drift_factor


def clock(betas: Any, *, mutation_std: float) -> np.ndarray:
    """Time of plain gradient descent dx/dτ = -∇U after each step, τ = Σ β(k) σ²/2, while s = βσ|∇U| ≪ 1.

    Args:
        betas: β(0), β(1), ..., in 1/loss, shape (steps,).
        mutation_std: σ, parameter units.

    Returns:
        Shape (steps,), parameter units squared per loss.

    Example:
        >>> clock([1.0, 2.0, 4.0], mutation_std=0.1).round(3).tolist()
        [0.005, 0.015, 0.035]

    Reference: theory/README.md, "Annealing".
    """
    return np.cumsum(np.asarray(betas, np.float64)) * mutation_std**2 / 2


def distance(betas: Any, *, mutation_std: float, gradient_norm: float) -> np.ndarray:
    """Mean distance down a linear loss after each step, level 1: σ Σ f(s_k) with s_k = β(k)σ|∇U|; |∇U| τ for s ≪ 1.

    Args:
        betas: β(0), β(1), ..., in (0, ∞], in 1/loss, shape (steps,).
        mutation_std: σ, parameter units.
        gradient_norm: |∇U|, loss per parameter unit.

    Returns:
        Shape (steps,), parameter units.

    Example:
        >>> distance([1.0, 1.0, float("inf")], mutation_std=1.0, gradient_norm=1.0).round(3).tolist()
        [0.262, 0.523, 0.922]

    Reference: theory/README.md, "Annealing".
    """
    strengths = jnp.asarray(np.asarray(betas) * (mutation_std * gradient_norm), jnp.result_type(float))
    return np.cumsum(np.asarray(drift_factor(strengths), np.float64)) * mutation_std


def bowl_variance(betas: Any, *, mutation_std: float, curvature: float, start: float = 0.0) -> np.ndarray:
    """Variance in one direction of a bowl U = h x²/2 after each step, v ← v + σ² (1 - h v β(k)).

    Args:
        betas: β(0), β(1), ..., in 1/loss, shape (steps,).
        mutation_std: σ, parameter units.
        curvature: h, loss per parameter unit squared; σ² h β below 1, or the loss is no bowl to a mutation.
        start: variance before the first step.

    Returns:
        Shape (steps,), parameter units squared.

    Example:
        >>> float(bowl_variance(np.full(500, 10.0), mutation_std=0.1, curvature=2.0)[-1].round(6))
        0.05

    Reference: theory/README.md, "Annealing".
    """
    variance, reached = start, []
    for beta in np.asarray(betas, np.float64):
        variance += mutation_std**2 * (1 - curvature * variance * beta)
        reached.append(variance)
    return np.array(reached)
