"""Drifts of heavy-tailed mutation: closed forms, quadrature, and draws, with laws that are told apart."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erfcx, gamma

from corr import proposals
from theory import level1, power, stable

pytestmark = pytest.mark.usefixtures("x64")

ALPHAS = (1.05, 1.3, 1.5, 1.8, 2.0)
K = 4.0
DRAWS = 400_000


@pytest.mark.parametrize("s", [1e-9, 1e-3, 0.3, 50.0])
def test_alpha_two_is_level_one(s: float) -> None:
    """Components of variance 2σ²; nodes, exponentials and sums are good to about 1e-13."""
    assert float(stable.stable_factor(s, 2.0)) == pytest.approx(s * erfcx(s), rel=1e-12)
    assert float(level1.drift_factor(s * math.sqrt(2))) * math.sqrt(2) == pytest.approx(s * erfcx(s), rel=1e-12)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_both_ends_of_the_factor(alpha: float) -> None:
    warm = stable.stable_rate(scale=1.0, alpha=alpha, beta=1.0)
    assert float(stable.stable_factor(jnp.inf, alpha)) == pytest.approx(gamma(1 - 1 / alpha) / math.pi, rel=1e-12)
    # The next term is of relative order s^{2-α}, E X² cut off at 1/s, and of order s at α = 2.
    order = 1e-30
    found = float(stable.stable_factor(order, alpha)) / order ** (alpha - 1)
    assert found == pytest.approx(warm, rel=1e-11 + 10 * order ** (2 - alpha) * (alpha < 2))
    if alpha < 2:
        constant = gamma(1 + alpha) * math.sin(math.pi * alpha / 2) / math.pi
        assert warm == pytest.approx(constant * gamma(2 - alpha) / (alpha - 1), rel=1e-12)


@pytest.mark.parametrize("exponent", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("k", [1e-3, 1.0, 1e3])
def test_the_pareto_drift_is_its_integral(exponent: float, k: float) -> None:
    low, high = 1e-2, 1e2
    front = (1 + exponent) / 2 * low ** (1 + exponent) / (1 - (low / high) ** (1 + exponent))
    inside = lambda u: math.exp(-exponent * u) * -math.expm1(-k * math.exp(u))  # noqa: E731
    expected = front * quad(inside, math.log(low), math.log(high), epsrel=1e-12, limit=400)[0]
    found = stable.pareto_drift(jnp.array([-k]), smallest=low, largest=high, exponent=exponent, beta=1.0)
    assert float(found[0]) == pytest.approx(expected, rel=1e-10)


def test_between_its_ends_the_pareto_drift_is_a_power_and_beyond_gradient_and_sign() -> None:
    slopes = jnp.array([1e-14, 1e-13, 1e-3, 1e-2, 1e9, 1e10])
    drift = stable.pareto_drift(slopes, smallest=1e-6, largest=1e10, exponent=0.5, beta=1.0)
    found = np.log10(np.asarray(drift[1::2] / drift[::2]))
    # Corrections are of the order of (slope · smallest)^{1-H} and (slope · largest)^{-H}, below 2e-4 and 1e-3.
    np.testing.assert_allclose(found, [1.0, 0.5, 0.0], atol=2e-3)
    whole = gamma(0.5) / 0.5 * 1.5 / 2 * (1e-6) ** 1.5 / len(slopes) * 1e-3**0.5
    assert float(-drift[2]) == pytest.approx(whole, rel=1e-3)
    at_zero = stable.pareto_drift(jnp.array([0.0, 2.0]), smallest=1.0, exponent=0.5, beta=math.inf)
    # All rises refused: half of the mean size (1 + H)/H of one of two coordinates.
    np.testing.assert_allclose(at_zero, [0.0, -0.5 * 3.0 / 2])


@pytest.mark.parametrize("exponent", [0.3, 0.5])
def test_a_random_beta_makes_the_power_gradient_too(exponent: float) -> None:
    inside = lambda u: float(level1.drift_factor(math.exp(u))) * math.exp(-exponent * u)  # noqa: E731
    found = quad(inside, -70, 90, epsrel=1e-10, limit=800)[0]
    assert stable.random_beta_constant(exponent) == pytest.approx(found, rel=1e-8)


def sampled(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))


@pytest.mark.parametrize("alpha", [1.3, 1.7, 2.0])
def test_draws_have_their_characteristic_function_and_no_other(alpha: float) -> None:
    law = proposals.stable(0.5, alpha)
    drawn = np.asarray(law.draw(jax.random.key(3), jnp.zeros(DRAWS, jnp.float32)), float)
    assert np.isfinite(drawn).all()
    for u in (0.1, 1.0, 3.0):
        value, error = sampled(np.cos(u * drawn))
        assert abs(value - math.exp(-(abs(0.5 * u) ** alpha))) < K * error
        tilt, unsure = sampled(np.sin(u * drawn))
        assert abs(tilt) < K * unsure
    value, error = sampled(np.cos(drawn))
    assert abs(value - math.exp(-(0.5 ** (alpha - 0.2)))) > K * error


@pytest.mark.parametrize("alpha", [1.3, 1.7])
def test_a_steps_mean_is_the_law_and_not_the_gradients(alpha: float) -> None:
    """At β = ∞; the tail is that of a step whose component decides alone, -E|ε|/2, which is known from the proposal."""
    slopes = np.array([1.0, -0.3, 0.03, 0.01])
    draws = jax.vmap(lambda key: proposals.stable(1.0, alpha).draw(key, jnp.zeros(4)))
    moves = np.asarray(draws(jax.random.split(jax.random.key(4), DRAWS)), float)
    taken, alone = moves @ slopes < 0, moves * slopes < 0
    known = -np.sign(slopes) * gamma(1 - 1 / alpha) / math.pi
    law = np.asarray(stable.stable_drift(jnp.asarray(slopes), scale=1.0, alpha=alpha, beta=math.inf))
    straight = -slopes / np.linalg.norm(slopes) * np.linalg.norm(law)
    off, wrong = [], []
    for k in range(len(slopes)):
        value, error = sampled(moves[:, k] * (taken.astype(float) - alone[:, k]))
        off.append((value + known[k] - law[k]) / error)
        wrong.append((value + known[k] - straight[k]) / error)
    assert np.abs(off).max() < K < np.abs(wrong).max()


def test_one_coordinate_pareto_draws_have_their_density() -> None:
    low, high, exponent = 0.1, 5.0, 0.5
    law = proposals.one_coordinate_pareto(low, exponent, high)
    drawn = np.asarray(jax.vmap(lambda key: law.draw(key, jnp.zeros(3)))(jax.random.split(jax.random.key(5), 60_000)))
    assert ((drawn != 0).sum(axis=1) == 1).all()
    size = np.abs(drawn).sum(axis=1)
    assert low <= size.min() and size.max() <= high and law.bound(jnp.float32) == high
    share = 1 - (low / high) ** (1 + exponent)
    for end in (0.15, 0.5, 2.0):
        value, error = sampled(size < end)
        assert abs(value - (1 - (low / end) ** (1 + exponent)) / share) < K * error
        assert abs(value - (1 - (low / end) ** exponent)) > K * error, "density ∝ |ε|^{-1-H}"
    value, error = sampled(drawn.sum(axis=1) > 0)
    assert abs(value - 0.5) < K * error


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: proposals.stable(0.1, 1.0), r"alpha must lie in \(1, 2\], got 1.0"),
        (lambda: proposals.stable(0.1, 2.1), r"alpha must lie in \(1, 2\], got 2.1"),
        (lambda: proposals.stable(-0.1, 1.5), "scale must be"),
        (lambda: proposals.one_coordinate_pareto(0.1, 1.0), r"exponent \(H\) must lie in \(0, 1\), got 1.0"),
        (lambda: proposals.one_coordinate_pareto(0.1, 0.5, 0.1), "largest must lie above smallest"),
        (lambda: stable.stable_factor(1.0, 0.9), "alpha must lie in"),
        (lambda: power.power_gradient(jnp.ones(2), 0.0), r"exponent \(H\) must lie in \(0, 1\], got 0.0"),
        (lambda: stable.pareto_drift(jnp.ones(2), smallest=2.0, largest=1.0, exponent=0.5, beta=1.0), "between 0 and"),
    ],
)
def test_what_is_out_of_range_is_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()
