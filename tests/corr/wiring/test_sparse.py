"""Sparse evolutionary training: links conserved, the inner dynamics untouched in between, memory of new links."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr import wiring
from corr.atlas import displacements

from .bowl import EPSILON, START, TARGET, loss

KEY = corr.root_key(0)


Linked = Callable[[Any], Any]
MAKERS: dict[str, Callable[[Linked], corr.Dynamics]] = {
    "momentum": lambda linked: corr.from_optax(lambda x: loss(linked(x)), optax.sgd(0.01, momentum=0.9)),
    "Adam": lambda linked: corr.from_optax(lambda x: loss(linked(x)), optax.adam(0.01)),
    "mutation": lambda linked: corr.mutation(lambda x: loss(linked(x)), mutation_std=0.02),
    "twin": lambda linked: corr.langevin(
        lambda x: loss(linked(x)), time_step=1e-3, moments=corr.paper_moments(step_time=1e-3)
    ),
    "batches": lambda linked: corr.minibatch(
        lambda row: corr.descent(lambda x: loss(linked(x)) * (1 + row), learning_rate=0.01),
        batch=lambda key: jax.random.uniform(key), loss=lambda x: loss(linked(x)),
    ),
}  # fmt: skip


def walked(side: corr.Dynamics, steps: int) -> list[tuple[corr.State, corr.Info]]:
    state, step = side.init(START, KEY), jax.jit(side.step)
    found = []
    for number in range(steps):
        state, info = step(jax.random.fold_in(KEY, number), state)
        found.append((state, info))
    return found


@pytest.mark.parametrize("name", MAKERS)
def test_links_are_conserved_and_what_is_not_linked_is_zero(name: str) -> None:
    side = wiring.sparse(MAKERS[name], epsilon=EPSILON, every=4, fresh=0.1)
    before = side.init(START, KEY)
    changed = 0
    for number, (state, info) in enumerate(walked(side, 9), start=1):
        links = state.aux.links["w"]
        assert int(links.sum()) == 21 and state.aux.links["b"].shape == ()
        assert not np.asarray(state.position["w"])[~np.asarray(links)].any()
        moved = bool((links != before.aux.links["w"]).any())
        assert moved == (number % 4 == 0)
        changed += moved
        move = jax.tree.map(lambda new, old: new - old, state.position, before.position)
        told = info.displacement if bool(info.accepted) else jax.tree.map(jnp.zeros_like, move)
        for one in ("w", "b"):
            np.testing.assert_allclose(told[one], move[one], atol=1e-6)
        if bool(info.accepted):
            change = float(loss(state.position) - loss(before.position))
            assert float(info.loss_change) == pytest.approx(change, rel=2e-3, abs=2e-4) or name == "batches"
        before = state
    assert changed == 2


@pytest.mark.parametrize("name", MAKERS)
def test_without_replacement_it_is_the_dynamics_on_the_linked_weights(name: str) -> None:
    """To rounding, against the inner dynamics on a loss with the same zeros."""
    side = wiring.sparse(MAKERS[name], epsilon=EPSILON, every=None)
    begun = side.init(START, KEY)
    links = begun.aux.links
    alone = MAKERS[name](lambda params: {"w": jnp.where(links["w"], params["w"], 0), "b": params["b"]})
    state = alone.init(begun.position)
    for number, (mine, _) in enumerate(walked(side, 3)):
        state, _ = alone.step(jax.random.fold_in(KEY, number), state)
        linked = np.where(links["w"], state.position["w"], 0)
        np.testing.assert_allclose(mine.position["w"], linked, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(mine.position["b"], state.position["b"], rtol=1e-5, atol=1e-7)


def test_momentum_of_survivors_is_kept_and_of_all_others_is_none() -> None:
    """Also where a pruned link grows again at once: 21 of 48 places, half of them pruned."""
    still = wiring.sparse(MAKERS["momentum"], epsilon=EPSILON, every=None)
    state, step = still.init(START, KEY), jax.jit(still.step)
    for _ in range(3):
        state, _ = step(KEY, state)
    after, _ = wiring.sparse(MAKERS["momentum"], epsilon=EPSILON, every=4, share=0.5).step(KEY, state)
    before, _ = step(jax.random.split(KEY, 3)[0], state)
    survived = np.asarray(wiring.pruned(before.position["w"], state.aux.links["w"], 0.5))
    again = np.asarray(state.aux.links["w"] & after.aux.links["w"]) & ~survived
    (new,) = (np.asarray(leaf) for leaf in jax.tree.leaves(after.aux.inner) if leaf.shape == (6, 8))
    assert again.any() and not new[~survived].any()
    assert np.abs(new[survived]).min() > 0


@pytest.mark.parametrize(("fresh", "variance"), [(0.0, 0.0), (0.3, 0.09), ("he", None)])
def test_new_weights_have_their_spread(fresh: Any, variance: float | None) -> None:
    """Pruned places that grow again count as new; He's by the links that come into each unit."""
    params, links = {"w": jnp.ones((40, 60))}, {"w": wiring.erdos_renyi(KEY, (40, 60), 6.0)}
    std = None if fresh == "he" else float(fresh)
    many = jax.vmap(lambda key: wiring.rewired(key, params, links, share=0.5, fresh=std))(jax.random.split(KEY, 200))
    weights, there = (np.asarray(one["w"]) for one in many[:2])
    new = there & (weights != 1.0)
    assert set(there.sum(axis=(1, 2)).tolist()) == {600}
    if variance is None:
        into = np.broadcast_to(there.sum(axis=2, keepdims=True), there.shape)
        scaled = weights[new] ** 2 * into[new] / 2
        assert abs(scaled.mean() - 1) < 4 * scaled.std() / np.sqrt(scaled.size)
        assert abs((weights[new] ** 2 * 60 / 2).mean() - 1) > 0.5  # of the dense fan-in
    elif variance:
        squares = weights[new] ** 2
        assert abs(squares.mean() - variance) < 4 * squares.std() / np.sqrt(squares.size)
    else:
        assert not weights[new].any()


