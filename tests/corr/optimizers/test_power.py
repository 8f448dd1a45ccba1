"""Power gradients: exact on a parabola, homogeneous, no NaN at zero; each reading of Adam is what it says."""

import itertools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr import optimizers
from theory import power

H = (0.3, 0.5, 0.8)
LAMBDA = 3.0


def parabola(w: jax.Array) -> jax.Array:
    return jnp.sum(LAMBDA * w**2) / 2


def walked(rule: optax.GradientTransformation, start: float, steps: int) -> np.ndarray:
    """Places after 0, 1, ..., steps."""
    side = corr.from_optax(parabola, rule)

    def step(state: corr.State, key: jax.Array) -> tuple[corr.State, jax.Array]:
        new, _ = side.step(key, state)
        return new, new.position

    begun = side.init(jnp.array([start]))
    _, places = jax.jit(lambda begun: jax.lax.scan(step, begun, jax.random.split(jax.random.key(0), steps)))(begun)
    return np.concatenate([[start], np.asarray(places)[:, 0]])


@pytest.mark.parametrize("exponent", H)
def test_a_fixed_rate_ends_in_the_cycle_of_two(exponent: float, x64: None) -> None:
    """Its amplitude to 10 digits; the cycle contracts by |1 - 2H| in one step."""
    amplitude = power.cycle_amplitude(learning_rate=0.05, curvature=LAMBDA, exponent=exponent)
    last = walked(optimizers.power_sgd(0.05, exponent), 0.7, 4000)[-2:]
    np.testing.assert_allclose(np.abs(last), amplitude, rtol=1e-10)
    assert last[0] * last[1] < 0
    np.testing.assert_allclose(walked(optimizers.power_sgd(0.05, 1.0), 0.7, 4000)[-2:], 0, atol=1e-10)


@pytest.mark.parametrize("exponent", H)
def test_the_flow_arrives_after_a_finite_time(exponent: float, x64: None) -> None:
    """Steps of η, η/2, η/4, ... to half of the time, extrapolated to η = 0: 10 digits of what is left."""
    start, half = 0.7, 0.5 * power.arrival_time(0.7, curvature=LAMBDA, exponent=exponent)
    table = [
        walked(optimizers.power_sgd(half / steps, exponent), start, steps)[-1] for steps in 200 * 2 ** np.arange(7)
    ]
    while len(table) > 1:
        order = 2 ** (8 - len(table))
        table = [(order * fine - coarse) / (order - 1) for coarse, fine in itertools.pairwise(table)]
    left = power.arrival_time(table[0], curvature=LAMBDA, exponent=exponent)
    assert left == pytest.approx(half, rel=1e-10)
    other = power.arrival_time(table[0], curvature=LAMBDA, exponent=exponent + 0.01)
    assert abs(other / half - 1) > 1e-3


@pytest.mark.parametrize("exponent", H)
def test_a_scaled_loss_scales_the_step_by_its_power(exponent: float, x64: None) -> None:
    rule, gradient = optimizers.scale_by_power(exponent), jnp.array([3.0, -1e-3, 0.0, 1e5])
    one, scaled = (rule.update(c * gradient, rule.init(gradient))[0] for c in (1.0, 7.0))
    np.testing.assert_allclose(scaled, 7.0**exponent * one, rtol=1e-14)
    np.testing.assert_allclose(one, np.sign(gradient) * np.abs(gradient) ** exponent, rtol=1e-14)


def test_at_zero_nothing_is_nan_nor_its_derivative() -> None:
    rule = optimizers.scale_by_power(0.5)

    def moved(gradient: jax.Array) -> jax.Array:
        return jnp.sum(rule.update(gradient, rule.init(gradient))[0])

    value, slope = jax.value_and_grad(moved)(jnp.array([0.0, 4.0]))
    assert float(value) == 2.0
    np.testing.assert_allclose(slope, [0.0, 0.25])


def test_exponent_one_is_the_usual_optimizer() -> None:
    for mine, usual in (
        (optimizers.power_sgd(0.1, 1.0, 0.9, nesterov=True), optax.sgd(0.1, 0.9, nesterov=True)),
        (optimizers.power_amsgrad(0.1, 1.0), optax.amsgrad(0.1)),
        (optimizers.power_adam(0.1, 1.0), optax.adam(0.1)),
        (optimizers.two_power_adam(0.1, 1.0, 1.0), optax.adam(0.1)),
    ):
        np.testing.assert_allclose(walked(mine, 0.7, 50), walked(usual, 0.7, 50), rtol=1e-4, atol=1e-5)
        assert np.abs(walked(mine, 0.7, 50) - walked(optimizers.power_sgd(0.1, 0.5), 0.7, 50)).max() > 0.01


def test_equal_powers_are_the_first_reading_and_unequal_ones_are_not() -> None:
    same, first = optimizers.two_power_adam(0.1, 0.5, 0.5), optimizers.power_adam(0.1, 0.5)
    np.testing.assert_allclose(walked(same, 0.7, 50), walked(first, 0.7, 50), rtol=1e-4, atol=1e-5)
    other = walked(optimizers.two_power_adam(0.1, 1.0, 0.5), 0.7, 1)
    # The first step is η|g|^{H - K}.
    assert other[1] == pytest.approx(0.7 - 0.1 * (0.7 * LAMBDA) ** 0.5, rel=1e-5)


def test_a_schedule_moves_the_exponent() -> None:
    rule = optimizers.scale_by_power(optax.linear_schedule(1.0, 0.5, 2))
    state, found = rule.init(jnp.zeros(1)), []
    for _ in range(4):
        update, state = rule.update(jnp.array([16.0]), state)
        found.append(float(update[0]))
    np.testing.assert_allclose(found, [16.0, 8.0, 4.0, 4.0], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.scale_by_power(0.0), ValueError, r"exponent \(H\) must lie in \(0, 1\], got 0.0"),
        (lambda: optimizers.power_sgd(0.1, 1.2), ValueError, r"got 1.2"),
        (lambda: optimizers.power_adam(0.1, optax.linear_schedule(1.0, 0.0, 10)), ValueError, "got 0.0 at step 16"),
        (lambda: optimizers.two_power_adam(0.1, 1.0, -1.0), ValueError, "got -1.0"),
        (lambda: optimizers.power_amsgrad(0.1, "half"), TypeError, "exponent"),
        (lambda: power.cycle_amplitude(learning_rate=0.1, curvature=1.0, exponent=1.0), ValueError, r"in \(0, 1\)"),
    ],
)
def test_bad_exponents_are_refused(make: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
