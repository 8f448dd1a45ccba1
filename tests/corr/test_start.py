"""``init(params, key)``: who gets the key, which key, and inits of one argument."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr._fingerprint import run_fingerprint
from corr._keys import step_key, step_words, trajectory_key
from corr._start import draws_at_start, initial, start_key

KEY = corr.root_key(0)
X = jnp.array([1.0, -2.0])


def loss(x: jax.Array) -> jax.Array:
    return jnp.sum(x**2)


def noisy(params: Any, key: jax.Array) -> corr.State:
    start = params + jax.random.normal(key, params.shape)
    return corr.State(start, loss(start))


def with_option(params: Any, scale: float = 3.0) -> corr.State:
    return corr.State(scale * params, loss(params))


def by_name(params: Any, key: Any = None) -> corr.State:
    return noisy(params, key)


def still(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
    """A step that shows the position it finds."""
    del key
    return state, corr.Info(state.position, jnp.bool_(True), jnp.zeros(()), jnp.bool_(True))


DRAWS: dict[str, Callable[..., corr.State]] = {
    "two arguments": noisy,
    "with a default": by_name,
    "any arguments": lambda *both: noisy(*both),
    "jitted": jax.jit(noisy),
    "partial": functools.partial(lambda scale, params, k: noisy(params, k), 1.0),
}
NOTHING: dict[str, Callable[..., corr.State]] = {
    "one argument": lambda x: corr.State(x, loss(x)),
    "an option of its own": with_option,
    "jitted": jax.jit(lambda x: corr.State(x, loss(x))),
}


@pytest.mark.parametrize("name", DRAWS)
def test_an_init_that_takes_a_key_gets_it(name: str) -> None:
    side = corr.Dynamics(DRAWS[name], still)
    np.testing.assert_allclose(initial(side, X, KEY).position, noisy(X, KEY).position, rtol=1e-5)
    assert draws_at_start(side, X)


@pytest.mark.parametrize("name", NOTHING)
def test_an_init_of_one_argument_gets_none_and_keeps_its_own_options(name: str) -> None:
    side = corr.Dynamics(NOTHING[name], still)
    np.testing.assert_array_equal(initial(side, X, KEY).position, NOTHING[name](X).position)
    assert not draws_at_start(side, X)


@pytest.mark.parametrize(
    "side",
    [
        corr.mutation(loss, mutation_std=0.1),
        corr.descent(loss, learning_rate=0.1),
        corr.langevin(loss, time_step=0.1, moments=corr.paper_moments(beta=1.0)),
        corr.from_optax(loss, optax.sgd(0.1)),
        corr.minibatch(lambda batch: corr.mutation(loss, mutation_std=0.1), batch=lambda key: key, loss=loss),
    ],
    ids=["mutation", "descent", "langevin", "optax", "minibatch"],
)
def test_inits_of_the_package_take_a_key_or_none_and_draw_nothing(side: corr.Dynamics) -> None:
    alone, given = (jax.tree.leaves(state) for state in (side.init(X), side.init(X, KEY)))
    for one, other in zip(alone, given, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not draws_at_start(side, X)


def test_the_key_of_a_start_is_that_of_no_step() -> None:
    """Steps n use the words of n below 2^64 - 1; the keys of trajectories are apart already."""
    mine = trajectory_key(KEY, corr.Stream.MUTATION, 3)
    steps = [*range(1000), 2**31 - 1, 2**32 - 1, 2**32, 2**63, 2**64 - 2]
    words = {tuple(jax.random.key_data(step_key(mine, step_words(n))).tolist()) for n in steps}
    assert len(words) == len(steps)
    assert tuple(jax.random.key_data(start_key(mine)).tolist()) not in words
    assert bool(start_key(mine) == step_key(mine, step_words(2**64 - 1)))


def test_what_an_init_draws_is_part_of_the_fingerprint() -> None:
    def scaled(size: float) -> corr.Dynamics:
        return corr.Dynamics(lambda params, key: noisy(size * params, key), still)

    one, same, other = (run_fingerprint(scaled(size), X, KEY)(0) for size in (1.0, 1.0, 2.0))
    assert one == same
    assert one != other


def test_single_steps_draw_their_own_starts() -> None:
    side = corr.Dynamics(noisy, still)
    starts = corr.inference.one_step_displacements(side, X, draws=3, key=KEY).displacements
    keys = [start_key(jax.random.fold_in(KEY, i)) for i in range(3)]
    np.testing.assert_allclose(starts, [noisy(X, key).position for key in keys], rtol=1e-5)
