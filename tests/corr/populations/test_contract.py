"""What every population scheme keeps, from the registry: the contract of a Dynamics, bits, restart, random numbers."""

import functools
import math
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray
from jax.flatten_util import ravel_pytree

import corr

from .registry import MUTATIONS_OWN, RESTARTED, ROUNDED_ALONE, SCHEMES

K = 4.0
START = {"u": jnp.array([0.5, -0.3]), "v": jnp.array([1.0, 0.2, -0.4])}
EVERY = pytest.mark.parametrize("name", SCHEMES)


def skewed(x: dict[str, jax.Array]) -> jax.Array:
    """Without a product of matrices, which alone rounds otherwise than beside others."""
    return jnp.sum((x["u"] - 1) ** 2) + 3 * jnp.sum(x["v"] ** 2) + x["u"][0] * x["v"][1]


@functools.cache
def scheme(name: str) -> corr.Dynamics:
    return SCHEMES[name](skewed, START)


@functools.cache
def first(name: str) -> corr.State:
    return jax.jit(scheme(name).init)(START, corr.root_key(1))


@functools.cache
def walk(name: str) -> Any:
    """Jitted: the states and what happened in some steps, with a leading axis of steps."""

    def step(state: corr.State, key: jax.Array) -> tuple[corr.State, tuple[corr.State, corr.Info]]:
        new, info = scheme(name).step(key, state)
        return new, (new, info)

    return jax.jit(lambda state, keys: jax.lax.scan(step, state, keys))


def kinds(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), tree)


@EVERY
def test_a_step_keeps_the_contract(name: str) -> None:
    """Structure, flags, the move, the kept loss, and one trace for one scan; over 6 steps."""
    dynamics, keys = scheme(name), jax.random.split(corr.root_key(0), 6)
    fresh = jax.jit(dynamics.refresh)
    last, (states, infos) = walk(name)(first(name), keys)
    assert kinds(last) == kinds(first(name)) == kinds(fresh(last))
    assert kinds(infos.displacement) == jax.tree.map(lambda leaf: ((6, *leaf.shape), leaf.dtype), START)
    assert kinds((infos.accepted, infos.finite)) == (((6,), bool), ((6,), bool))
    assert np.all(infos.finite)
    path = np.stack([ravel_pytree(jax.tree.map(lambda leaf, n=n: leaf[n], states.position))[0] for n in range(6)])
    proposed = jax.vmap(lambda tree: ravel_pytree(tree)[0])(infos.displacement)
    moved = np.diff(path, axis=0, prepend=np.asarray(ravel_pytree(first(name).position)[0])[None])
    np.testing.assert_array_equal(moved, np.where(np.asarray(infos.accepted)[:, None], proposed, 0))
    assert np.any(moved)
    np.testing.assert_allclose(states.loss, jax.vmap(skewed)(states.position), rtol=1e-5)
    np.testing.assert_allclose(fresh(last).loss, last.loss, rtol=1e-5)
    again, _ = walk(name)(last, keys)
    repeated, _ = walk(name)(first(name), keys)
    assert walk(name)._cache_size() == 1
    assert jax.tree.all(jax.tree.map(lambda a, b: bool(jnp.all(a == b)), repeated, last))
    assert np.any(ravel_pytree(again.position)[0] != ravel_pytree(last.position)[0])


@EVERY
def test_vmapped_steps_are_single_steps(name: str) -> None:
    keys = jax.random.split(corr.root_key(0), 6)
    together = jax.jit(jax.vmap(scheme(name).step, (0, None)))(keys[::5], first(name))
    alone = [jax.tree.map(lambda leaf: leaf[0], walk(name)(first(name), order)[1]) for order in (keys, keys[::-1])]
    jax.tree.map(
        lambda one, *rest: np.testing.assert_allclose(one, np.stack(rest), rtol=1e-5, atol=1e-6), together, *alone
    )


def run(name: str, steps: int, folder: Path | None = None, **changes: Any) -> xarray.Dataset:
    settings: dict[str, Any] = {"devices": 1, "block_size": 2} | changes
    return corr.run(
        scheme(name), START, steps=steps, record_at=range(0, steps, 20), trajectories=8, refresh_every=10,
        key=corr.root_key(3), checkpoint=folder, progress=False, **settings,
    )  # fmt: skip


@functools.cache
def whole(name: str) -> np.ndarray:
    return run(name, 40).path.values


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name not in RESTARTED)) for name in SCHEMES]
)
def test_bits_depend_on_no_device_and_no_restart(name: str, tmp_path: Path) -> None:
    """Begun on two devices, gone on with on one."""
    path = whole(name)
    assert np.all(np.isfinite(path)) and len(np.unique(path[:, -1], axis=0)) == 8
    begun = run(name, 20, tmp_path, devices=2).path
    np.testing.assert_array_equal(begun, path[:, :2])
    np.testing.assert_array_equal(run(name, 40, tmp_path).path, path)


@pytest.mark.slow
@EVERY
def test_bits_depend_on_no_block(name: str) -> None:
    np.testing.assert_array_equal(run(name, 20, block_size=4).path, whole(name)[:, :2])
    alone = run(name, 20, block_size=1).path.values
    np.testing.assert_allclose(alone, whole(name)[:, :2], rtol=0, atol=1e-4 if name in ROUNDED_ALONE else 0)


@functools.cache
def displacements(name: str) -> np.ndarray:
    """Of 100 parameters by 8 trajectories in one step under one root key, less what they have in common."""

    def slope(x: jax.Array) -> jax.Array:
        return jnp.sum(x)

    root, start = corr.root_key(0), jnp.zeros(100)
    sides = {
        "mutation": lambda: corr.mutation(lambda x: 0.0 * slope(x), mutation_std=1.0),
        "twin": lambda: corr.langevin(slope, time_step=1.0, moments=corr.paper_moments(beta=2.0)),
    }
    dynamics = sides[name]() if name in sides else SCHEMES[name](slope, start)

    def one(trajectory: jax.Array) -> jax.Array:
        key = jax.random.fold_in(corr.trajectory_key(root, dynamics.stream, trajectory), 0)
        return dynamics.step(key, dynamics.init(start, root))[1].displacement

    moves = np.asarray(jax.jit(jax.vmap(one))(jnp.arange(8)), float)
    return (moves - moves.mean(axis=1, keepdims=True)).ravel()


@EVERY
def test_no_random_number_is_shared_with_mutation_and_the_twin(name: str) -> None:
    """Correlation of 800 numbers, at 4 standard errors."""
    mine, error = displacements(name), 1 / math.sqrt(800)
    for other in ("mutation", "twin"):
        shared = abs(np.corrcoef(mine, displacements(other))[0, 1]) > K * error
        assert shared == (other == "mutation" and name in MUTATIONS_OWN), other


def test_twin_on_the_same_stream_shares_them() -> None:
    first, second = (displacements(name) for name in ("(1, 5)", "(1 + 5)"))
    assert np.corrcoef(first, second)[0, 1] > K / math.sqrt(800)
