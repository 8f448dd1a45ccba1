"""Seeds, keys, and step numbers beyond what 32 bits count."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr._keys import later, step_key, step_words, text_key, trajectory_key
from corr.ensemble._engine import Counts
from corr.ensemble._simulate import Snapshot, simulate

DRIFT = corr.langevin(lambda x: 0.0 * jnp.sum(x), time_step=1.0, moments=corr.paper_moments(beta=2.0))


def words(key: jax.Array) -> list[int]:
    return jax.random.key_data(key).tolist()


def test_small_seeds_give_jax_own_keys_and_large_ones_keys_of_their_own() -> None:
    for seed in (0, 1, 7, 2**31, 2**32 - 1):
        assert words(corr.root_key(seed)) == words(jax.random.key(seed, impl="threefry2x32"))
    assert words(corr.root_key(np.int64(5))) == words(corr.root_key(5))  # pyright: ignore[reportArgumentType]
    seeds = [0, 1, 2**32, 2**32 + 1, 2**33, 2**63, 2**64 - 1]
    keys = [words(corr.root_key(seed)) for seed in seeds]
    assert len({tuple(key) for key in keys}) == len(seeds)
    with jax.enable_x64(True):
        assert [words(corr.root_key(seed)) for seed in seeds] == keys


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        (-1, "seed must be at least 0, got -1"),
        (2**64, r"seed must be below 2\^64"),
        (1.0, "seed must be an integer, got float 1.0"),
        (True, "seed must be an integer, got bool True"),
        ("0", "seed must be an integer, got str '0'"),
    ],
)
def test_bad_seeds(seed: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        corr.root_key(seed)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (jnp.zeros(2, jnp.uint32), "typed key such as corr.root_key.0., got an array of dtype uint32: wrap a raw one"),
        (0, "typed key such as corr.root_key.0., got int"),
        (jax.random.key(0, impl="rbg"), "of the kind rbg, whose numbers depend on the block size: use corr.root_key"),
        (jax.random.split(jax.random.key(0)), r"one key, got an array of keys of shape \(2,\)"),
    ],
)
def test_bad_keys(key: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        corr.run(DRIFT, jnp.zeros(2), steps=1, trajectories=1, key=key, progress=False)


def test_step_keys_are_those_of_fold_in_and_go_on_beyond_32_bits() -> None:
    key = corr.root_key(3)
    for step in (0, 5, 2**31 - 1, 2**31, 2**32 - 1):
        assert words(step_key(key, step_words(step))) == words(jax.random.fold_in(key, np.uint32(step)))
    steps = [0, 1, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**33, 2**40 + 1]
    assert len({tuple(words(step_key(key, step_words(step)))) for step in steps}) == len(steps)
    for step in steps:
        for more in (0, 1, 2**31 - 1):
            moved = later(jnp.asarray(step_words(step)), jnp.uint32(more))
            assert moved.tolist() == step_words(step + more).tolist()


@pytest.mark.parametrize("start", [2**31 - 2, 2**32 - 1, 2**40 - 1])
def test_a_run_goes_on_across_2_to_31_and_32_steps(start: int) -> None:
    """Three steps a segment, so that 2^32 lies inside one; replayed by hand with the keys of the same step numbers."""
    key, count = corr.root_key(1), 6
    state = jax.tree.map(lambda leaf: np.asarray(leaf)[None], DRIFT.init(jnp.zeros(3))._replace(tape=()))
    none = np.zeros(1, np.int64)
    resume = Snapshot(start, state, Counts(none, none, np.zeros(1, np.float32)))
    (before, after) = simulate(
        DRIFT, jnp.zeros(3), trajectories=1, key=key, record_at=[start, start + count], layout=corr.choose_layout(1, 1),
        refresh_every=3 if start % 3 == 0 else 1, resume=resume,
    )  # fmt: skip
    mine, by_hand = trajectory_key(key, DRIFT.stream, 0), DRIFT.init(jnp.zeros(3))
    for n in range(start, start + count):
        by_hand, _ = DRIFT.step(step_key(mine, step_words(n)), by_hand)
    assert (before.step, after.step) == (start, start + count)
    np.testing.assert_allclose(after.state.position[0], by_hand.position, rtol=1e-5)


def test_a_schedule_sees_a_step_number_that_does_not_wrap() -> None:
    side = corr.descent(lambda x: jnp.sum(x), learning_rate=lambda n: jnp.where(n < 10, 9.0, 1.0))
    state = side.init(jnp.zeros(1))
    state, _ = side.step(jax.random.key(0), state._replace(aux=jnp.int32(2**31 - 1)))
    state, _ = side.step(jax.random.key(0), state)
    assert state.position.tolist() == [-2.0]


def test_keys_of_texts_keep_their_numbers() -> None:
    """Saved runs are made again from these."""
    assert words(text_key(corr.root_key(3), '{"step_ratio": 1.0}')) == [1366959900, 1819080183]
    pairs = {tuple(words(text_key(corr.root_key(0), repr(0.1 + n * 2**-55)))) for n in range(0, 64, 8)}
    assert len(pairs) == len({0.1 + n * 2**-55 for n in range(0, 64, 8)}) > 4
