"""Laws of two ensembles, and of one against its stationary law: known answers, and wrong laws noticed."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray
from scipy import stats
from scipy.spatial import distance

import corr
from corr import inference

LIMIT = 4.0


def spreads(rng: np.random.Generator, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Two ensembles of equal mean, the second with its noise multiplied."""
    return rng.normal(size=(60, 2, 8)), scale * rng.normal(size=(50, 2, 8))


def test_energy_statistic_is_the_energy_distance_of_different_pairs() -> None:
    a, b = spreads(np.random.default_rng(0))
    result = inference.energy_test(a, b, seed=0, permutations=9)
    x, y = a[:, 1], b[:, 1]
    expected = 2 * distance.cdist(x, y).mean() - distance.pdist(x).mean() - distance.pdist(y).mean()
    assert result.statistic[1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_energy_sees_a_change_of_spread_that_leaves_the_means(scale: float) -> None:
    """All of 10 pairs with half as much noise again; without it at most 4, which chance exceeds once in 10 000."""
    rng = np.random.default_rng(1)
    found = [
        inference.energy_test(*spreads(rng, scale), seed=repeat, permutations=99).maximum_p <= 0.05
        for repeat in range(10)
    ]
    assert sum(found) <= 4 if scale == 1.0 else all(found)


def test_laws_at_the_common_start_are_equal() -> None:
    a, b = spreads(np.random.default_rng(0))
    a[:, 0] = b[:, 0] = 1.0
    assert inference.energy_test(a, b, seed=0, permutations=19).p_value[0] == 1.0
    assert inference.projection_test(a, b, np.eye(8)).p_value[:, 0].tolist() == [1.0] * 8


def test_projection_test_is_kolmogorov_smirnov_of_each_projection() -> None:
    a, b = spreads(np.random.default_rng(2), 3.0)
    directions = np.random.default_rng(3).normal(size=(4, 8))
    result = inference.projection_test(a, b, directions)
    one = stats.ks_2samp(a[:, 1] @ directions[2], b[:, 1] @ directions[2])
    assert result.p_value[2, 1] == pytest.approx(one.pvalue, rel=1e-9)
    order = np.sort(result.p_value.ravel())
    assert result.adjusted_p.min() == pytest.approx(order.size * order[0], rel=1e-9)
    with pytest.raises(ValueError, match="row of zeros"):
        inference.projection_test(a, b, np.zeros((1, 8)))


@pytest.mark.parametrize("test", [functools.partial(inference.energy_test, seed=0),
                                  functools.partial(inference.projection_test, directions=np.eye(8))])  # fmt: skip
def test_bad_ensembles(test) -> None:
    a, b = spreads(np.random.default_rng(0))
    for bad, message in ((a[:1], "at least 2"), (a[[0, 1, 1]], "repeats 1"), (a * np.nan, "finite"),
                         (a[:, :1], "differ in")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            test(bad, b)


BETA, WELL = 2.0, 1.0


def two_potentials(x: jax.Array) -> jax.Array:
    """A quadratic bowl for one coordinate and a double well for the other."""
    return jnp.square(x[0]) / 2 + WELL * jnp.square(jnp.square(x[1]) - 1)


@functools.cache
def chains() -> xarray.Dataset:
    """Real mutation at finite β, the first 200 steps left out, every 20th step kept."""
    walk = corr.mutation(two_potentials, mutation_std=0.7, beta=BETA)
    return corr.run(
        walk, jnp.array([0.0, 1.0]), steps=1000, trajectories=128, record_at=range(0, 1001, 20), key=corr.root_key(5),
        block_size=128, devices=1, progress=False,
    ).isel(time=slice(10, None))  # fmt: skip


@pytest.mark.parametrize("coordinate", [0, 1])
def test_mutation_leaves_the_boltzmann_law(coordinate: int) -> None:
    """Two comparisons at p = 1e-4; the twins have β doubled, and wells tilted by a fifth of their barrier."""
    grid = np.linspace(-4.0, 4.0, 4001)
    energy = (grid**2 / 2, WELL * (grid**2 - 1) ** 2)[coordinate]
    values = chains().path.values[..., coordinate]
    result = inference.stationary_test(values, grid, -BETA * energy)
    assert result.p_value > 1e-4, result
    assert result.used < values.size
    wrong = -2.0 * BETA * energy if coordinate == 0 else -BETA * (energy + 0.2 * WELL * grid)
    assert inference.stationary_test(values, grid, wrong).p_value < 1e-4


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_correlation_time_of_a_known_process(correlation: float) -> None:
    """(1 + ρ)/(1 - ρ) for the process itself; its distribution function is correlated (6/π) arcsin(ρ^k/2)."""
    rng = np.random.default_rng(6)
    draws = rng.normal(size=(20, 4000))
    for k in range(1, 4000):
        draws[:, k] = correlation * draws[:, k - 1] + math.sqrt(1 - correlation**2) * draws[:, k]
    grid = np.linspace(-7.0, 7.0, 2001)
    result = inference.stationary_test(draws, grid, -(grid**2) / 2)
    exact = 1 + 2 * np.sum(6 / math.pi * np.arcsin(correlation ** np.arange(1, 200) / 2))
    # Error of a sum of autocorrelations over a window of about 6 τ, doubled for the maximum over six functions.
    error = exact * math.sqrt(2 * 6 * exact / draws.size)
    assert abs(result.correlation_time - exact) < 2 * LIMIT * error
    assert result.effective_size == pytest.approx(draws.size / result.correlation_time)


def test_bad_chains_and_grids() -> None:
    grid, draws = np.linspace(-7.0, 7.0, 801), np.random.default_rng(0).normal(size=(4, 200))
    logs = -(grid**2) / 2
    for bad, message in ((draws[:1], "at least 2"), (draws[[0, 1, 1]], "repeats 1"), (draws * np.nan, "not finite"),
                         (draws[0], "dimensions"), (draws[:, :4], "run longer"), (draws * 9, "widen")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            inference.stationary_test(bad, grid, logs)
    for points, law, message in ((grid[::-1], logs, "ascending"), (grid, logs[:9], "shapes"),
                                 (grid, logs * np.nan, "finite"), (grid[::80], logs[::80], "finer")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            inference.stationary_test(draws, points, law)
