"""Decisions on noisy loss changes: the mean over the noise, drift, acceptance and temperature."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import corr
from theory import noise

K = 4.0
COLD = math.inf


def probability(rule: Callable[..., jax.Array], change: float, dtype: object = jnp.float64) -> float:
    """By bisection in the number that decides."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if bool(rule(jnp.asarray(change, dtype), jnp.asarray(middle, dtype))) else (low, middle)
        )
    return low


@pytest.mark.parametrize("beta", [COLD, 2.0, 300.0])
@pytest.mark.parametrize("change", [-3.0, -0.1, 0.0, 0.2, 1.5])
def test_a_decision_has_the_mean_probability_over_the_noise(change: float, beta: float, x64: None) -> None:
    tau = 0.7

    def one(z: float) -> float:
        rise = change + tau * z
        return (1.0 if rise <= 0 else math.exp(-beta * rise)) * norm.pdf(z)

    edge = -change / tau
    expected = quad(one, -12, edge)[0] + quad(one, edge, max(edge, 0) + 12, points=[edge + 1 / min(beta, 1e3) / tau])[0]
    found = probability(corr.noisy(tau, beta), change)
    assert found == pytest.approx(expected, abs=2e-7)
    assert abs(probability(corr.noisy(1.3 * tau, beta), change) - expected) > 1e-3 or change in (0.0, -3.0)


def test_what_is_not_finite_is_refused_and_large_numbers_do_not_overflow() -> None:
    rule = corr.noisy(0.1, 1e6)
    assert not bool(rule(jnp.float32(jnp.nan), jnp.float32(0.0))) and not bool(
        rule(jnp.float32(jnp.inf), jnp.float32(0))
    )
    assert bool(rule(jnp.float32(-1e30), jnp.float32(1.0))) and not bool(rule(jnp.float32(1e30), jnp.float32(1e-6)))
    cold, warm = (probability(corr.noisy(0.1, beta), 0.1, jnp.float32) for beta in (COLD, 1e6))
    assert cold == pytest.approx(warm, abs=1e-4)


SLOPES = jnp.array([3.0, -2.0, 0.5, 0.0])
STD = 0.01


@pytest.mark.parametrize(
    ("ratio", "beta"),
    [(1.0, COLD), (10.0, 40.0), *(pytest.param(*one, marks=pytest.mark.slow) for one in ((0.1, COLD), (10.0, COLD)))],
)
def test_drift_and_acceptance_over_two_decades_of_noise(ratio: float, beta: float) -> None:
    """On a slope, exactly; the drift of half the noise is told from it."""
    tau = ratio * STD * float(jnp.linalg.norm(SLOPES))
    walk = corr.mutation(lambda x: jnp.sum(SLOPES * x), mutation_std=STD, rule=corr.noisy(tau, beta))
    moves = corr.atlas.displacements(walk, {"slope": jnp.zeros(4)}, draws=100_000, key=corr.root_key(0), progress=False)
    unit = np.asarray(SLOPES) / float(jnp.linalg.norm(SLOPES))
    along = moves["slope"].samples @ unit
    value, error = along.mean(), along.std(ddof=1) / math.sqrt(len(along))
    laws = [float(noise.drift(SLOPES, mutation_std=STD, beta=beta, tau=one) @ unit) for one in (tau, 0.5 * tau)]
    assert abs(value - laws[0]) < K * error
    if ratio >= 1:
        assert abs(value - laws[1]) > K * error
    taken = moves["slope"].accepted
    expected = float(noise.acceptance(SLOPES, mutation_std=STD, beta=beta, tau=tau))
    assert abs(taken.mean() - expected) < K * taken.std(ddof=1) / math.sqrt(len(taken)) + 1e-6


def test_much_noise_is_descent_at_its_effective_beta() -> None:
    tau, gradient = 0.3, jnp.array([1e-3, 2e-3])
    for beta in (COLD, 5.0):
        law = noise.drift(gradient, mutation_std=STD, beta=beta, tau=tau)
        np.testing.assert_allclose(law, -noise.effective_beta(tau, beta) * STD**2 / 2 * gradient, rtol=1e-6)
    assert noise.effective_beta(tau) == pytest.approx(math.sqrt(2 / math.pi) / tau)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: corr.noisy(-0.1), "tau must be positive and finite, got -0.1"),
        (lambda: corr.noisy(0.0), "tau must be positive"),
        (lambda: corr.noisy(0.1, 0.0), "beta must be positive, got 0"),
        (lambda: corr.noisy(0.1, -1.0), "beta must lie in"),
        (lambda: noise.effective_beta(0.0), "tau must be positive, got 0.0"),
    ],
)
def test_bad_numbers_are_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()
