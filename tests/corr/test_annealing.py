"""Simulated annealing: mutation's own walk under a schedule, its clock, and where level 1 says that it leaves it."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr.theory import annealing as law

K, RUNS = 4.0, 2000
Schedule = Callable[[Any], Any]


def geometric(first: float, last: float, steps: int) -> Schedule:
    return optax.exponential_decay(first, transition_steps=steps, decay_rate=last / first, end_value=last)


def betas(schedule: Schedule, steps: int) -> np.ndarray:
    return np.asarray(jax.vmap(schedule)(jnp.arange(steps)), np.float64)


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(x * x) / 2


def walked(dynamics: corr.Dynamics, start: jax.Array, steps: int, key: jax.Array) -> tuple[corr.State, corr.Info]:
    """The last state and the Info of every step."""
    keys = jax.vmap(lambda step: jax.random.fold_in(key, step))(jnp.arange(steps))
    return jax.lax.scan(lambda state, one: dynamics.step(one, state), dynamics.init(start), keys)


@pytest.mark.parametrize("beta", [3.0, math.inf])
def test_a_constant_schedule_takes_the_steps_of_mutation(beta: float) -> None:
    start, key = jnp.array([0.4, -0.2, 0.1]), corr.root_key(1)
    cooled = corr.annealing(bowl, mutation_std=0.3, beta=optax.constant_schedule(beta))
    plain = corr.mutation(bowl, mutation_std=0.3, beta=beta)
    assert cooled.stream == plain.stream and cooled.evaluations == plain.evaluations == 1
    (one, told), (other, said) = (walked(side, start, 400, key) for side in (cooled, plain))
    assert 0 < int(told.accepted.sum()) < 400
    np.testing.assert_array_equal(told.accepted, said.accepted)
    np.testing.assert_array_equal(one.position, other.position)
    assert float(one.loss) == float(other.loss) and int(one.aux) == 400 and other.aux == ()
    warmer = walked(corr.annealing(bowl, mutation_std=0.3, beta=optax.constant_schedule(1.0)), start, 400, key)
    assert np.any(warmer[1].accepted != told.accepted), "another β decides otherwise"


def test_every_step_is_decided_at_its_own_beta() -> None:
    """β = ∞ in odd steps, next to 0 in even ones; what mutation does at a β it does at that step."""
    walk = corr.annealing(bowl, mutation_std=0.5, beta=lambda step: jnp.where(step % 2 == 1, jnp.inf, 1e-6))
    _, info = walked(walk, jnp.zeros(2), 60, corr.root_key(2))
    rises = np.asarray(info.loss_change > 0)
    accepted = np.asarray(info.accepted)
    assert accepted[::2].all()
    assert rises[1::2].any() and not accepted[1::2][rises[1::2]].any() and accepted[1::2][~rises[1::2]].all()


@pytest.mark.parametrize("beta", [1e30, math.inf])
def test_a_fall_is_accepted_at_any_beta_and_no_loss_that_is_not_finite(beta: float) -> None:
    """β ΔU overflows float32 on both sides of 0."""
    walk = corr.annealing(lambda x: 1e20 * x[0], mutation_std=1.0, beta=optax.constant_schedule(beta))
    _, info = walked(walk, jnp.zeros(1), 40, corr.root_key(3))
    np.testing.assert_array_equal(info.accepted, info.displacement[:, 0] <= 0)
    broken = corr.annealing(lambda x: jnp.log(x[0]), mutation_std=10.0, beta=optax.constant_schedule(beta))
    _, info = walked(broken, jnp.ones(1), 40, corr.root_key(3))
    assert not info.finite.all() and not info.accepted[~info.finite].any()


def test_the_driver_runs_it_restarts_count_and_checks_its_first_decisions() -> None:
    cooling = geometric(1.0, 100.0, 50)
    walk = corr.annealing(bowl, mutation_std=0.1, beta=cooling)
    options = {"steps": 50, "trajectories": 4, "record_at": [0, 50], "progress": False}
    found = corr.run(walk, jnp.ones(3), key=corr.root_key(4), **options)
    assert found.sizes["trajectory"] == 4 and bool(np.isfinite(found.loss).all())
    assert walk.accept is not None and walk.halves is not None
    drawn = walk.halves[0](corr.root_key(5), jnp.ones(3))
    state, info = walk.halves[1](drawn, walk.init(jnp.ones(3)))
    assert bool(walk.accept(info.loss_change, drawn[1])) == bool(info.accepted)
    assert int(walk.refresh(state).aux) == 1, "a rebuild keeps the step number"


SLOPE, STD, STEPS = 2.0, 0.01, 500


def linear(x: jax.Array) -> jax.Array:
    return SLOPE * x[0]


def measured(schedule: Schedule) -> tuple[np.ndarray, np.ndarray]:
    """Mean distance down the slope after every step and its standard error; the mean proposal, known to be 0, left out.

    What a rejection takes away is ε; its mean is less noisy than that of what is accepted where s is small.
    """
    walk = corr.annealing(linear, mutation_std=STD, beta=schedule)

    def lost(key: jax.Array) -> jax.Array:
        _, info = walked(walk, jnp.zeros(2), STEPS, key)
        return jnp.cumsum(jnp.where(info.accepted, 0, info.displacement[:, 0]))

    paths = jax.jit(jax.vmap(lost))(jax.random.split(corr.root_key(6), RUNS))
    return np.asarray(paths.mean(0), float), np.asarray(paths.std(0, ddof=1), float) / math.sqrt(RUNS)


def test_annealing_is_plain_descent_on_its_clock_until_level_1_says_that_it_leaves() -> None:
    """s = βσ|∇U| from 0.02 to 4. Level 1 is exact here; the clock is short of it by less than √(2/π) s of the way."""
    schedule = geometric(0.02 / (STD * SLOPE), 4 / (STD * SLOPE), STEPS)
    way, error = measured(schedule)
    known = betas(schedule, STEPS)
    strength = known * STD * SLOPE
    exact = law.distance(known, mutation_std=STD, gradient_norm=SLOPE)
    clock = SLOPE * law.clock(known, mutation_std=STD)
    early, late = int(np.argmax(strength > 0.1)) - 1, STEPS - 1
    for step in (early, STEPS // 2, late):
        assert abs(way[step] - exact[step]) < K * error[step]
    model = math.sqrt(2 / math.pi) * strength[early] * clock[early]
    assert abs(way[early] - clock[early]) < K * error[early] + model
    assert abs(way[late] - clock[late]) > 0.3 * clock[late] + K * error[late], "the clock ends at s of about 1"
    stopped = SLOPE * law.clock(np.full(STEPS, known[0]), mutation_std=STD)
    for wrong in (2 * clock, clock / 2, stopped):
        assert abs(way[early] - wrong[early]) > K * error[early] + model
    assert abs(way[late] - 1.1 * exact[late]) > K * error[late]


def test_variance_in_a_bowl_follows_the_temperature_with_a_delay() -> None:
    """T from 0.4 to 0.04, h = 1. Model error: level 1 slows the walk by less than √(2/π) s, s = σ√(h/T)."""
    std, steps = 0.05, 600
    schedule = geometric(2.5, 25.0, steps)
    walk = corr.annealing(bowl, mutation_std=std, beta=schedule)

    def path(key: jax.Array) -> jax.Array:
        _, info = walked(walk, jnp.zeros(1), steps, key)
        return jnp.cumsum(jnp.where(info.accepted, info.displacement[:, 0], 0))

    paths = np.asarray(jax.jit(jax.vmap(path))(jax.random.split(corr.root_key(7), RUNS)), float)
    known = betas(schedule, steps)
    slowed = std * math.sqrt(1 - math.sqrt(2 / math.pi) * std * math.sqrt(known[-1]))
    said, slow, half = (
        law.bowl_variance(known, mutation_std=one, curvature=1.0) for one in (std, slowed, std / math.sqrt(2))
    )
    for step in (100, 250, 400, steps - 1):
        variance = float(np.mean(paths[:, step] ** 2))
        allowed = K * float(np.std(paths[:, step] ** 2)) / math.sqrt(RUNS) + abs(slow[step] - said[step])
        assert abs(variance - said[step]) < allowed, step
        if step == 100:
            assert abs(variance - half[step]) > allowed, "half the noise"
            assert abs(variance - 1 / known[step]) > allowed, "no delay"


def test_what_makes_no_sense_is_refused_before_anything_is_compiled() -> None:
    ends = {
        "got 0.0 at step 100": optax.linear_schedule(1.0, 0.0, 100),
        "got -1.0 at step 0": optax.constant_schedule(-1.0),
        "got -5.0 at step 91": lambda step: jnp.where((step > 90) & (step < 110), -5.0, 1.0),
        "got nan at step 4": lambda step: jnp.where(step == 4, jnp.nan, 1.0),
        "got 0.0 at step 2147483647": lambda step: jnp.where(step > 2**30, 0.0, 1.0),
        r"one number at a step, got an array of shape \(2,\)": lambda step: jnp.ones(2),
    }
    for message, schedule in ends.items():
        with pytest.raises(ValueError, match=message):
            corr.annealing(bowl, mutation_std=0.1, beta=schedule)
    with pytest.raises(TypeError, match=r"beta must be a schedule step number -> beta, got 3\.0"):
        corr.annealing(bowl, mutation_std=0.1, beta=3.0)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="mutation_std"):
        corr.annealing(bowl, mutation_std=-1.0, beta=optax.constant_schedule(1.0))
