"""``noise_free``: the descent of ``run`` at common times, to the last bit."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr

START = {"a": jnp.array([1.0, -2.0]), "b": jnp.float32(0.5)}
RATE = 1e-3


def loss(params: Any) -> jax.Array:
    return jnp.sum(params["a"] ** 2) + params["b"] ** 4


def test_it_is_the_run_of_descent_that_experiments_wrote_out() -> None:
    """At unequal times, so that the choice of rebuilds matters too; the start is recorded though not asked for."""
    times = [0.03, 0.1, 0.007]
    found = corr.noise_free(loss, START, learning_rate=RATE, times=times, normalized=True)
    marks = [round(time / RATE) for time in times]
    expected = corr.run(
        corr.descent(loss, learning_rate=RATE, normalized=True), START, steps=max(marks), record_at=marks,
        time_step=RATE, trajectories=1, key=corr.root_key(0), block_size=1, devices=1, progress=False,
    )  # fmt: skip
    xarray.testing.assert_identical(found, expected)
    np.testing.assert_allclose(found.time, [0, 0.007, 0.03, 0.1], rtol=1e-12)
    assert found.evaluations.values.tolist() == [0, 21, 90, 300]
    # |∇U| = 1 per unit of common time where the gradient is normalized.
    path = found.path.values[0].astype(float)
    np.testing.assert_allclose(np.linalg.norm(np.diff(path, axis=0), axis=1), np.diff(found.time), rtol=1e-2)


@pytest.mark.parametrize(
    "times", [np.linspace(0, 1, 11).astype(np.float32), jnp.linspace(0, 1, 11), [k * 0.1 for k in range(11)]]
)
def test_times_within_rounding_of_a_step_are_that_step(times: Any) -> None:
    found = corr.noise_free(lambda x: x**2, jnp.float32(1.0), learning_rate=0.1, times=times)
    assert found.step.values.tolist() == list(range(11))
    np.testing.assert_allclose(found.path.values[0, :, 0], 0.8 ** np.arange(11), rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"times": []}, r"times holds \[\], expected at least one time after 0"),
        ({"times": [0.0]}, r"times holds \[0.0\], expected at least one time after 0"),
        ({"times": [0.1, 0.1005]}, "time 0.1005 is 100.5 steps of 0.001, expected a whole number"),
        ({"times": [-0.1]}, "time -0.1 is -100 steps"),
        ({"times": [np.inf]}, "time inf in steps of 0.001 is no number of steps"),
        ({"times": 0.1}, "times must be several numbers like .*, got float 0.1"),
        ({"times": ["0.1"]}, "a time of times must be a number, got str '0.1'"),
        ({"learning_rate": 0.0}, "learning_rate must be positive and finite, got 0.0"),
    ],
)
def test_bad_input(changes: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        corr.noise_free(loss, START, **({"learning_rate": RATE, "times": [0.1]} | changes))
