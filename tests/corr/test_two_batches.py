"""Losses on two batches: noise of known size; on one batch none."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from theory import noise

K = 4.0
STD, SPREAD, ROWS, BATCH = 0.01, 0.3, 4000, 40
SLOPES = jnp.array([1.0, -0.5, 0.2])
OFFSETS = SPREAD * jax.random.normal(jax.random.key(9), (ROWS,))


def on(x: jax.Array, rows: jax.Array) -> jax.Array:
    """A slope, and an offset of every data point that no parameter changes: noise alone."""
    return jnp.sum(SLOPES * x) + jnp.mean(OFFSETS[rows])


def batch(key: jax.Array) -> jax.Array:
    return jax.random.randint(key, (BATCH,), 0, ROWS)


def along(walk: corr.Dynamics) -> tuple[float, float, float]:
    moves = corr.atlas.displacements(walk, {"slope": jnp.zeros(3)}, draws=60_000, key=corr.root_key(1), progress=False)
    unit = np.asarray(SLOPES) / float(jnp.linalg.norm(SLOPES))
    found = moves["slope"].samples @ unit
    return float(found.mean()), float(found.std(ddof=1) / math.sqrt(len(found))), float(moves["slope"].accepted.mean())


def whole(x: jax.Array) -> jax.Array:
    return on(x, jnp.arange(ROWS))


@pytest.mark.slow
def test_two_batches_are_noise_of_twice_their_variance_and_one_is_none() -> None:
    tau = math.sqrt(2 / BATCH) * float(jnp.std(OFFSETS))
    unit = np.asarray(SLOPES) / float(jnp.linalg.norm(SLOPES))
    law = lambda tau: float(noise.drift(SLOPES, mutation_std=STD, beta=math.inf, tau=tau) @ unit)  # noqa: E731
    value, error, taken = along(corr.two_batches(on, batch=batch, loss=whole, mutation_std=STD))
    assert abs(value - law(tau)) < K * error and abs(taken - 0.5) < K * 0.5 / math.sqrt(60_000)
    assert abs(value - law(tau / math.sqrt(2))) > K * error, "variance of one batch"
    walk = corr.minibatch(lambda rows: corr.mutation(lambda x: on(x, rows), mutation_std=STD), batch=batch, loss=whole)
    value, error, _ = along(walk)
    assert abs(value - law(0.0)) < K * error and abs(value - law(tau)) > K * error


def test_the_change_that_is_told_decided() -> None:
    walk = corr.two_batches(on, batch=batch, loss=whole, mutation_std=STD, beta=2.0, rule="barker")
    state = walk.refresh(walk.init(jnp.ones(3)))
    new, info = jax.jit(walk.step)(jax.random.key(0), state)
    assert state.loss == whole(jnp.ones(3)) and walk.evaluations == 3
    moved = np.asarray(new.position - state.position)
    np.testing.assert_array_equal(moved, np.where(info.accepted, info.displacement, 0))
    assert abs(float(info.loss_change) - float(jnp.sum(SLOPES * info.displacement))) > 1e-4, "noise included"
