"""Late steps: which position decides, where they stop being stable, how hot they are; laws of the delay."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from theory import delay as theory

K = 4.0
AHEAD = corr.from_optax(lambda x: jnp.sum(x**2), optax.lookahead(optax.sgd(0.1), sync_period=5, slow_step_size=0.5))


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(x**2) / 2


def path(side: corr.Dynamics, start: float, steps: int, size: int = 1, seed: int = 0) -> np.ndarray:
    """Positions after 0, ..., steps."""

    def step(state: corr.State, key: jax.Array) -> tuple[corr.State, jax.Array]:
        new, _ = side.step(key, state)
        return new, new.position

    begun = side.init(jnp.full(size, start))
    keys = jax.random.split(jax.random.key(seed), steps)
    _, places = jax.jit(lambda begun: jax.lax.scan(step, begun, keys))(begun)
    return np.concatenate([np.full((1, size), start), np.asarray(places)])


@pytest.mark.parametrize("late", [0, 1, 3, 7])
def test_a_fixed_delay_takes_the_gradient_of_so_many_steps_ago(late: int) -> None:
    found = path(corr.stale(corr.descent(bowl, learning_rate=0.1), late), 1.0, 40)[:, 0]
    expected = [1.0]
    for step in range(40):
        expected.append(expected[-1] - 0.1 * expected[max(step - late, 0)])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_no_delay_is_the_dynamics_itself() -> None:
    walk = corr.mutation(bowl, mutation_std=0.1, beta=3.0)
    late = corr.stale(walk, 0)
    state, begun = walk.init(jnp.ones(3)), late.init(jnp.ones(3))
    for number in range(20):
        key = jax.random.key(number)
        state, _ = walk.step(jax.random.split(key)[1], state)
        begun, _ = late.step(key, begun)
        np.testing.assert_array_equal(state.position, begun.position)


@pytest.mark.parametrize("late", [1, 2, 5])
def test_steps_are_stable_up_to_the_limit_and_not_beyond(late: int, x64: None) -> None:
    """Within 2 %."""
    limit = theory.stability_limit(late)
    for factor, grows in ((0.98, False), (1.02, True)):
        found = path(corr.stale(corr.descent(bowl, learning_rate=factor * limit), late), 1.0, 4000)[:, 0]
        assert (np.abs(found[-50:]).max() > 1) == grows


@pytest.mark.parametrize("late", [6, 15])
def test_a_stale_mutations_decision_is_that_of_the_old_position(late: int) -> None:
    """At β = ∞ in a parabola a step is taken where it falls at the old position, whatever it does at the new one."""
    walk = corr.stale(corr.mutation(bowl, mutation_std=0.5), late)
    state, places, worse = walk.init(jnp.full(2, 0.3)), [np.full(2, 0.3, np.float32)], 0
    for number in range(60):
        old = places[max(number - late, 0)]
        new, info = jax.jit(walk.step)(jax.random.key(number), state)
        move = np.asarray(info.displacement)
        assert bool(info.accepted) == (float(np.sum((old + move) ** 2) - np.sum(old**2)) <= 1e-6)
        worse += bool(info.accepted) and float(np.sum((places[-1] + move) ** 2) - np.sum(places[-1] ** 2)) > 0
        places.append(np.asarray(new.position))
        state = new
    assert worse > 0, "late decisions that the present would have refused"


@pytest.mark.parametrize("weights", [[1.0], [0, 0, 1.0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.3, 0.0, 0.2]])
def test_the_variance_is_that_of_the_recursion(weights: list[float]) -> None:
    """By NumPy, 4000 chains; steps in time are told from late ones."""
    rate, chains, steps = 0.2, 4000, 400
    random, past = np.random.default_rng(0), np.zeros((len(weights), chains))
    law = np.asarray(weights) / np.sum(weights)
    for _ in range(steps):
        late = random.choice(len(weights), size=chains, p=law)
        new = past[0] - rate * past[late, np.arange(chains)] + random.normal(size=chains)
        past = np.concatenate([new[None], past[:-1]])
    value, error = float(np.mean(past[0] ** 2)), float(np.std(past[0] ** 2, ddof=1) / math.sqrt(chains))
    assert abs(value - theory.variance(rate, weights)) < K * error
    if len(weights) > 1:
        assert abs(value - theory.variance(rate, [1.0])) > K * error


def test_the_heating_is_the_variance_at_small_rates() -> None:
    """Relative corrections are of order a."""
    for late in (1, 4, 10):
        for theta in (0.2, 0.8):
            rate = theta / (late + 0.5)
            exact = theory.variance(rate, np.eye(late + 1)[late]) / theory.variance(1e-9, [1.0]) * rate / 1e-9
            assert exact == pytest.approx(theory.heating(rate, late), rel=rate)
    assert theory.heating(1.0, 10) == math.inf == theory.variance(1.0, [0, 0, 1.0])


def test_laws_of_the_delay_have_their_frequencies() -> None:
    keys = jax.random.split(jax.random.key(1), 40_000)
    for law, weights in (
        (corr.uniform_delay(3), np.ones(4)),
        (corr.geometric_delay(2.0, 30), (2 / 3) ** np.arange(31)),
        (corr.delays([1, 0, 3]), np.array([1.0, 0, 3])),
    ):
        drawn = np.bincount(np.asarray(jax.jit(jax.vmap(law.draw))(keys)), minlength=law.largest + 1) / len(keys)
        share = weights / weights.sum()
        error = np.sqrt(share * (1 - share) / len(keys))
        assert (np.abs(drawn - share) <= (K + 1) * error).all() and len(drawn) == len(weights)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: corr.stale(corr.descent(bowl, learning_rate=0.1), -1), ValueError, "delay must be at least 0, got -1"),
        (lambda: corr.stale(corr.descent(bowl, learning_rate=0.1), 1.5), TypeError, "delay must be an integer"),
        (lambda: corr.stale(corr.populations.swarm(bowl, particles=4, spread=0.1), 1), TypeError, "swarm remembers"),
        (lambda: corr.stale(AHEAD, 1).init(jnp.ones(2)), TypeError, "optax.lookahead remembers positions of its own"),
        (lambda: corr.stale(corr.mutation, 1), TypeError, "dynamics must be one like"),  # type: ignore[arg-type]
        (lambda: corr.uniform_delay(-2), ValueError, "largest must be at least 0"),
        (lambda: corr.geometric_delay(0.0, 4), ValueError, "mean must be positive"),
        (lambda: corr.delays([0, 0]), ValueError, "one of them positive"),
        (lambda: corr.delays([1, -1]), ValueError, "finite numbers of at least 0"),
        (lambda: theory.stability_limit(-1), ValueError, "delay must be a whole number of at least 0"),
        (lambda: theory.implied_momentum(0), ValueError, "workers must be"),
    ],
)
def test_bad_delays_are_refused(ask: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ask()
