"""Mean steps of optimizers in noise: against draws, their limits, the corner of soft clipping, bad numbers."""

import math
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
import pytest

from theory import level1, optimizers

K = 4.0
SLOPES = np.array([0.2, 1.0, 3.0])
DRAWS = 100_000


def scores(samples: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Standard errors off a law, of each parameter."""
    return np.abs(samples.mean(axis=0) - known) / (samples.std(axis=0, ddof=1) / math.sqrt(len(samples)))


def test_the_mean_sign_of_a_noisy_gradient_is_an_error_function() -> None:
    signs = np.sign(SLOPES + 0.7 * np.random.default_rng(0).normal(size=(DRAWS, 3)))
    assert scores(signs, np.asarray(optimizers.sign_drift(jnp.asarray(SLOPES), 0.7))).max() < K
    assert scores(signs, np.asarray(optimizers.unit_drift(jnp.asarray(SLOPES), 0.7)))[:2].min() > K
    np.testing.assert_array_equal(optimizers.sign_drift(jnp.array([-2.0, 0.0]), 0.0), [-1.0, 0.0])


def test_lion_takes_the_sign_of_less_noise() -> None:
    random = np.random.default_rng(1)
    memory = np.zeros((DRAWS // 10, 3))
    for _ in range(400):
        memory = 0.95 * memory + 0.05 * random.normal(size=memory.shape)
    mixed = 0.8 * memory + 0.2 * random.normal(size=memory.shape)
    known = optimizers.lion_noise(1.0, b1=0.8, b2=0.95) ** 2
    assert scores(mixed**2, np.full(3, known)).max() < K
    assert scores(mixed**2, np.full(3, optimizers.lion_noise(1.0, b1=0.8, b2=0.9) ** 2)).min() > K


def test_in_noise_unit_steps_are_plain_and_without_it_signs() -> None:
    slopes = jnp.asarray(SLOPES)
    np.testing.assert_allclose(optimizers.unit_drift(slopes, 1e4), slopes / 1e4, rtol=1e-6)
    np.testing.assert_allclose(optimizers.sign_drift(slopes, 1e4), math.sqrt(2 / math.pi) * slopes / 1e4, rtol=1e-6)
    np.testing.assert_array_equal(optimizers.unit_drift(jnp.array([-2.0, 0.0]), 0.0), [-1.0, 0.0])


def test_amsgrad_is_slower_than_adam_in_noise_and_as_fast_without() -> None:
    value, error = optimizers.amsgrad_drift(SLOPES, 1.0, steps=300, samples=500)
    adam = np.asarray(optimizers.unit_drift(jnp.asarray(SLOPES), 1.0))
    assert ((adam - value) / error).min() > K
    np.testing.assert_allclose(optimizers.amsgrad_drift(SLOPES, 0.0, steps=3)[0], 1.0, rtol=1e-12)


def test_the_largest_of_two_is_known() -> None:
    """b2 = 0 and two steps: g E[1/max(|a|, |b|)] of two normal numbers about g, by quadrature."""
    value, error = optimizers.amsgrad_drift(np.array([5.0]), 1.0, steps=2, b2=0.0, samples=20_000)
    at = np.linspace(-5, 15, 200_001)
    density = np.exp(-((at - 5) ** 2) / 2) / math.sqrt(2 * math.pi)
    below = np.cumsum(density) * (at[1] - at[0])
    known = 5.0 * np.sum(2 * density * below / np.maximum(np.abs(at), 1e-3)) * (at[1] - at[0])
    assert abs(value[0] - known) < K * error[0] < abs(value[0] - 1.0)


def test_soft_clipping_lies_within_what_is_said_of_hard_clipping() -> None:
    """f over min(s/2, 1/√(2π)) is least at the corner, 0.585; f is up to 18.5 % above 1/(2/s + √(2π))."""
    s = jnp.geomspace(1e-3, 1e3, 4001)
    drift = np.asarray(level1.drift_factor(s), float)
    hard = np.minimum(np.asarray(s, float) / 2, 1 / math.sqrt(2 * math.pi))
    worst = int(np.argmin(drift / hard))
    assert drift[worst] / hard[worst] == pytest.approx(0.585, abs=1e-3)
    assert float(s[worst]) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-2)
    ratio = drift * (2 / np.asarray(s, float) + math.sqrt(2 * math.pi))
    assert ratio.min() > 1 - 1e-5 and ratio.max() == pytest.approx(1.185, abs=1e-3)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: optimizers.sign_drift(jnp.ones(2), -1.0), "tau must not be negative, got -1.0"),
        (lambda: optimizers.unit_drift(jnp.ones(2), -1.0), "tau must not be negative"),
        (lambda: optimizers.lion_noise(1.0, b1=1.5), "b1 must lie in"),
        (lambda: optimizers.amsgrad_drift(np.ones(2), 1.0, steps=0), "expected steps of 1"),
    ],
)
def test_bad_numbers_are_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()
