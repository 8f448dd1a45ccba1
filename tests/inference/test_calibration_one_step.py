"""Drift and noise at a point: rates under the truth, power where learning rate, noise or acceptance is off.

About 25 comparisons at 4 standard errors: a false alarm in one run of 600.
"""

import functools
import math

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import corr
from corr import inference

pytestmark = pytest.mark.slow
REPEATS, LEVEL = 500, 0.05
SLOPE = 1 / math.sqrt(2 * math.pi)
LINEAR = {"drift": [-SLOPE, 0.0, 0.0], "acceptance": 0.5, "second_moment": 1.5, "trace": 1.5 - SLOPE**2,
          "along": 0.5 - SLOPE**2, "across": 0.5, "isotropy": 1 - 2 * SLOPE**2}  # fmt: skip
UNIT = np.array([1.0, 0.0, 0.0])


def cold_steps(rng: np.random.Generator, draws: int, size: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Mutation steps on a linear loss at β = ∞ in units of σ, gradient along the first axis."""
    moves = rng.normal(size=(draws, size))
    return moves, moves[:, 0] <= 0


@functools.cache
def real_steps() -> inference.OneSteps:
    walk = corr.mutation(lambda x: jnp.sum(jnp.asarray(UNIT, jnp.float32) * x), mutation_std=1.0)
    return inference.one_step_displacements(walk, jnp.zeros(3), draws=REPEATS * 1000, key=corr.root_key(21))


def test_one_step_rates_of_real_mutation(rates) -> None:
    """Every quantity at n = 1000, the family under Holm, and the intervals of the drift."""
    moves, accepted = (part.reshape(REPEATS, 1000, *part.shape[1:]) for part in real_steps())
    results = [
        inference.drift_and_noise(m, a, UNIT, predicted={"": LINEAR}) for m, a in zip(moves, accepted, strict=True)
    ]
    tests = [result.comparisons[""] for result in results]
    shares = {f"{name} rejected": (np.mean([t[name].p_value <= LEVEL for t in tests]), LEVEL) for name in tests[0]}
    shares["proposals off centre"] = (np.mean([r.centred_p <= LEVEL for r in results]), LEVEL)
    for i, truth in enumerate(LINEAR["drift"]):
        inside = [abs(r.drift[i] - truth) <= stats.norm.ppf(0.975) * r.drift_error[i] for r in results]
        shares[f"interval of drift {i} covers"] = (np.mean(inside), 0.95)
    rates.check("one step of real mutation on a linear loss, n = 1000", shares)
    family = np.mean([min(test.adjusted_p for test in t.values()) <= LEVEL for t in tests])
    rates.report("Holm", {"any of eight rejected (at most)": (family, LEVEL)})
    assert family <= LEVEL + rates.spread(LEVEL)
    rates.assert_uniform(np.array([t["drift"].p_value for t in tests]))


@pytest.mark.parametrize("draws", [120, 600])
def test_drift_vector_with_more_parameters_than_draws(rates, draws: int) -> None:
    """150 parameters, with 120 draws and with 600; half the parameters mutate ten times as far."""
    rng, size = np.random.default_rng(22), 150
    scale = np.where(np.arange(size) % 2, 10.0, 1.0)
    gradient = np.eye(size)[0]
    values, off = [], []
    for _ in range(REPEATS):
        moves, accepted = cold_steps(rng, draws, size)
        truth, wrong = -SLOPE * gradient, np.full(size, -1.5 * math.sqrt(0.25 / draws) / size**0.25) * scale
        predicted = {"truth": {"drift": truth}, "off": {"drift": truth + wrong}}
        tests = inference.drift_and_noise(moves * scale, accepted, gradient, predicted=predicted).comparisons
        values.append(tests["truth"]["drift"].p_value)
        off.append(tests["off"]["drift"].p_value)
    # z² of each of N components is raised by 1.5²/√N, so their sum by 1.5²/√2 of its own standard deviation.
    power = float(stats.ncx2.sf(stats.chi2.ppf(0.95, size), size, 1.5**2 * math.sqrt(size)))
    shares = {"drift rejected": (np.mean(np.array(values) <= LEVEL), LEVEL)}
    rates.check(f"150 parameters, {draws} draws", shares)
    rates.report("power", {"every component off by 0.43 standard errors": (np.mean(np.array(off) <= LEVEL), power)})
    assert np.mean(np.array(off) <= LEVEL) > LEVEL + rates.spread(LEVEL)
    rates.assert_uniform(np.array(values))


def test_one_step_power(rates) -> None:
    """Departures at the number of draws where the normal law of the estimate states a power between 0.5 and 1."""
    rng, shares = np.random.default_rng(23), {}

    def rate(draws: int, name: str, predicted: dict, leak: float = 0.0) -> float:
        found = []
        for _ in range(REPEATS):
            moves, accepted = cold_steps(rng, draws)
            accepted = accepted | (rng.random(draws) < leak)
            test = inference.drift_and_noise(moves, accepted, UNIT, predicted={"": predicted}).comparisons[""][name]
            found.append(test.p_value <= LEVEL)
        return float(np.mean(found))

    def power(shift: float, variance: float, draws: int) -> float:
        z = shift * math.sqrt(draws / variance)
        return float(stats.norm.sf(1.96 - z) + stats.norm.sf(1.96 + z))

    along, across = 0.25 - SLOPE**2, 0.75
    faster = {"drift": 0.95 * np.array(LINEAR["drift"])}
    shares["drift 5 % off, n = 2500"] = (rate(2500, "drift_along", faster), power(0.05 * SLOPE, along, 2500))
    louder = {"across": 0.5 * 1.1**2}
    shares["noise 10 % off, n = 500"] = (rate(500, "across", louder), power(0.5 * 0.21, across, 500))
    leaked = (rate(10_000, "drift_along", LINEAR, 0.02), power(0.02 * SLOPE, along, 10_000))
    shares["2 % of rising proposals accepted, n = 10000: drift"] = leaked
    share = (rate(10_000, "acceptance", LINEAR, 0.02), power(0.01, 0.25, 10_000))
    shares["the same: acceptance"] = share
    rates.check("power at a point", shares)