def test_at_random_moments_as_often_as_said() -> None:
    side = wiring.sparse(MAKERS["momentum"], epsilon=EPSILON, every=0.25)
    state = side.init(START, KEY)
    keys = jax.random.split(KEY, 2000)
    moved = jax.jit(jax.vmap(lambda key: (side.step(key, state)[0].aux.links["w"] != state.aux.links["w"]).any()))(keys)
    share = float(np.asarray(moved).mean())
    assert abs(share - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 2000)


def test_it_runs_and_fits_with_links_of_each_trajectory() -> None:
    side = wiring.sparse(MAKERS["mutation"], epsilon=EPSILON, every=20)
    data = corr.run(side, START, steps=60, trajectories=3, key=KEY, record_at=[30], progress=False)
    zeros = data.path.values[:, 0] == 0
    assert len({row.tobytes() for row in zeros}) == 3
    assert float(data.loss[:, -1].mean()) < float(data.loss[:, 0].mean())


def test_a_run_goes_on_with_equal_bits(tmp_path: Any) -> None:
    side = wiring.sparse(MAKERS["Adam"], epsilon=EPSILON, every=7)
    options = {"trajectories": 2, "key": KEY, "progress": False, "record_at": [20]}
    whole = corr.run(side, START, steps=40, **options)
    corr.run(side, START, steps=20, checkpoint=tmp_path / "saved", **(options | {"record_at": []}))
    longer = corr.run(side, START, steps=40, checkpoint=tmp_path / "saved", **options)
    np.testing.assert_array_equal(whole.path.values[:, -1], longer.path.values[:, -1])


def test_fixed_links_of_a_mutation_descend_as_mutation_does() -> None:
    """Drift of linked weights along -ĝ of them is σ/√(2π), nothing moves elsewhere."""
    std, slope = 0.01, np.asarray(TARGET["w"], float).ravel()
    side = wiring.sparse(
        lambda linked: corr.mutation(lambda x: jnp.sum(linked(x)["w"] * TARGET["w"]), mutation_std=std),
        epsilon=EPSILON, every=None,
    )  # fmt: skip
    state = side.init({"w": jnp.zeros((6, 8))}, KEY)
    step = jax.jit(jax.vmap(lambda key: side.step(key, state)[0].position["w"]))
    moved = np.asarray(step(jax.random.split(KEY, 4000)), float).reshape(4000, -1)
    there = np.asarray(state.aux.links["w"]).ravel()
    assert there.sum() == 21 and not moved[:, ~there].any()
    linked, dense = (-moved @ (one / np.linalg.norm(one)) / std for one in (np.where(there, slope, 0), slope))
    known, error = 1 / np.sqrt(2 * np.pi), linked.std() / np.sqrt(4000)
    assert abs(linked.mean() - known) < 4 * error
    assert abs(dense.mean() - known) > 4 * error


def test_moves_are_told_from_many_starts_without_a_warning() -> None:
    """Links of each start are arrays on all devices, which asks the exact change for a rule of `reshard`."""
    side = wiring.sparse(MAKERS["mutation"], epsilon=EPSILON, every=None)
    moves = displacements(side, {"here": START}, draws=200, key=KEY, progress=False)["here"]
    assert np.asarray(moves.samples).shape == (200, 54)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"share": 1.0}, "share"),
        ({"every": 0}, "every"),
        ({"every": 1.5}, "every"),
        ({"fresh": -1.0}, "fresh"),
        ({"fresh": "glorot"}, "fresh"),
        ({"prune": "sizes"}, "prune"),
        ({"grow": "gradients"}, "grow"),
        ({"epsilon": {"v": 1.0}}, "must name matrices of the parameters, w; got v"),
        ({"epsilon": {"b": 1.0}}, "must name matrices of the parameters, w; got b"),
        ({"epsilon": {}}, "got none"),
        ({"epsilon": {"w": 9.0}}, "asks for 126 links of a matrix 6 x 8"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        wiring.sparse(MAKERS["Adam"], **({"epsilon": EPSILON, "every": 5} | options)).init(START, KEY)


def test_what_is_no_dynamics_is_refused() -> None:
    with pytest.raises(TypeError, match="make must give a dynamics"):
        wiring.sparse(lambda linked: 3, epsilon=EPSILON, every=5)  # type: ignore[arg-type, return-value]
