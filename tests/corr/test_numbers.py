"""Numbers of Python, NumPy and JAX mean the same wherever one number is asked for; anything else is refused."""

import math
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr._checks import check_count, check_positive
from corr._clock import whole_steps

ONE_NUMBER = [np.float64, np.float32, jnp.float32, jnp.asarray, np.array, Fraction]


@pytest.mark.parametrize("kind", ONE_NUMBER)
def test_one_number_of_any_kind(kind: Any) -> None:
    # 1/8 and 1/4 are the same number in every precision.
    assert check_positive("sigma", kind(0.125)) == 0.125
    assert corr.matched_mutation_std(learning_rate=kind(0.125), step_ratio=kind(2), beta=kind(0.25)) == math.sqrt(2)
    assert corr.matched_step_ratio(learning_rate=kind(0.125), mutation_std=kind(0.5), beta=kind(1)) == 1.0
    assert bool(corr.barker(kind(2.0))(jnp.float32(0.5), jnp.float32(0.26))), "1/(1 + e) = 0.269 is accepted"
    _, factor = corr.paper_moments(beta=kind(8.0))(jnp.ones(2))
    assert factor(jnp.ones(2)).tolist() == [0.5, 0.5]
    assert corr.proposals.uniform(kind(0.125)).bound(jnp.float32) == math.sqrt(3) / 8


@pytest.mark.parametrize("kind", [int, np.int64, np.uint8, jnp.int32, np.array])
def test_one_integer_of_any_kind(kind: Any) -> None:
    count = check_count("trajectories", kind(3))
    assert count == 3 and type(count) is int
    assert check_positive("beta", kind(3)) == 3.0


@pytest.mark.slow
def test_a_comparison_takes_numbers_of_any_kind() -> None:
    def final(number: Any, integer: Any) -> np.ndarray:
        sides = corr.compare(
            lambda x: jnp.sum(x**2), jnp.ones(2), key=corr.root_key(0), progress=False,
            trajectories=integer(3), twin_trajectories=integer(3), end_time=number(0.25), record_every=number(0.125),
            learning_rate=number(0.015625), step_ratio=number(1), beta=number(0.03125),
        )  # fmt: skip
        return np.stack([side["mean"].values[-1] for side in sides])

    expected = final(float, int)
    np.testing.assert_array_equal(final(jnp.float32, np.int64), expected)


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.True_,
        jnp.array(True),
        1j,
        np.complex64(1),
        jnp.complex64(1),
        "0.1",
        None,
        [0.1],
        np.ones(1),
        jnp.ones(2),
    ],
    ids=repr,
)
def test_what_is_not_one_real_number_is_refused(value: Any) -> None:
    for refuse in (
        lambda: check_positive("sigma", value),
        lambda: corr.metropolis(value),
        lambda: corr.matched_mutation_std(learning_rate=value, step_ratio=1.0),
    ):
        with pytest.raises(TypeError, match="must be a number"):
            refuse()
    with pytest.raises(TypeError, match="must be an integer"):
        check_count("steps", value)


@pytest.mark.parametrize("value", [True, np.True_, 1j, np.complex64(1), "0.1", {"w": np.ones(2, complex)}], ids=repr)
def test_a_mutation_scale_that_is_not_real_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="mutation_std must hold real numbers"):
        corr.mutation(lambda x: jnp.sum(x**2), mutation_std=value)


@pytest.mark.parametrize("value", [3.0, np.float32(3), jnp.float32(3)])
def test_a_count_that_is_no_integer_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="steps must be an integer, got"):
        check_count("steps", value)


def test_numbers_out_of_range_are_refused() -> None:
    for value in (0, -1.0, math.nan, math.inf, np.float32("nan"), jnp.float32(jnp.inf)):
        with pytest.raises(ValueError, match="sigma must be positive and finite, got"):
            check_positive("sigma", value)
    with pytest.raises(ValueError, match="float64 can hold"):
        check_positive("sigma", 10**400)
    with pytest.raises(ValueError, match="beta must lie in"):
        corr.metropolis(np.float32(-1))


def test_a_traced_number_is_refused_with_the_reason() -> None:
    with pytest.raises(TypeError, match="known before tracing"):
        jax.jit(lambda beta: corr.metropolis(beta)(jnp.float32(1), jnp.float32(0.5)))(2.0)


@pytest.mark.parametrize("time", [math.nan, math.inf])
def test_a_time_that_is_not_finite_is_no_number_of_steps(time: float) -> None:
    with pytest.raises(ValueError, match="give a finite time"):
        whole_steps(time, 0.1, "twin")
