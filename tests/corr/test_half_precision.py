"""float16 and bfloat16 parameters: numbers drawn and steps worked out in float32, decisions right, losses in full."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr import proposals

HALVES = [jnp.float16, jnp.bfloat16]
LAWS = {
    "normal": proposals.normal(0.1),
    "tiny normal": proposals.normal(1e-7),
    "covariance": proposals.covariance(np.array([[1.0, 0.0], [1e-7, 3e-7]])),
    "sparse": proposals.sparse(0.1, 0.5),
    "one coordinate": proposals.one_coordinate(0.3),
    "uniform": proposals.uniform(0.1),
    "laplace": proposals.laplace(0.1),
    "rademacher": proposals.rademacher(0.1),
    "sphere": proposals.sphere(0.1),
    "Student's t": proposals.student_t(0.1, 3.0),
    "joint Student's t": proposals.student_t(0.1, 3.0, joint=True),
}


@pytest.mark.parametrize("name", LAWS)
def test_a_proposal_is_that_of_float32_rounded(name: str) -> None:
    """bfloat16's own normals have 128 values and mean -0.012, and a float16 σ of 1e-7 is off by a fifth."""
    law, size = LAWS[name], 2 if name == "covariance" else 50
    full = law.draw(jax.random.key(3), jnp.zeros(size))
    assert full.dtype == jnp.float32 and bool(full.any())
    for dtype in HALVES:
        drawn = law.draw(jax.random.key(3), jnp.zeros(size, dtype))
        assert drawn.dtype == dtype
        np.testing.assert_array_equal(drawn.astype(jnp.float32), full.astype(dtype).astype(jnp.float32))


def test_the_twins_noise_is_that_of_float32() -> None:
    moments = corr.paper_moments(beta=2.0)
    draws = [
        corr.langevin(lambda x: jnp.sum(x * x), time_step=0.01, moments=moments).halves[0](jax.random.key(0), x)  # pyright: ignore[reportOptionalSubscript]
        for x in (jnp.zeros(50), jnp.zeros(50, jnp.bfloat16))
    ]
    assert draws[1].dtype == jnp.float32
    np.testing.assert_array_equal(*draws)


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum((x - jnp.asarray(0.5, x.dtype)) ** 2)


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("beta", [math.inf, 20.0])
def test_decisions_are_those_of_float64_where_rounding_leaves_a_choice(dtype: Any, beta: float) -> None:
    """Rounding of the change: one for each of x - 1/2, twice it, ε, their sum and product, and 3 in the sum of 8."""
    walk, x = corr.mutation(bowl, mutation_std=0.05, beta=beta), jnp.linspace(0.3, 1.2, 8).astype(dtype)
    state, (draw, advance) = walk.init(x), walk.halves  # pyright: ignore[reportGeneralTypeIssues]
    drawn = jax.vmap(lambda key: draw(key, x))(jax.random.split(jax.random.key(1), 4000))
    moved, info = jax.jit(jax.vmap(lambda one: advance(one, state)))(drawn)
    start, step = np.asarray(x, float) - 0.5, np.asarray(info.displacement, float)
    change = np.sum((start + step) ** 2 - start**2, axis=1)
    terms = np.sum(2 * np.abs(start * step) + step**2, axis=1)
    rounding = 8 * float(jnp.finfo(dtype).eps) / 2 * terms
    assert (np.abs(np.asarray(info.loss_change, float) - change) <= rounding).all()
    level = 0.0 if math.isinf(beta) else -np.log(np.asarray(drawn[1], float)) / beta
    taken = np.asarray(info.accepted)
    sure = np.abs(change - level) > rounding
    np.testing.assert_array_equal(taken[sure], (change <= level)[sure])
    assert 0.2 < taken.mean() < 0.9 and sure.mean() > 0.9
    here = np.asarray(moved.position, float) - 0.5
    np.testing.assert_array_equal(here, start + step * taken[:, None])


