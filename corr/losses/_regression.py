"""Regression losses."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


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
            raise ValueError(f"the network's outputs have shape {outputs.shape}, the targets {targets.shape}")
        return jnp.mean((outputs - targets) ** 2)

    return loss
