"""A bowl of which one matrix is sparse."""

from typing import Any

import jax
import jax.numpy as jnp

TARGET = {"w": jnp.linspace(-1.0, 1.0, 48).reshape(6, 8), "b": jnp.arange(6.0)}
START = {"w": 0.1 * jnp.cos(jnp.arange(48.0)).reshape(6, 8), "b": jnp.zeros(6)}
EPSILON = {"w": 1.5}  # 21 of 48


def loss(params: Any) -> jax.Array:
    return sum(jnp.sum((params[name] - TARGET[name]) ** 2) for name in TARGET)
