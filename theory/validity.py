"""Validity numbers: how far a mutation step is from the paper's limit."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from .level1 import split


class Validity(NamedTuple):
    """Numbers that must be small for the paper's limit to hold.

    Attributes:
        s: βσ|∇U| (∞ at β = ∞, where it need not be small: the normalized limit is exact there).
        curvature: c = max(σ|tr H|/2, σ‖H‖_F/√2, σ|ĝᵀHĝ|)/|∇U|.
        beta_m: βσ² tr H / 2 (∞ at β = ∞).
        kappa: σ tr H / (2 |∇U|).
    """

    s: jax.Array
    curvature: jax.Array
    beta_m: jax.Array
    kappa: jax.Array


class Curvature(NamedTuple):
    """What the validity numbers need of a Hessian: its trace, Frobenius norm, and ĝᵀHĝ (loss per parameter unit²)."""

    trace: jax.Array
    frobenius: jax.Array
    along: jax.Array


def validity(gradient_norm: jax.Array, curvature: Curvature, *, mutation_std: float, beta: float) -> Validity:
    """The validity numbers s, c, βm and κ of one point.

    Args:
        gradient_norm: |∇U|, loss per parameter unit.
        curvature: from ``measure_curvature``.
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number.

    Returns:
        A ``Validity``; c and κ are ∞ where the gradient is zero and the curvature is not.

    Example:
        >>> curvature = Curvature(*map(jnp.float32, (2.0, 1.0, 0.5)))
        >>> numbers = validity(jnp.float32(1.0), curvature, mutation_std=0.1, beta=10.0)
        >>> round(float(numbers.curvature), 6), round(float(numbers.beta_m), 6)
        (0.1, 0.1)

    Reference: theory/README.md, "Validity numbers".
    """
    norm = jnp.asarray(gradient_norm)
    half_trace = mutation_std * curvature.trace / 2
    largest = jnp.maximum(
        jnp.abs(half_trace),
        jnp.maximum(mutation_std * curvature.frobenius / math.sqrt(2), mutation_std * jnp.abs(curvature.along)),
    )
    infinite = math.isinf(beta)
    return Validity(
        s=jnp.full_like(norm, jnp.inf) if infinite else beta * mutation_std * norm,
        curvature=_ratio(largest, norm),
        beta_m=jnp.full_like(norm, jnp.inf) if infinite else beta * mutation_std * half_trace,
        kappa=_ratio(half_trace, norm),
    )


def measure_curvature(
    loss: Callable[[jax.Array], jax.Array], position: jax.Array, probes: jax.Array | None = None
) -> tuple[jax.Array, Curvature]:
    """|∇U| and the curvature numbers from N Hessian-vector products, or estimated from fewer random ones.

    Args:
        loss: U as a function of a flat vector of shape (N,).
        position: x, shape (N,).
        probes: random signs, (P, N), for N beyond a few thousand: tr H as the mean of vᵀHv (standard error at most
            ‖H‖_F √(2/P)) and ‖H‖_F² as that of |Hv|²; None for the exact numbers.

    Returns:
        (|∇U|, ``Curvature``), scalars.

    Example:
        >>> norm, numbers = measure_curvature(lambda x: x[0] ** 2 + 2 * x[1] ** 2, jnp.array([1.0, 0.0]))
        >>> float(norm), float(numbers.trace), float(numbers.along)
        (2.0, 6.0, 2.0)

    Reference: theory/README.md, "Validity numbers".
    """
    gradient = jax.grad(loss)
    slope = gradient(position)
    direction, norm = split(slope)

    def product(vector: jax.Array) -> jax.Array:
        return jax.jvp(gradient, (position,), (vector,))[1]

    def looked_along(vector: jax.Array) -> tuple[jax.Array, jax.Array]:
        image = product(vector)
        return jnp.sum(vector * image), split(image)[1]

    def row(index: jax.Array) -> tuple[jax.Array, jax.Array]:
        return looked_along(jnp.zeros_like(position).at[index].set(1.0))

    along = jnp.sum(direction * product(direction))
    if probes is None:
        traces, lengths = jax.lax.map(row, jnp.arange(position.size))
        return norm, Curvature(jnp.sum(traces), split(lengths)[1], along)
    traces, lengths = jax.lax.map(looked_along, probes)
    return norm, Curvature(jnp.mean(traces), split(lengths)[1] / math.sqrt(len(lengths)), along)


def _ratio(top: jax.Array, bottom: jax.Array) -> jax.Array:
    unknown = jnp.where(top == 0, 0.0, jnp.sign(top) * jnp.inf)
    return jnp.where(bottom > 0, top / jnp.where(bottom > 0, bottom, 1.0), unknown)
