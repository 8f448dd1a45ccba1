"""The triangular cycle, and schedules that are looked at before they are used."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr import optimizers


@pytest.mark.parametrize("half", [1, 3, 4])
def test_the_triangle_is_numpy_s_interpolation(half: int) -> None:
    schedule = optimizers.triangular(0.1, 0.7, half)
    steps = np.arange(5 * half)
    expected = np.interp(steps, half * np.arange(6), [0.1, 0.7] * 3)
    np.testing.assert_allclose(jax.jit(jax.vmap(schedule))(jnp.asarray(steps)), expected, rtol=1e-6)
    assert schedule(jnp.int32(0)).dtype == jnp.float32


def test_its_remainder_is_exact_where_float32_counts_no_more() -> None:
    schedule = optimizers.triangular(0.0, 1.0, 4)
    last = 2**31 - 1  # 7 modulo 8
    assert float(schedule(jnp.int32(last))) == 0.25
    assert float(schedule(jnp.float32(last))) != 0.25


def test_descent_takes_it_as_optax_does() -> None:
    schedule = optimizers.triangular(0.1, 0.3, 2)
    sides = corr.descent(jnp.sum, learning_rate=schedule), corr.from_optax(jnp.sum, optax.sgd(schedule))
    for side in sides:
        state, found = side.init(jnp.zeros(2)), []
        for number in range(4):
            state, info = side.step(jax.random.key(number), state)
            found.append(-float(info.displacement[0]))
        np.testing.assert_allclose(found, [0.1, 0.2, 0.3, 0.2], rtol=1e-6)


def test_a_schedule_that_holds_is_itself() -> None:
    schedule = optax.cosine_decay_schedule(0.1, 50)
    assert optimizers.checked(schedule, 100) is schedule


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.triangular(0.5, 0.1, 2), ValueError, "lowest <= highest.*got 0.5 and 0.1"),
        (lambda: optimizers.triangular(-0.1, 0.1, 2), ValueError, "got -0.1 and 0.1"),
        (lambda: optimizers.triangular(0.1, float("nan"), 2), ValueError, "nan"),
        (lambda: optimizers.triangular(0.1, float("inf"), 2), ValueError, "inf"),
        (lambda: optimizers.triangular(0.0, 0.0, 2), ValueError, "positive"),
        (lambda: optimizers.triangular("low", 0.1, 2), TypeError, "lowest must be a number"),  # pyright: ignore
        (lambda: optimizers.triangular(0.1, 0.2, 0), ValueError, "half_period must be at least 1"),
        (lambda: optimizers.triangular(0.1, 0.2, 2.0), TypeError, "half_period must be an integer"),  # pyright: ignore
        (
            lambda: optimizers.checked(lambda n: 0.1 - 0.01 * n, 14), ValueError,
            r"gives -0.01 at step 11, -0.02 at step 12, -0.03 at step 13: expected finite rates",
        ),
        (lambda: optimizers.checked(lambda n: jnp.log(n - 3.0), 5), ValueError, "gives nan at step 0"),
        (lambda: optimizers.checked(lambda n: 0.0 * n, 5), ValueError, "zero at all of 5 steps"),
        (lambda: optimizers.checked(0.1, 5), TypeError, "must be a function .* got float"),  # pyright: ignore
        (lambda: optimizers.checked(lambda n: jnp.ones(2), 5), TypeError, r"must give one number, .*\(2,\)"),
        (lambda: optimizers.checked(lambda: 0.1, 5), TypeError, "no JAX function"),  # pyright: ignore
        (lambda: optimizers.checked(lambda n: 0.1 if n < 3 else 0.01, 5), TypeError, "no JAX function"),
        (lambda: optimizers.checked(optax.constant_schedule(0.1), 0), ValueError, "steps must be at least 1"),
    ],
)  # fmt: skip
def test_bad_numbers_are_refused(make: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
