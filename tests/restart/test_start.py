"""A dynamics that draws at its start: any layout and any interruption give the same bits."""

import functools
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr._keys import step_key, step_words
from corr.ensemble._begin import start_states

START = jnp.array([1.0, -0.5, 0.2])


def valley(x: jax.Array) -> jax.Array:
    return jnp.sum((x[1:] - x[:-1] ** 2) ** 2) + 0.1 * jnp.sum(x**4)


def crowd(size: int = 4, loss: Any = valley) -> corr.Dynamics:
    """A population about the start, kept in ``aux``; the position is its best. Each step mutates all and keeps gains.

    ``refresh`` moves nothing that was drawn: it finds the best again and its loss.
    """

    def best(members: jax.Array) -> corr.State:
        losses = jax.vmap(loss)(members)
        first = jnp.argmin(losses)
        return corr.State(members[first], losses[first], aux=members, tape=losses)

    def init(params: jax.Array, key: jax.Array) -> corr.State:
        return best(params[None] + 0.5 * jax.random.normal(key, (size, *params.shape)))

    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        tried = state.aux + 0.05 * jax.random.normal(key, state.aux.shape)
        better = jax.vmap(loss)(tried) <= state.tape
        new = best(jnp.where(better[:, None], tried, state.aux))
        moved, change = new.position - state.position, new.loss - state.loss
        return new, corr.Info(moved, jnp.any(better), change, jnp.isfinite(new.loss))

    return corr.Dynamics(init, step, refresh=lambda state: best(state.aux), loss=loss, evaluations=size)


def run(folder: Path | None = None, die_at: int = -1, side: corr.Dynamics | None = None, **changes: Any) -> Any:
    def check(step: int, params: Any) -> None:
        if step >= die_at >= 0:
            raise KeyError("a process that dies right after a checkpoint")

    settings: dict[str, Any] = {"steps": 40, "record_at": [20], "refresh_every": 10, "trajectories": 5, "devices": 1}
    return corr.run(
        side or crowd(), START, key=corr.root_key(3), checkpoint=folder, checkpoint_every=0.0, check=check,
        progress=False, **(settings | changes),
    )  # fmt: skip


@functools.cache
def uninterrupted() -> xarray.Dataset:
    return run()


def test_every_trajectory_draws_its_own_start_from_its_own_key() -> None:
    whole = uninterrupted()
    for i in range(5):
        mine = corr.trajectory_key(corr.root_key(3), corr.Stream.CUSTOM, i)
        expected = crowd().init(START, step_key(mine, step_words(2**64 - 1)))
        np.testing.assert_allclose(whole.path.values[i, 0], expected.position, rtol=1e-5)
        np.testing.assert_allclose(whole.loss.values[i, 0], expected.loss, rtol=1e-5)
    assert len(np.unique(whole.path.values[:, 0], axis=0)) == 5
    assert (whole.loss.values[:, -1] < whole.loss.values[:, 0]).all()


def test_starts_do_not_depend_on_devices_blocks_and_number() -> None:
    other = run(devices=2, block_size=1, trajectories=3)
    np.testing.assert_array_equal(other.path.values, uninterrupted().path.values[:3])


def test_one_start_per_trajectory_and_a_draw_for_each() -> None:
    starts = {"a": jnp.stack([START + 10 * i for i in range(5)])}
    side = crowd()
    wrapped = side._replace(init=lambda params, key: side.init(params["a"], key))
    found = start_states(wrapped, starts, corr.root_key(3), np.array([4, 1]), each=True)
    for row, i in enumerate((4, 1)):
        mine = corr.trajectory_key(corr.root_key(3), corr.Stream.CUSTOM, i)
        expected = side.init(starts["a"][i], step_key(mine, step_words(2**64 - 1)))
        np.testing.assert_allclose(found.position[row], expected.position, rtol=1e-5)
        np.testing.assert_allclose(found.aux[row], expected.aux, rtol=1e-5)


@pytest.mark.parametrize("die_at", [10, pytest.param(20, marks=pytest.mark.slow)])
def test_resumed_gives_the_same_bits(die_at: int, tmp_path: Path) -> None:
    """What was drawn at the start is in ``aux``, so in the checkpoint."""
    with pytest.raises(KeyError):
        run(tmp_path, die_at)
    xarray.testing.assert_identical(run(tmp_path), uninterrupted())


def test_another_draw_at_the_start_is_another_run(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        run(tmp_path, 10)
    side = crowd()
    other = side._replace(init=lambda params, key: side.init(params, jax.random.fold_in(key, 1)))
    with pytest.raises(ValueError, match="another program of the step"):
        run(tmp_path, side=other)


def test_on_minibatches_what_was_drawn_goes_on_and_its_losses_are_those_of_the_batch() -> None:
    """Every batch is all data, so that it takes the steps of the dynamics itself, with the second half of each key."""
    plain, batched = crowd(), corr.minibatch(lambda c: crowd(loss=lambda x: c * valley(x)), batch=lambda key: 1.0,
                                             loss=valley)  # fmt: skip
    key = corr.root_key(5)
    state, mine = plain.init(START, key), batched.init(START, key)
    for n in range(3):
        folded = jax.random.fold_in(key, n)
        mine, _ = batched.step(folded, mine)
        state, _ = plain.step(jax.random.split(folded)[1], state)
        np.testing.assert_allclose(mine.aux, state.aux, rtol=1e-6)
        np.testing.assert_allclose(mine.loss, state.loss, rtol=1e-6)
    assert batched.evaluations == plain.evaluations + 1
