"""One mutation step on a linear loss against theory level 1: acceptance, drift, covariance, any s."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.theory import level1

LIMIT = 4.0
DIMENSIONS = 3
COMPARED = 4
BATCH = 50_000


def one_step_sums(s: float, draws: int) -> tuple[np.ndarray, int]:
    """Sums of (a, z a, z² a, y² a) less their known values at a = 1, and of their squares; z along ĝ, y across.

    The proposal's own moments are known, so E z a is estimated from z (a - 1): a control variate that makes small s
    measurable.
    """
    std = 0.01
    gradient = np.zeros(DIMENSIONS)
    gradient[0] = 2.0
    beta = math.inf if math.isinf(s) else s / (std * 2.0)
    walk = corr.mutation(lambda x: jnp.sum(jnp.asarray(gradient, jnp.float32) * x), mutation_std=std, beta=beta)
    state = walk.init(jnp.zeros(DIMENSIONS))

    def one(key: jax.Array) -> jax.Array:
        _, info = walk.step(key, state)
        lost = info.accepted.astype(jnp.float32) - 1
        z, y = info.displacement[0] / std, info.displacement[1] / std
        return jnp.stack([lost, z * lost, z * z * lost, y * y * lost])

    @jax.jit
    def batch(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        values = jax.vmap(one)(jax.random.split(key, BATCH))
        return jnp.sum(values, 0), jnp.sum(values * values, 0)

    root, rounds = corr.root_key(7), -(-draws // BATCH)
    parts = [[np.asarray(part, np.float64) for part in batch(jax.random.fold_in(root, k))] for k in range(rounds)]
    return np.array([np.sum([part[i] for part in parts], axis=0) for i in (0, 1)]), rounds * BATCH


def scores(s: float, draws: int, factors: tuple[float, float, float, float] = (1.0,) * 4) -> np.ndarray:
    """Standard errors between measured and predicted (A - 1, drift, along - 1, across - 1), each times a factor."""
    (total, squares), count = one_step_sums(s, draws)
    mean = total / count
    error = np.sqrt((squares / count - mean**2) / count)
    with jax.enable_x64(True):
        strength = jnp.asarray(s, jnp.float64)
        across, along = level1.second_moments(strength)
        predicted = [level1.acceptance(strength) - 1, -level1.drift_factor(strength), along - 1, across - 1]
    return np.abs(mean - np.array([float(p) for p in predicted]) * factors) / error


@pytest.mark.parametrize("s", [0.1, 1.0, 10.0, 1e3, math.inf])
def test_step_agrees_with_level_1(s: float) -> None:
    """Four comparisons at each of five s, at 4 standard errors: a false alarm in about 1 of 800 runs of all."""
    measured = scores(s, 200_000)
    assert measured.max() < LIMIT, measured


@pytest.mark.parametrize("s", [1.0, math.inf])
@pytest.mark.parametrize("wrong", range(COMPARED))
def test_twin_with_a_wrong_formula_fails(s: float, wrong: int) -> None:
    factors = [1.0] * COMPARED
    factors[wrong] = 1.2
    assert scores(s, 200_000, tuple(factors))[wrong] > LIMIT  # pyright: ignore[reportArgumentType]


@pytest.mark.slow
@pytest.mark.parametrize("s", [1e-3, 1e-2])
def test_weak_selection_needs_many_draws(s: float) -> None:
    measured = scores(s, 5_000_000)
    assert measured.max() < LIMIT, measured
    assert scores(s, 5_000_000, (1.0, 1.2, 1.0, 1.0))[1] > LIMIT
