"""A bowl, places in it, schemes of a known mean, and ``characterize`` asked of them with the tests' own defaults."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

import corr

SLOPES = jnp.array([1.0, 2.0, 0.5, 1.5])
POINTS = {"far": jnp.array([2.0, -1.0, 1.0, 0.5]), "near": jnp.array([0.1, 0.3, -0.2, 0.1])}
K = 4  # standard errors, of at most 12 comparisons a test


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(SLOPES * x**2) / 2


def found(dynamics: corr.Dynamics, seed: int = 0, **options: Any) -> Any:
    options = {"points": POINTS, "draws": 20_000, "progress": False} | options
    return corr.characterize(dynamics, key=corr.root_key(seed), **options)


def close(number: Any, expected: float, model: float = 0.0) -> bool:
    return abs(number.value - expected) < K * number.standard_error + model


def scheme(drift: Callable[[jax.Array], jax.Array], noise: Callable[..., jax.Array], loss: Any = bowl) -> corr.Dynamics:
    """Steps of a known mean, ``drift(gradient)``, with ``noise(key, shape)`` of mean zero."""

    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        move = drift(jax.grad(loss)(state.position)) + noise(key, state.position.shape)
        new = corr.State(state.position + move, loss(state.position + move))
        return new, corr.Info(move, jnp.bool_(True), new.loss - state.loss, jnp.bool_(True))

    return corr.Dynamics(lambda params, key=None: corr.State(params, loss(params)), step, loss=loss)


STD = 1e-3
WALK = corr.mutation(bowl, mutation_std=STD)
