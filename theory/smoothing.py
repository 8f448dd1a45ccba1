"""Mutation of finite width descends the smoothed loss U_σ(x) = E U(x + σξ), and so do weight noise and raw fitness."""

import math

import jax
import jax.numpy as jnp


def barker_drift(smoothed: jax.Array, *, mutation_std: float, beta: float) -> jax.Array:
    """Mean displacement of Barker's mutation, -(βσ²/4) ∇U_σ for any loss, to relative order (βΔU)².

    The even part of the acceptance cancels. Metropolis's has another term at that order, -(β/2) E ε|ΔU|, and follows
    no smoothed loss where it is curved.

    Args:
        smoothed: ∇U_σ, loss per parameter unit, (N,).
        mutation_std: σ, parameter units.
        beta: β, finite.

    Returns:
        Shape (N,), parameter units per step.

    Raises:
        ValueError: if β is not finite.

    Example:
        >>> round(float(barker_drift(jnp.array([2.0]), mutation_std=0.1, beta=1.0)[0]), 6)
        -0.005

    Reference: theory/README.md, "Weight perturbation"; atlas S10.
    """
    if not math.isfinite(beta):
        raise ValueError(f"beta must be finite, got {beta}: at β = ∞ mutation does not see how large a change is")
    return -beta * mutation_std**2 / 4 * smoothed


def perceptron_gradient(weights: jax.Array, inputs: jax.Array, labels: jax.Array, std: float) -> jax.Array:
    """∇U_σ of the share of errors of a perceptron, U_σ = mean Φ(-y x·w/(σ|x|)), whose own gradient is zero.

    Args:
        weights: w, (N,).
        inputs: x, (n, N), none zero.
        labels: y = ±1, (n,).
        std: σ, in the units of w, positive.

    Returns:
        Share of errors per unit of w, (N,).

    Raises:
        ValueError: if σ is not positive.

    Example:
        >>> found = perceptron_gradient(jnp.array([0.0]), jnp.array([[2.0]]), jnp.array([1.0]), 0.5)
        >>> round(float(found[0]), 4)
        -0.7979

    Reference: theory/README.md, "Weight perturbation"; atlas S10.
    """
    if not std > 0:
        raise ValueError(f"std must be positive, got {std}")
    size = jnp.linalg.norm(inputs, axis=1)
    density = jax.scipy.stats.norm.pdf(labels * (inputs @ weights) / (std * size))
    return -jnp.mean((density * labels / (std * size))[:, None] * inputs, axis=0)


def sharpness_gradient(gradient: jax.Array, hessian: jax.Array, radius: float) -> jax.Array:
    """g + ρ H g/|g|: the gradient uphill by ρ, exact in a bowl, and that of U + ρ|g|, which sharpness-aware steps take.

    Args:
        gradient: g = ∇U, loss per parameter unit, (N,), not zero.
        hessian: H, (N, N).
        radius: ρ, parameter units.

    Returns:
        Shape (N,).

    Example:
        >>> [round(float(one), 4) for one in sharpness_gradient(jnp.array([2.0, 0.0]), 3 * jnp.eye(2), 0.1)]
        [2.3, 0.0]

    Reference: theory/README.md, "Weight perturbation"; Foret et al., arXiv:2010.01412.
    """
    return gradient + radius * hessian @ gradient / jnp.linalg.norm(gradient)
