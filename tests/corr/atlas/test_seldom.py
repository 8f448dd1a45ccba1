"""Parameters that never move: frozen, or missed by a scheme that moves each in few draws."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.atlas._seldom import may_move

from .asked import close, found, scheme

SIZE, SEEDS = 800, 20
RATES = [0.3, 1.0, 3.0]  # mean number of draws in which one parameter moves


@pytest.mark.parametrize("rate", RATES)
def test_what_is_missed_by_chance_is_kept(rate: float) -> None:
    """Poisson counts, of one mean and of means that differ by a factor of ten."""
    rng = np.random.default_rng(0)
    means = np.array([rate * np.ones(SIZE), rate * rng.uniform(0.2, 2.0, SIZE)])
    assert all(may_move(rng.poisson(one)).all() for one in means for _ in range(SEEDS))


@pytest.mark.parametrize("rate", [3.0, 6.0, 30.0, 1000.0])
def test_what_is_frozen_is_left_out(rate: float) -> None:
    """As many as move; where all move often, a single one as well."""
    rng = np.random.default_rng(1)
    for _ in range(SEEDS):
        counts = np.concatenate([rng.poisson(rate, SIZE), np.zeros(SIZE, int)])
        np.testing.assert_array_equal(may_move(counts), counts > 0)
    counts = np.array([1000] * 5 + [0])
    np.testing.assert_array_equal(may_move(counts), counts > 0)


def test_the_coefficient_of_a_sparse_scheme_with_few_draws_is_not_that_of_what_moved() -> None:
    """A descent that moves one of 20 parameters in one step of fifty: a third never moves in a thousand draws."""
    size, rate, learning_rate = 20, 0.02, 1e-3
    slopes = jnp.linspace(0.5, 1.5, size)

    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        which, whether = jax.random.split(key)
        chosen = (jnp.arange(size) == jax.random.randint(which, (), 0, size)) & (jax.random.uniform(whether) < rate)
        move = -learning_rate * size / rate * jnp.where(chosen, slopes, 0.0)
        return corr.State(state.position + move, state.loss), corr.Info(
            move, jnp.bool_(True), jnp.zeros(()), jnp.bool_(True)
        )

    rare = scheme(lambda g: g, lambda key, shape: jnp.zeros(shape), loss=lambda x: jnp.sum(slopes * x))
    with pytest.warns(UserWarning, match=r"of 20 parameters never moved, by chance, .* give more draws"):
        result = found(rare._replace(step=step), points={"here": jnp.zeros(size)}, draws=1000)
    assert close(result.laws["g"].coefficient, learning_rate)
    assert not close(result.laws["g"].coefficient, learning_rate / (1 - math.exp(-1000 * rate / size)))
    assert "parameters never moved, by chance: kept" in str(result)
    # D per coordinate counts those that did not move: |g|² η² N/rate over N.
    expected = learning_rate**2 * float(jnp.sum(slopes**2)) / rate
    assert close(result.places["here"].noise["across"], expected)
    assert not close(result.places["here"].noise["across"], 1.6 * expected)
