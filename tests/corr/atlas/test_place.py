"""The covariance of displacements and its standard errors, on a normal and on a skewed law."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.atlas._moves import Moves
from corr.atlas._place import MATRIX, place

K = 4.0
DRAWS, REPEATS = 2000, 600
MIX = np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [-0.5, 0.3, 2.0]])


def moves(seed: int, size: int = 3, law: str = "exponential") -> Moves:
    """Correlated numbers of covariance MIX MIXᵀ, or as many independent ones."""
    random = np.random.default_rng(seed)
    steps = random.exponential(size=(DRAWS, size)) if law == "exponential" else random.normal(size=(DRAWS, size))
    steps = steps @ MIX.T if size == 3 else steps
    return Moves(steps, steps, np.ones(DRAWS), np.zeros(size))


@pytest.mark.parametrize("law", ["normal", "exponential"])
def test_covariances_have_the_standard_errors_they_state(law: str) -> None:
    """Squared scores of each entry over repetitions have mean 1, and that of a wrong covariance has not."""
    found = [place(moves(seed, law=law), np.array([1.0, 0, 0]), 1.0) for seed in range(REPEATS)]
    values = np.array([one.covariance for one in found])
    errors = np.array([one.covariance_error for one in found])

    def off(truth: np.ndarray) -> np.ndarray:
        squares = ((values - truth) / errors) ** 2
        spread: np.ndarray = squares.std(axis=0, ddof=1) / np.sqrt(REPEATS)
        return np.abs(squares.mean(axis=0) - 1) / spread

    assert off(MIX @ MIX.T).max() < K
    assert off(1.1 * MIX @ MIX.T)[np.abs(MIX @ MIX.T) > 0.5].min() > K


def test_covariances_of_many_parameters_or_without_a_variance_are_left_out() -> None:
    gradient = np.zeros(MATRIX + 1)
    gradient[0] = 1.0
    assert place(moves(0, MATRIX + 1), gradient, 1.0).covariance is None
    assert place(moves(0, MATRIX), gradient[1:] + 1, 1.0).covariance is not None
    assert place(moves(0), gradient[:3], 1.0, robust=True).covariance is None


def test_draws_are_the_same_however_many_there_are_and_on_whatever_devices() -> None:
    """600 take both devices and more than one batch; of as many, none is drawn twice; a start may live on either."""
    walk = corr.mutation(lambda x: jnp.sum(x**2), mutation_std=0.1)
    ask = partial(corr.atlas.displacements, walk, key=corr.root_key(0), progress=False)
    last = jax.local_devices()[-1]
    few, many = ask({"here": jnp.ones(3)}, draws=100)["here"], ask({"here": jnp.ones(3)}, draws=600)["here"]
    elsewhere = ask({"here": jax.device_put(jnp.ones(3), last)}, draws=600)["here"]
    assert len(jax.local_devices()) == 2 and many.steps.shape == (600, 3)
    np.testing.assert_array_equal(many.steps[:100], few.steps)
    np.testing.assert_array_equal(many.steps, elsewhere.steps)
    moved = many.steps[many.accepted > 0]
    assert len(np.unique(moved, axis=0)) == len(moved) > 200


def test_a_variance_of_rounding_alone_is_none() -> None:
    """Moves along one line: what the difference of trace and line leaves across is rounding of either sign."""
    line = np.array([1.0, 2.0, -3.0, 0.5]) / 3.775
    for seed in range(10):
        steps = np.random.default_rng(seed).normal(3.0, size=(1000, 1)) * line
        found = place(Moves(steps, steps, np.ones(1000), np.zeros(4)), line, 1.0)
        assert found.noise["across"].value == 0 == found.kappa.value
        assert found.noise["along"].value > 0.5
        tilted = steps + 1e-3 * np.random.default_rng(seed).normal(size=steps.shape[::-1]).T
        assert place(Moves(tilted, tilted, np.ones(1000), np.zeros(4)), line, 1.0).noise["across"].value > 0