@pytest.mark.parametrize("dtype", HALVES)
def test_steps_are_told_as_they_are_made_also_below_the_normal_numbers(dtype: Any) -> None:
    """float16's numbers below 6e-5 are no zeros: most mutations of small weights are such."""
    walk = corr.mutation(lambda x: jnp.sum(x.astype(jnp.float32)), mutation_std=2e-5, beta=0.0)
    x = jnp.full(50, 1e-4, dtype)
    moved, info = jax.jit(walk.step)(jax.random.key(5), walk.init(x))
    told = np.asarray(info.displacement, float)
    assert np.count_nonzero(told) > 40
    np.testing.assert_array_equal(np.asarray(moved.position, float) - np.asarray(x, float), told)


SIDES = {
    "mutation": lambda loss: corr.mutation(loss, mutation_std=0.1, beta=50.0),
    "normalized descent": lambda loss: corr.descent(loss, learning_rate=0.05, normalized=True),
    "twin": lambda loss: corr.langevin(loss, time_step=0.02, moments=corr.paper_moments(beta=50.0)),
}


@pytest.mark.parametrize("name", SIDES)
def test_a_run_works_from_end_to_end(name: str) -> None:
    result = corr.run(
        SIDES[name](bowl), jnp.ones(4, jnp.bfloat16), steps=60, trajectories=4, key=corr.root_key(0), progress=False
    )
    loss, last = result.loss.values, result.path.values[:, -1]
    assert loss.dtype == last.dtype == np.float32, "what a netCDF file can hold"
    assert result.finite.all() and (loss[:, -1] < 0.5 * loss[:, 0]).all()
    np.testing.assert_array_equal(last, np.asarray(jnp.asarray(last).astype(jnp.bfloat16), np.float32))
    expected = np.sum((last - 0.5) ** 2, axis=1)
    np.testing.assert_allclose(loss[:, -1], expected, rtol=4 * float(jnp.finfo(jnp.bfloat16).eps))


@pytest.mark.parametrize("rule", ["descent", "optax"])
def test_losses_are_recorded_in_their_own_dtype(rule: str) -> None:
    """The position is rounded before its loss is taken, also in a fused loop: a kept loss that drifts is an error."""

    def wide_loss(x: jax.Array) -> jax.Array:
        return bowl(x.astype(jnp.float32) * 1.001)

    side = corr.descent(wide_loss, learning_rate=0.05)
    side = side if rule == "descent" else corr.from_optax(wide_loss, optax.sgd(0.05, momentum=0.9))
    result = corr.run(side, jnp.ones(3, jnp.bfloat16), steps=3, trajectories=1, key=corr.root_key(0), progress=False)
    exact = [float(wide_loss(jnp.asarray(row))) for row in result.path.values[0]]
    np.testing.assert_allclose(result.loss.values[0], exact, rtol=8 * np.finfo(np.float32).eps)


def test_a_loss_in_double_precision_is_recorded_in_it(x64: None) -> None:
    side = corr.descent(lambda x: jnp.sum(x.astype(jnp.float64) ** 2 / 3), learning_rate=0.05)
    start = jnp.ones(2, jnp.float32)
    result = corr.run(side, start, steps=1, trajectories=1, key=corr.root_key(0), progress=False)
    assert result.path.dtype == np.float32
    assert abs(float(result.loss[0, 0]) - 2 / 3) <= 2 * np.finfo(np.float64).eps


def test_a_learning_rate_below_float16_still_moves() -> None:
    def steep(x: jax.Array) -> jax.Array:
        return jnp.sum(x) * jnp.asarray(3e4, x.dtype)

    moments = corr.paper_moments(beta=1e12)
    for side in (corr.descent(steep, learning_rate=1e-8), corr.langevin(steep, time_step=1e-8, moments=moments)):
        state, _ = side.step(jax.random.key(0), side.init(jnp.zeros(2, jnp.float16)))
        np.testing.assert_allclose(np.asarray(state.position, float), -3e-4, rtol=2e-3)
