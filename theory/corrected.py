"""Moments of the corrected gradient side: drift and covariance of a mutation step at level 2 or 3 instead of the limit.

Each function returns (measure, moments) for ``corr.langevin``: ``measure`` looks at the curvature where the engine
refreshes, ``moments`` is evaluated in every step. A refresh costs N Hessian-vector products (level 2), and an
eigenvalue decomposition and the quadrature on top (level 3); a step of level 3 costs two N x N products.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from . import level2, level3
from .spectrum import full_spectrum
from .validity import measure_curvature

Loss = Callable[[jax.Array], jax.Array]
Factor = Callable[[jax.Array], jax.Array]


def level2_side(*, mutation_std: float, beta: float, step_time: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Level 2: the trace of the Hessian is measured at every refresh.

    Args:
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number.
        step_time: λα, common time of one mutation step.

    Returns:
        (measure, moments).

    Example:
        >>> measure, moments = level2_side(mutation_std=0.1, beta=float("inf"), step_time=0.04)
        >>> drift, _ = moments(jnp.array([1.0, 0.0]), measure(lambda x: x[0], jnp.zeros(2)))
        >>> [round(float(v), 4) + 0.0 for v in drift]
        [-0.9974, 0.0]

    Reference: theory/README.md, "Corrected dynamics".
    """

    def measure(loss: Loss, position: jax.Array) -> jax.Array:
        return measure_curvature(loss, position)[1].trace

    def moments(gradient: jax.Array, trace: jax.Array) -> tuple[jax.Array, Factor]:
        return level2.moments(gradient, trace, mutation_std=mutation_std, beta=beta, step_time=step_time)

    return measure, moments


def level3_side(*, mutation_std: float, beta: float, step_time: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Level 3: response matrix R (drift = -R ∇U) and covariance of a step are measured at every refresh, in float64.

    Args:
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number.
        step_time: λα, common time of one mutation step.

    Returns:
        (measure, moments).

    Example:
        >>> measure, moments = level3_side(mutation_std=0.1, beta=float("inf"), step_time=0.04)
        >>> drift, _ = moments(jnp.array([1.0, 0.0]), measure(lambda x: x[0], jnp.zeros(2)))
        >>> [round(float(v), 4) + 0.0 for v in drift]
        [-0.9974, 0.0]

    Reference: theory/README.md, "Corrected dynamics".
    """

    def measure(loss: Loss, position: jax.Array) -> tuple[jax.Array, jax.Array]:
        gradient, hessian = jax.grad(loss)(position), jax.hessian(loss)(position)
        with jax.enable_x64(True):
            wide = full_spectrum(gradient.astype(jnp.float64), hessian.astype(jnp.float64))
            answer = level3.response(wide, mutation_std=mutation_std, beta=beta)
            drift = answer @ gradient.astype(jnp.float64)
            second = level3.second_moment(wide, mutation_std=mutation_std, beta=beta)
            spread, directions = jnp.linalg.eigh(second - drift[:, None] * drift[None, :])
            factor = (directions * jnp.sqrt(jnp.maximum(spread, 0.0))[None, :]) @ directions.T
            return (answer / step_time).astype(position.dtype), (factor / step_time**0.5).astype(position.dtype)

    def moments(gradient: jax.Array, measured: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, Factor]:
        answer, factor = measured
        return -(answer @ gradient), lambda noise: factor @ noise

    return measure, moments
