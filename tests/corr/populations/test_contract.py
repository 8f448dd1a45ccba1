"""What every population scheme keeps, from the registry: the contract of a Dynamics, bits, restart, random numbers."""

import functools
import math
import tempfile
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr

from .registry import DEAR, MUTATIONS_OWN, RESTARTED, ROUNDED_ALONE, SCHEMES, SIMILAR

K = 4.0
START = {"u": jnp.array([0.5, -0.3]), "v": jnp.array([1.0, 0.2, -0.4])}
SIZE, LANES, STEPS = 5, 160, 6
SPACING = 2.0**-23  # of float32 at 1: XLA may fuse a weighted sum into the place and into the move with other roundings
SLOW = pytest.mark.slow
EVERY = pytest.mark.parametrize("name", [pytest.param(name, marks=[SLOW] * (name in SIMILAR)) for name in SCHEMES])


def skewed(x: dict[str, jax.Array]) -> jax.Array:
    """Without a product of matrices, which alone rounds otherwise than beside others."""
    return jnp.sum((x["u"] - 1) ** 2) + 3 * jnp.sum(x["v"] ** 2) + x["u"][0] * x["v"][1]


SIDES = {
    "mutation": lambda: corr.mutation(lambda x: 0.0 * skewed(x), mutation_std=1.0),
    "twin": lambda: corr.langevin(skewed, time_step=1.0, moments=corr.paper_moments(beta=2.0)),
}


@functools.cache
def scheme(name: str) -> corr.Dynamics:
    return SIDES[name]() if name in SIDES else SCHEMES[name](skewed, START)


def one(dynamics: corr.Dynamics, trajectory: jax.Array) -> Any:
    """Start, states and what happened in some steps, with a leading axis of steps, and the last state rebuilt."""
    root = corr.root_key(0)
    mine = corr.trajectory_key(root, dynamics.stream, trajectory)
    first = dynamics.init(START, jax.random.fold_in(mine, STEPS))

    def step(state: corr.State, number: jax.Array) -> tuple[corr.State, tuple[corr.State, corr.Info]]:
        new, info = dynamics.step(jax.random.fold_in(mine, number), state)
        return new, (new, info)

    last, (states, infos) = jax.lax.scan(step, first, jnp.arange(STEPS))
    return first, states, infos, dynamics.refresh(last)


@functools.cache
def lanes(name: str) -> Any:
    """The one program of a scheme here, so that it is compiled once: all trajectories, one after the other."""
    walk = functools.partial(one, scheme(name))
    return jax.jit(lambda ids: jax.lax.map(walk, ids))(jnp.arange(LANES))


def kinds(tree: Any, axes: int) -> Any:
    return jax.tree.map(lambda leaf: (leaf.shape[axes:], leaf.dtype), tree)


def flat(tree: Any, axes: int) -> np.ndarray:
    """The parameters of a tree whose leaves have so many axes before their own, as the last axis."""
    return np.concatenate([np.asarray(leaf).reshape(*leaf.shape[:axes], -1) for leaf in jax.tree.leaves(tree)], axis=-1)


@EVERY
def test_a_step_keeps_the_contract(name: str) -> None:
    """Structure, flags, the move and the kept loss, over 6 steps of all trajectories; a scan bears no other dtypes."""
    first, states, infos, fresh = lanes(name)
    assert kinds(states, 2) == kinds(first, 1) == kinds(fresh, 1)
    assert kinds(infos.displacement, 2) == kinds(START, 0)
    for flag in (infos.accepted, infos.finite):
        assert flag.shape == (LANES, STEPS) and flag.dtype == bool
    assert np.all(infos.finite)
    moved = np.diff(flat(states.position, 2), axis=1, prepend=flat(first.position, 1)[:, None])
    told = np.where(infos.accepted[..., None], flat(infos.displacement, 2), 0)
    np.testing.assert_allclose(moved, told, rtol=0, atol=SPACING)
    assert np.all(np.any(moved, axis=(1, 2)))
    assert len(np.unique(moved[:, -1], axis=0)) > LANES / 4
    np.testing.assert_allclose(states.loss, jax.vmap(jax.vmap(skewed))(states.position), rtol=2e-5)
    np.testing.assert_allclose(fresh.loss, states.loss[:, -1], rtol=2e-5)
    np.testing.assert_array_equal(flat(fresh.position, 1), flat(states.position, 2)[:, -1])


@pytest.mark.parametrize("name", [pytest.param(name, marks=[SLOW] * (name != "swarm")) for name in sorted(RESTARTED)])
def test_vmapped_steps_are_single_steps(name: str) -> None:
    single, together = lanes(name), jax.jit(jax.vmap(functools.partial(one, scheme(name))))(jnp.arange(2))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a[:2], b, rtol=1e-5, atol=1e-6), single, together)


