"""Regression losses: of a network on fixed data, and pointwise."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from .._checks import check_positive
from ._targets import values


def mean_squared_error(
    apply: Callable[[Any, jax.Array], jax.Array], points: jax.Array, targets: jax.Array
) -> Callable[[Any], jax.Array]:
    """Mean squared error of a network on fixed data, U(x) = (1/K) Σ_k (f_x(θ_k) - y_k)².

    Args:
        apply: ``apply(params, points) -> outputs``, outputs of the targets' shape.
        points: inputs θ, shape (features, K).
        targets: y, shape (outputs, K).

    Returns:
        ``loss(params) -> scalar``, in squared units of the targets.

    Raises:
        ValueError: when called, if the outputs' shape is not the targets'.

    Example:
        >>> loss = mean_squared_error(lambda p, x: p * x, jnp.ones((1, 4)), jnp.zeros((1, 4)))
        >>> float(loss(jnp.float32(2.0)))
        4.0

    Reference: Whitelam et al. (2021), Fig. 1.
    """

    def loss(params: Any) -> jax.Array:
        outputs = apply(params, points)
        if outputs.shape != targets.shape:
            raise ValueError(
                f"the network's outputs have shape {outputs.shape}, the targets {targets.shape}, expected equal ones,"
                " points last: targets[None] makes (1, K) of (K,)"
            )
        return jnp.mean((outputs - targets) ** 2)

    return loss


def squared(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """Squared error of each point, l = (1/n) Σ_i (f_i - y_i)² over its n outputs.

    Args:
        outputs: f, (n, K).
        targets: y, (n, K), floating point.

    Returns:
        l, (K,), in squared units of the targets.

    Raises:
        TypeError: if the targets are no floating-point numbers.
        ValueError: if they have not the outputs' shape.

    Example:
        >>> squared(jnp.array([[1.0, 2.0]]), jnp.zeros((1, 2))).tolist()
        [1.0, 4.0]

    Reference: Whitelam et al. (2021), Fig. 1; ``optax.squared_error``.
    """
    return jnp.mean(optax.squared_error(outputs, values(outputs, targets)), axis=0)


def huber(delta: float = 1.0) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """Huber's loss, e²/2 up to |e| = δ and δ(|e| - δ/2) beyond, e = f - y, mean over the outputs of a point.

    Args:
        delta: δ > 0, in units of the targets.

    Returns:
        ``(outputs (n, K), targets (n, K)) -> (K,)``, in squared units of the targets.

    Raises:
        ValueError: if δ is not positive and finite; as ``squared`` when called.

    Example:
        >>> huber(1.0)(jnp.array([[0.5, 3.0]]), jnp.zeros((1, 2))).tolist()
        [0.125, 2.5]

    Reference: Huber (1964); ``optax.huber_loss``.
    """
    corner = check_positive("delta", delta)
    return lambda outputs, targets: jnp.mean(optax.huber_loss(outputs, values(outputs, targets), delta=corner), axis=0)


def log_cosh(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """log cosh e, e = f - y, mean over the outputs of a point: e²/2 near zero, |e| - log 2 far out.

    Args:
        outputs: f, (n, K).
        targets: y, (n, K), floating point.

    Returns:
        (K,); e is taken as a pure number.

    Raises:
        TypeError: if the targets are no floating-point numbers.
        ValueError: if they have not the outputs' shape.

    Example:
        >>> [round(float(v), 4) for v in log_cosh(jnp.array([[0.01, 3.0]]), jnp.zeros((1, 2)))]
        [0.0, 2.3093]

    Reference: ``optax.log_cosh`` in value.
    """
    error = outputs - values(outputs, targets)
    # optax adds and takes off log 2, in whose rounding a loss below 1e-7 and its change are lost. Up to |e| = 1 this is
    # log(1 + 2 sinh²(e/2)); what is added beyond is zero there, in value and change.
    near = jnp.log1p(2 * jnp.square(jnp.sinh(jnp.clip(error, -1, 1) / 2)))
    size = jnp.maximum(jnp.abs(error), 1)
    return jnp.mean(near + (size + jnp.log1p(jnp.exp(-2 * size)) - (1 + math.log1p(math.exp(-2)))), axis=0)
