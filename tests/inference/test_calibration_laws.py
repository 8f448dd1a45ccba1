"""Laws and stationary laws: rates of rejection under the truth, and power where learning rate, noise or β is off.

About 20 comparisons at 4 standard errors or p = 1e-4: a false alarm in one run of 700.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import corr
from corr import inference

pytestmark = pytest.mark.slow
REPEATS, LEVEL = 500, 0.05
LIMIT = 4.0


def noisy_descent(
    rng: np.random.Generator,
    count: int,
    *,
    rate: float = 1.0,
    noise: float = 1.0,
    size: int = 6,
    soft: float = 0.05,
    start: float = 8.0,
) -> np.ndarray:
    """Noisy descent on a quadratic bowl with one soft direction, recorded at three times."""
    stiffness = np.where(np.arange(size) == 0, soft, 1.0)
    x, rows = np.full((count, size), start), []
    for step in range(60):
        x = x - 0.05 * rate * stiffness * x + noise * math.sqrt(0.1) * rng.normal(size=x.shape)
        if step % 20 == 19:
            rows.append(x)
    return np.stack(rows, axis=1)


def test_energy_and_projections_of_noisy_descent_against_itself(rates) -> None:
    rng, found = np.random.default_rng(24), []
    directions = np.eye(6)[:4]
    for repeat in range(REPEATS):
        a, b = noisy_descent(rng, 30), noisy_descent(rng, 50)
        energy = inference.energy_test(a, b, seed=repeat, permutations=99)
        projected = inference.projection_test(a, b, directions)
        found.append([energy.maximum_p, energy.p_value[1], projected.p_value[1, 2], projected.adjusted_p.min()])
    values = np.array(found)
    below = np.mean(values <= LEVEL, axis=0)
    rates.check(
        "laws of 30 against 50 trajectories", {"energy, all times": (below[0], LEVEL), "energy, one": (below[1], LEVEL)}
    )
    caught = {
        "Kolmogorov-Smirnov, one (at most)": (below[2], LEVEL),
        "any of twelve, Holm (at most)": (below[3], LEVEL),
    }
    rates.report("discrete or conservative", caught)
    assert (below[2:] <= LEVEL + rates.spread(LEVEL)).all()
    rates.assert_uniform(values[:, 0])
    rates.assert_uniform(values[:, 1])


def test_energy_on_an_ensemble_with_nine_tenths_of_its_variance_in_one_direction(rates) -> None:
    rng, values = np.random.default_rng(25), []
    line = np.linspace(1.0, 2.0, 6) * 3 / np.linalg.norm(np.linspace(1.0, 2.0, 6))
    for repeat in range(REPEATS):
        pool = rng.normal(size=(80, 2, 1)) * line + rng.normal(size=(80, 2, 6)) / math.sqrt(6)
        values.append(inference.energy_test(pool[:30], pool[30:], seed=repeat, permutations=99).maximum_p)
    rates.check("energy, 90 % in one direction", {"rejected": (np.mean(np.array(values) <= LEVEL), LEVEL)})
    rates.assert_uniform(np.array(values))


def test_power_of_energy_and_projections(rates) -> None:
    """Stated: at least 0.8 at these sizes, over 200 repeats each.

    From a start at 20 a learning rate 5 % off moves each stiff mean by 20 · 0.05/e = 2.8 standard errors at t = 1: for
    the five of them Hotelling's test would have power above 0.99.
    """
    repeats, rng, shares = 200, np.random.default_rng(26), {}
    cases = {
        "learning rate 5 % off, 100 against 100": (100, {"rate": 1.05}),
        "noise 10 % off, 300 against 300, 30 parameters": (300, {"noise": 1.1}),
    }
    for name, (count, change) in cases.items():
        options = {"start": 20.0} if "rate" in change else {"size": 30, "soft": 1.0}
        found = []
        for repeat in range(repeats):
            a, b = noisy_descent(rng, count, **options), noisy_descent(rng, count, **options, **change)
            energy = inference.energy_test(a, b, seed=repeat, permutations=99).maximum_p
            projected = inference.projection_test(a, b, np.eye(a.shape[2])).adjusted_p.min()
            found.append((energy <= LEVEL, projected <= LEVEL))
        energy, projected = np.mean(found, axis=0)
        shares[f"{name}: energy"], shares[f"{name}: projections"] = (energy, 0.8), (projected, 0.0)
    rates.report("power against noisy descent (energy at least; projections for comparison)", shares)
    assert all(got >= told - rates.spread(0.8, repeats) for got, told in shares.values())


BETA, CHAINS = 2.0, 8
GRID = np.linspace(-5.0, 5.0, 2001)
ENERGIES = (GRID**2 / 2, (GRID**2 - 1) ** 2)


@functools.cache
def real_chains() -> np.ndarray:
    """(repeat, chain, time, coordinate): a bowl and a double well, started out of the wells' middle."""

    def loss(x: jax.Array) -> jax.Array:
        return jnp.square(x[0]) / 2 + jnp.square(jnp.square(x[1]) - 1)

    walk = corr.mutation(loss, mutation_std=0.7, beta=BETA)
    data = corr.run(
        walk, jnp.array([0.0, 1.0]), steps=1600, trajectories=REPEATS * CHAINS, record_at=range(0, 1601, 4),
        key=corr.root_key(27), block_size=1000, progress=False, keep=REPEATS * CHAINS,
    )  # fmt: skip
    return data.path.values[:, 51:].reshape(REPEATS, CHAINS, -1, 2)


@pytest.mark.parametrize("coordinate", [0, 1])
def test_stationary_law_of_real_mutation(rates, coordinate: int) -> None:
    """The power is that of as many independent values as were used, by simulation; β is 1.5 times too large."""
    energy = ENERGIES[coordinate]
    right, wrong = (
        [inference.stationary_test(chain[..., coordinate], GRID, -beta * energy) for chain in real_chains()]
        for beta in (BETA, 1.5 * BETA)
    )
    values = np.array([result.p_value for result in right])
    name = ("bowl", "double well")[coordinate]
    used = int(np.median([result.used for result in wrong]))
    shares = {"rejected under its own law": (np.mean(values <= LEVEL), LEVEL)}
    rates.check(f"{name}: 8 chains of 350 recorded times, {used} values used", shares)
    rates.assert_uniform(values)
    found = np.mean([result.p_value <= LEVEL for result in wrong])
    told = independent_power(energy, [result.used for result in wrong])
    rates.report("power", {"beta 50 % off": (found, told)})
    assert abs(found - told) <= LIMIT * math.sqrt(2 * max(told * (1 - told), 1 / REPEATS) / REPEATS)


def independent_power(energy: np.ndarray, sizes: list[int]) -> float:
    rng = np.random.default_rng(28)
    true, wrong = (np.cumsum(np.exp(-beta * energy)) for beta in (BETA, 1.5 * BETA))
    draws = (np.interp(rng.random(size), true / true[-1], wrong / wrong[-1]) for size in sizes)
    return float(np.mean([stats.kstest(values, "uniform").pvalue <= LEVEL for values in draws]))
