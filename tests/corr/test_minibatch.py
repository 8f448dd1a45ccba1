"""A dynamics on minibatches: what it remembers goes on from batch to batch."""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr.ensemble._simulate import simulate

POINTS = jnp.array([-1.0, 0.5, 2.0, 4.0])
EVERY = jnp.arange(4)
START = jnp.array([3.0, -2.0])


def loss_on(x: jax.Array, rows: jax.Array) -> jax.Array:
    return jnp.mean((x[0] - POINTS[rows]) ** 2) + x[1] ** 2


def loss(x: jax.Array) -> jax.Array:
    return loss_on(x, EVERY)


def curvature(flat_loss: Callable[[jax.Array], jax.Array], position: jax.Array) -> jax.Array:
    return jax.hessian(flat_loss)(position)


def curved_moments(gradient: jax.Array, hessian: jax.Array) -> Any:
    return -gradient - 0.01 * hessian @ gradient, lambda noise: 0.1 * noise


MAKERS: dict[str, Callable[[Any], corr.Dynamics]] = {
    "momentum": lambda U: corr.from_optax(U, optax.sgd(0.05, momentum=0.9)),
    "Adam": lambda U: corr.from_optax(U, optax.adam(0.1)),
    "optax schedule": lambda U: corr.from_optax(U, optax.sgd(optax.exponential_decay(0.1, 1, 0.5))),
    "schedule": lambda U: corr.descent(U, learning_rate=lambda n: 0.1 / (1.0 + n.astype(jnp.float32))),
    "normalized": lambda U: corr.descent(U, learning_rate=0.1, normalized=True),
    "twin": lambda U: corr.langevin(
        U, time_step=lambda n: jnp.where(n < 2, 0.01, 0.02), moments=curved_moments, measure=curvature
    ),
    "mutation": lambda U: corr.mutation(U, mutation_std=0.3, beta=2.0),
}


def on_batches(make: Callable[[Any], corr.Dynamics], batch: Callable[[jax.Array], jax.Array]) -> corr.Dynamics:
    return corr.minibatch(lambda rows: make(lambda x: loss_on(x, rows)), batch=batch, loss=loss)


def some(key: jax.Array) -> jax.Array:
    return jax.random.choice(key, 4, (2,), replace=False)


@pytest.mark.parametrize("name", MAKERS)
def test_on_batches_that_are_all_data_it_is_the_dynamics_itself(name: str) -> None:
    """Bit by bit, with what it remembers; the dynamics itself gets the second half of each key, and is refreshed."""
    plain, batched = MAKERS[name](loss), on_batches(MAKERS[name], lambda key: EVERY)
    state, mine = plain.init(START), batched.init(START)
    for n in range(4):
        key = jax.random.key(n)
        state, info = plain.step(jax.random.split(key)[1], plain.refresh(state))
        mine, my_info = batched.step(key, mine)
        expected = (state.position, state.loss, state.aux, info)
        got = (mine.position, mine.loss, mine.aux, my_info)
        assert jax.tree.structure(expected) == jax.tree.structure(got)
        for one, other in zip(jax.tree.leaves(expected), jax.tree.leaves(got), strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_optax_begins_with_may_mix_dtypes_as_well() -> None:
    """A schedule inside `inject_hyperparams` is asked for its first value at the start; promotion is strict here."""
    schedule = optax.cosine_decay_schedule(0.1, 100)
    side = corr.from_optax(loss, optax.inject_hyperparams(optax.adam)(learning_rate=schedule))
    state, _ = side.step(jax.random.key(0), side.init(START))
    assert bool(jnp.isfinite(state.loss)) and float(state.loss) < float(side.init(START).loss)


def test_momentum_on_changing_batches_is_that_of_optax() -> None:
    side = on_batches(MAKERS["momentum"], some)
    state = side.init(START)
    rule = optax.sgd(0.05, momentum=0.9)
    x, memory = START, rule.init(START)
    for n in range(5):
        key = jax.random.key(n)
        rows = some(jax.random.split(key)[0])
        update, memory = rule.update(jax.grad(loss_on)(x, rows), memory)
        x = optax.apply_updates(x, update)
        state, _ = side.step(key, state)
    np.testing.assert_array_equal(state.position, x)


def test_a_run_goes_on_with_equal_bits_and_records_the_loss_of_all_data() -> None:
    side = on_batches(MAKERS["Adam"], some)
    settings: dict[str, Any] = {"trajectories": 2, "key": corr.root_key(0), "record_at": [4, 8],
                                "layout": corr.choose_layout(2, 1), "refresh_every": 2}  # fmt: skip
    whole = list(simulate(side, START, **settings))
    resumed = list(simulate(side, START, resume=whole[1], **settings))
    for one, other in zip(jax.tree.leaves(whole[2].state), jax.tree.leaves(resumed[-1].state), strict=True):
        np.testing.assert_array_equal(one, other)
    for row, value in zip(whole[2].state.position, whole[2].state.loss, strict=True):
        np.testing.assert_allclose(value, loss(row), rtol=1e-6)
    assert len({tuple(row) for row in whole[2].state.position.tolist()}) == 2
    assert not whole[2].counts.drift.any(), "between refreshes the loss is of another batch: no drift of a kept loss"


def test_no_nan_between_records() -> None:
    side = on_batches(MAKERS["mutation"], some)
    with jax.debug_nans(True):
        state = side.init(START)
        for n in range(3):
            state, info = side.step(jax.random.key(n), state)
    assert bool(jnp.isfinite(state.loss)) and bool(info.finite)
    assert float(side.refresh(state).loss) == float(loss(state.position))


@pytest.mark.slow
def test_no_nan_in_a_whole_run() -> None:
    with jax.debug_nans(True):
        side = on_batches(MAKERS["mutation"], some)
        data = corr.run(side, START, steps=4, trajectories=2, key=corr.root_key(0), progress=False)
    assert np.isfinite(data.loss.values).all()


def test_what_it_tells_of_itself() -> None:
    side = on_batches(MAKERS["mutation"], some)
    assert side.loss is loss and side.accept is not None
    assert side.facts["beta"] == 2.0 and side.facts["on"] == "minibatches"
    assert side.stream == corr.Stream.MUTATION


def test_batches_may_be_used_outside_the_loss() -> None:
    """``make`` is given batches of numbers, so it may compute with them before it builds the dynamics."""

    def make(rows: jax.Array) -> corr.Dynamics:
        middle = jnp.mean(POINTS[rows])
        return corr.descent(lambda x: (x[0] - middle) ** 2, learning_rate=0.5)

    side = corr.minibatch(make, batch=some, loss=loss)
    states = itertools.accumulate(range(2), lambda s, n: side.step(jax.random.key(n), s)[0], initial=side.init(START))
    last = list(states)[-1]
    rows = some(jax.random.split(jax.random.key(1))[0])
    assert abs(float(last.position[0]) - float(jnp.mean(POINTS[rows]))) < 1e-6
