"""Other mutations and acceptance rules on a locally linear loss: what replaces level 0 and level 1.

At finite β every symmetric law with covariance C has the level-0 drift -(β/2) C ∇U. At β = ∞ the drift is
-(1/2) E[ε sign(∇U·ε)], which depends on the law. Laws without a variance are in ``theory.stable``.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from . import level1
from ._gauss import panels

# Decades of the integration variable below and above its scale, and panels in each.
BELOW, ABOVE, PER_DECADE = 6, 8, 5


def covariance_drift(gradient: jax.Array, covariance: jax.Array, *, beta: float) -> jax.Array:
    """Gaussian mutation with covariance C: -(β/2) C g at finite β (leading order), -C g/√(2π gᵀC g) at β = ∞ (exact).

    Args:
        gradient: g = ∇U, shape (N,).
        covariance: C, shape (N, N), squared parameter units.
        beta: β in [0, ∞], a Python number.

    Returns:
        Shape (N,), parameter units per step; zero where gᵀCg is zero.

    Example:
        >>> drift = covariance_drift(jnp.array([1.0, 0.0]), jnp.eye(2), beta=math.inf)
        >>> [round(float(v), 4) + 0.0 for v in drift]
        [-0.3989, 0.0]

    Reference: Whitelam et al. (2021), eq. 57, for any covariance.
    """
    image = covariance @ gradient
    if not math.isinf(beta):
        return -beta / 2 * image
    square = jnp.sum(gradient * image)
    return -jnp.where(square > 0, image / jnp.sqrt(2 * math.pi * jnp.where(square > 0, square, 1.0)), 0.0)


def rotation_invariant_factor(*, size: int, law: str, degrees: float = math.inf) -> float:
    """E|ĝ·ε|/(2σ), the drift against ĝ in units of σ at β = ∞, for the sphere or the multivariate t.

    Sphere of radius σ√N: √N Γ(N/2)/(2√π Γ((N+1)/2)), which tends to 1/√(2π). Multivariate t with ν > 2:
    √((ν-2)/π) Γ((ν-1)/2)/(2 Γ(ν/2)), for every N.

    Args:
        size: N, number of parameters.
        law: "sphere" or "t".
        degrees: ν of the multivariate t.

    Returns:
        A number; the drift is -σ times it along ĝ.

    Raises:
        ValueError: for an unknown law, or ν <= 2, which has no variance.

    Example:
        >>> [round(rotation_invariant_factor(size=n, law="sphere"), 4) for n in (1, 10**6)]
        [0.5, 0.3989]

    Reference: theory/README.md, "Other mutations".
    """
    if law == "sphere":
        logs = math.lgamma(size / 2) - math.lgamma((size + 1) / 2)
        return math.sqrt(size / math.pi) / 2 * math.exp(logs)
    if law != "t":
        raise ValueError(f"unknown rotation-invariant law {law!r}: there are sphere, t")
    if not degrees > 2:
        raise ValueError(f"Student's t needs more than 2 degrees of freedom to have a variance, got {degrees}")
    logs = math.lgamma((degrees - 1) / 2) - math.lgamma(degrees / 2)
    return math.sqrt((degrees - 2) / math.pi) / 2 * math.exp(logs)


def one_coordinate_drift(gradient: jax.Array, *, mutation_std: float, beta: float) -> jax.Array:
    """One coordinate at a time: -(σ/N) f(βσ|g_i|) sign(g_i), exact for a linear loss; f of level 1.

    A power-like map of each gradient component, with exponent 1 for βσ|g_i| << 1 and 0 (sign descent) beyond.

    Args:
        gradient: g = ∇U, shape (N,).
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number.

    Returns:
        Shape (N,), parameter units per step.

    Example:
        >>> [round(float(v), 4) for v in one_coordinate_drift(jnp.array([3.0, -1e-3]), mutation_std=1.0, beta=math.inf)]
        [-0.1995, 0.1995]

    Reference: theory/README.md, "Other mutations"; compare the power-gradient map of arXiv:1906.04787.
    """
    size = jnp.abs(gradient)
    s = jnp.full_like(size, jnp.inf) if math.isinf(beta) else beta * mutation_std * size
    return -mutation_std / gradient.size * level1.drift_factor(s) * jnp.sign(gradient)


def local_exponent(s: jax.Array) -> jax.Array:
    """d ln f/d ln s = s f'(s)/f(s): 1 as s → 0 (ordinary descent), 0 as s → ∞ (sign descent).

    Args:
        s: βσ|g_i|, positive and finite, any shape, dimensionless.

    Returns:
        Same shape.

    Example:
        >>> round(float(local_exponent(jnp.float32(1e-4))), 3), round(float(local_exponent(jnp.float32(1e4))), 3)
        (1.0, 0.0)

    Reference: theory/README.md, "Level 1".
    """
    return s * level1.drift_slope(s) / level1.drift_factor(s)


def barker_drift(gradient: jax.Array, *, mutation_std: float, beta: float) -> jax.Array:
    """Barker acceptance at finite β: -(βσ²/4) g, half of Metropolis's, with corrections of order (βσ|g|)².

    Args:
        gradient: g = ∇U, shape (N,).
        mutation_std: σ, parameter units.
        beta: β in [0, ∞), a Python number.

    Returns:
        Shape (N,), parameter units per step; the second moment of a component is σ²/2.

    Raises:
        ValueError: at β = ∞, where Barker is Metropolis.

    Example:
        >>> barker_drift(jnp.array([4.0]), mutation_std=1.0, beta=1.0).tolist()
        [-1.0]

    Reference: theory/README.md, "Other mutations".
    """
    if math.isinf(beta):
        raise ValueError("at beta = inf Barker acceptance is Metropolis: use level0.drift")
    return -(beta * mutation_std**2 / 4) * gradient


Law = tuple[Callable[[jax.Array], jax.Array], Callable[[jax.Array], jax.Array]]


def component_law(name: str, **options: Any) -> Law:
    """Characteristic function φ(u) = E e^{iuε} and -φ'(u) = E[ε sin(uε)] of one component with σ = 1.

    Args:
        name: "normal", "uniform", "laplace", or "sparse" (with ``probability``; σ of what mutates is 1).
        options: parameters of the law.

    Returns:
        (φ, -φ'), functions of u.

    Raises:
        ValueError: for an unknown law. Rademacher's does not decay: sum over its 2^N signs, or use the Gaussian limit.

    Example:
        >>> phi, minus_slope = component_law("laplace")
        >>> float(phi(jnp.float32(0.0))), float(minus_slope(jnp.float32(0.0)))
        (1.0, 0.0)

    Reference: theory/README.md, "Other mutations".
    """
    if name == "normal":
        return lambda u: jnp.exp(-u * u / 2), lambda u: u * jnp.exp(-u * u / 2)
    if name == "sparse":
        p = options["probability"]
        return lambda u: 1 - p + p * jnp.exp(-u * u / 2), lambda u: p * u * jnp.exp(-u * u / 2)
    if name == "laplace":
        return lambda u: 1 / (1 + u * u / 2), lambda u: u / (1 + u * u / 2) ** 2
    if name == "uniform":
        return _uniform, _uniform_slope
    raise ValueError(f"unknown law {name!r}: there are normal, uniform, laplace, sparse")


def independent_drift(gradient: jax.Array, law: Law, *, mutation_std: float, beta: float) -> jax.Array:
    """Drift for independent components of any law, exact on a linear loss (Metropolis).

    -(σ/π) ∫_0^∞ Re[W(t)] ψ_i(t)/t dt with ψ_i = -φ'(t g_i σ) Π_{j≠i} φ(t g_j σ) and Re W = β²/(β² + t²), 1 at β = ∞.

    Args:
        gradient: g = ∇U, shape (N,), at least two components not zero for laws that decay slowly.
        law: from ``component_law``.
        mutation_std: σ, parameter units.
        beta: β in (0, ∞], a Python number.

    Returns:
        Shape (N,), parameter units per step.

    Example:
        >>> drift = independent_drift(jnp.array([3.0, 4.0]), component_law("normal"), mutation_std=0.1, beta=math.inf)
        >>> [round(float(v), 5) for v in drift]
        [-0.02394, -0.03192]

    Reference: theory/README.md, "Other mutations".
    """
    phi, minus_slope = law
    pulls, size = level1.split(gradient)
    decades = [k / PER_DECADE - BELOW for k in range(PER_DECADE * (BELOW + ABOVE) + 1)]
    b = jnp.asarray(jnp.inf if math.isinf(beta) else beta * mutation_std * size, gradient.dtype)
    # Re W falls off at t = b, the law at t = 1: whichever is smaller sets the scale.
    scale = jnp.where(b > 0, jnp.minimum(b, 1.0), 1.0)
    t, weight = panels(scale * jnp.asarray([0.0, *(10.0**k for k in decades)], gradient.dtype))
    filtered = weight / t / (1 + jnp.square(t / b))
    arguments = t[:, None] * pulls[None, :]
    factors = phi(arguments)
    others = _product_of_others(factors)
    return -mutation_std / math.pi * (filtered @ (minus_slope(arguments) * others))


def _product_of_others(factors: jax.Array) -> jax.Array:
    """Π_{j≠i} of each row, by products from both ends; no division, as a factor may be zero."""
    ones = jnp.ones_like(factors[:, :1])
    before = jnp.concatenate([ones, jnp.cumprod(factors[:, :-1], axis=1)], axis=1)
    after = jnp.concatenate([jnp.cumprod(factors[:, :0:-1], axis=1)[:, ::-1], ones], axis=1)
    return before * after


def _uniform(u: jax.Array) -> jax.Array:
    """sin(√3 u)/(√3 u)."""
    return jnp.sinc(math.sqrt(3) / math.pi * u)


def _uniform_slope(u: jax.Array) -> jax.Array:
    v = math.sqrt(3) * u
    small = jnp.abs(v) < 0.1
    safe = jnp.where(small, 1.0, v)
    near = v / 3 * (1 - v * v / 10 * (1 - v * v / 28))
    return math.sqrt(3) * jnp.where(small, near, (jnp.sin(safe) / safe - jnp.cos(safe)) / safe)


def minibatch_drift(gradients: jax.Array, *, mutation_std: float, beta: float) -> jax.Array:
    """Mean drift over batches, each step deciding on one batch: -σ times the mean of f(βσ|g_b|) ĝ_b.

    At finite β with βσ|g_b| << 1 this is -(βσ²/2) times the mean gradient; at β = ∞ it is the mean of the normalized
    gradients, which is not the normalized mean gradient.

    Args:
        gradients: ∇U of every batch, shape (batches, N), equally likely.
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number.

    Returns:
        Shape (N,), parameter units per step.

    Example:
        >>> both = jnp.array([[3.0, 0.0], [0.0, 1.0]])
        >>> [round(float(v), 4) for v in minibatch_drift(both, mutation_std=1.0, beta=math.inf)]
        [-0.1995, -0.1995]

    Reference: theory/README.md, "Other mutations".
    """
    return jnp.mean(jax.vmap(lambda g: level1.drift(g, mutation_std=mutation_std, beta=beta))(gradients), axis=0)