@functools.cache
def displacements(name: str) -> np.ndarray:
    """800 numbers: of every trajectory under one root key in the first step, less what the trajectories share."""
    moves = flat(lanes(name)[2].displacement, 2)[:, 0]
    return (moves - moves.mean(axis=0)).ravel()


def correlated(one: str, other: str) -> bool:
    """At 4 standard errors."""
    return abs(np.corrcoef(displacements(one), displacements(other))[0, 1]) > K / math.sqrt(LANES * SIZE)


@EVERY
def test_no_random_number_is_shared_with_mutation_and_the_twin(name: str) -> None:
    for other in SIDES:
        assert correlated(name, other) == (other == "mutation" and name in MUTATIONS_OWN), other


def test_twin_on_the_same_stream_shares_them() -> None:
    assert correlated("(1, 5)", "evolution strategy")


def joined(names: list[str]) -> corr.Dynamics:
    """Schemes side by side, which know nothing of each other: one program for all of them."""
    parts = {name: scheme(name) for name in names}

    def side_by_side(states: dict[str, corr.State]) -> corr.State:
        return corr.State(
            {name: state.position for name, state in states.items()},
            jnp.sum(jnp.stack([state.loss for state in states.values()])),
            {name: (state.loss, state.aux) for name, state in states.items()},
            {name: state.tape for name, state in states.items()},
        )

    def each(state: corr.State) -> dict[str, corr.State]:
        tapes = state.tape or dict.fromkeys(parts, ())
        return {name: corr.State(state.position[name], *state.aux[name], tapes[name]) for name in parts}

    def init(params: Any, key: jax.Array) -> corr.State:
        return side_by_side({name: part.init(params[name], key) for name, part in parts.items()})

    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        both = {name: parts[name].step(key, part) for name, part in each(state).items()}
        new = side_by_side({name: part for name, (part, _) in both.items()})
        moves = jax.tree.map(jnp.subtract, new.position, state.position)
        return new, corr.Info(moves, jnp.bool_(True), new.loss - state.loss, jnp.bool_(True))

    def refresh(state: corr.State) -> corr.State:
        return side_by_side({name: parts[name].refresh(part) for name, part in each(state).items()})

    return corr.Dynamics(init, step, corr.Stream.POPULATION, refresh, facts={"dynamics": "joined", "names": names})


def run(names: tuple[str, ...], steps: int, folder: Path | None = None, **changes: Any) -> dict[str, np.ndarray]:
    """Paths (trajectories, records, parameters) of each scheme."""
    settings: dict[str, Any] = {"devices": 1, "block_size": 2} | changes
    path = corr.run(
        joined(list(names)), dict.fromkeys(names, START), steps=steps, record_at=range(0, steps, 20), trajectories=8,
        refresh_every=10, key=corr.root_key(3), checkpoint=folder, progress=False, **settings,
    ).path.values  # fmt: skip
    return dict(zip(sorted(names), np.split(path, len(names), axis=2), strict=True))


@functools.cache
def whole(names: tuple[str, ...]) -> dict[str, np.ndarray]:
    return run(names, 40)


@functools.cache
def resumed(names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Of a run that goes on from the half of its way."""
    with tempfile.TemporaryDirectory() as name:
        run(names, 20, Path(name))
        return run(names, 40, Path(name))


def check_restart(name: str, names: tuple[str, ...]) -> None:
    path = whole(names)[name]
    assert np.all(np.isfinite(path)) and len(np.unique(path[:, -1], axis=0)) == 8
    np.testing.assert_array_equal(resumed(names)[name], path)


QUICK = tuple(sorted(RESTARTED - DEAR))


@pytest.mark.parametrize("name", [pytest.param(name, marks=[SLOW] * (name in DEAR)) for name in sorted(RESTARTED)])
def test_bits_depend_on_no_restart(name: str) -> None:
    check_restart(name, tuple(sorted(DEAR)) if name in DEAR else QUICK)


ALL = tuple(sorted({*SCHEMES} - SIMILAR))


@functools.cache
def beside(**settings: int) -> dict[str, np.ndarray]:
    return run(ALL, 20, **settings)


@SLOW
def test_bits_depend_on_no_device_and_no_block() -> None:
    """All rows of a code of their own in one program, which two workers would compile twice were it a test for each."""
    halves = {name: path[:, :2] for name, path in whole(ALL).items()}
    others, alone = beside(devices=2, block_size=4), beside(block_size=1)
    for name, half in halves.items():
        np.testing.assert_array_equal(others[name], half, err_msg=name)
        np.testing.assert_allclose(alone[name], half, rtol=0, atol=1e-4 if name in ROUNDED_ALONE else 0, err_msg=name)
