"""PathNet: which modules count, what mutation, tournament and training do, and what freezing keeps."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.wiring import PathNet, Window, evolved, mutated_path, tournament
from corr.wiring._pathnet import Modules, PathParams, off_path, on_path
from corr.wiring._paths import taken_once

K = 4.0
KEY = corr.root_key(0)
NET = PathNet(inputs=5, outputs=2, units=4)
POINTS = jax.random.normal(jax.random.key(1), (5, 60))
LABELS = (POINTS[0] > 0).astype(jnp.int32)
SHORT = Window(batches=20, points=16, threshold=1.0, generations=2)


def down(loss: object) -> corr.Dynamics:
    return corr.descent(loss, learning_rate=0.1)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("aggregation", ["sum", "mean"])
def test_outputs_are_those_of_the_modules_named_alone(aggregation: str) -> None:
    """Against a loop over the set of each layer's genes; two layers name a module twice."""
    net = PathNet(inputs=5, outputs=2, units=4, aggregation=aggregation)  # pyright: ignore[reportArgumentType]
    path = np.array([[0, 4, 9], [2, 2, 7], [5, 5, 5]])
    params = net.init(KEY)
    signal = np.asarray(POINTS)
    for layer, genes in zip(params.layers, path, strict=True):
        on = sorted({*genes.tolist()})
        made = [np.maximum(np.asarray(layer.kernel[m]) @ signal + np.asarray(layer.bias[m])[:, None], 0) for m in on]
        signal = sum(made) / (len(on) if aggregation == "mean" else 1)
    by_hand = np.asarray(params.readout[0]) @ signal + np.asarray(params.readout[1])[:, None]
    np.testing.assert_allclose(net.apply(params, jnp.asarray(path), POINTS), by_hand, rtol=1e-4, atol=1e-5)


def test_paths_name_distinct_modules_evenly() -> None:
    drawn = np.asarray(NET.paths(KEY, 4000))
    assert drawn.shape == (4000, 3, 3) and all(len({*genes}) == 3 for genes in drawn.reshape(-1, 3).tolist())
    share = np.stack([(drawn == m).any(axis=2).mean(axis=0) for m in range(10)])
    assert np.abs(share - 0.3).max() < (K + 0.5) * math.sqrt(0.3 * 0.7 / 4000)


def test_a_gene_moves_as_often_and_as_far_as_the_paper_says() -> None:
    """Share 1/9 of 5 even offsets, 0 among them, round the edge; offsets that only lead left would be told."""
    path = jnp.array([[0, 5, 9]] * 3)
    drawn = jax.vmap(lambda key: mutated_path(key, path, 10))(jax.random.split(KEY, 20_000))
    offset = (np.asarray(drawn) - np.asarray(path) + 5) % 10 - 5
    share = 1 / 45
    for step in (-2, -1, 1, 2):
        assert abs((offset == step).mean() - share) < K * math.sqrt(share * (1 - share) / offset.size)
    assert np.abs(offset).max() == 2 and drawn.min() == 0 and drawn.max() == 9


def test_the_loser_becomes_a_mutated_copy_and_a_fair_coin_decides_between_equals() -> None:
    paths, rivals = NET.paths(KEY, 6), jnp.array([1, 4])
    keys = jax.random.split(jax.random.key(2), 2000)
    held = jax.jit(lambda fitness: jax.vmap(lambda key: tournament(key, paths, fitness, rivals, 10))(keys))
    for fitness, winner, loser in (
        ([0.9, 0.1], 1, 4),
        ([0.1, 0.9], 4, 1),
        ([math.nan, 0.1], 4, 1),
        ([0.1, math.nan], 1, 4),
    ):
        after = np.asarray(held(jnp.array(fitness)))
        same = (after == np.asarray(paths)).all(axis=(0, 2, 3))
        assert same.tolist() == [place != loser for place in range(6)]
        share, kept = 4 / 45, after[:, loser] == np.asarray(paths)[winner]
        assert abs(kept.mean() - (1 - share)) < K * math.sqrt(share * (1 - share) / kept.size)
    first = (np.asarray(held(jnp.array([0.5, 0.5])))[:, 1] == np.asarray(paths)[1]).all(axis=(1, 2)).mean()
    assert abs(first - 0.5) < K * 0.5 / math.sqrt(2000)


def test_what_is_put_back_is_what_learned_and_the_rest_stays() -> None:
    params, path = NET.init(KEY), jnp.array([[3, 3, 1]] * 3)
    changed = jax.tree.map(lambda leaf: leaf + 1, on_path(params, path))
    learned = taken_once(path).at[0].set(False)
    back = off_path(params, changed, path, learned)
    for n, (old, new) in enumerate(zip(params.layers, back.layers, strict=True)):
        moved = np.asarray(new.bias - old.bias)
        assert moved[[1, 3]].tolist() == [[0.0 if n == 0 else 1.0] * 4] * 2
        assert not np.delete(moved, [1, 3], axis=0).any()


@pytest.mark.parametrize(
    "way", [down, lambda loss: corr.mutation(loss, mutation_std=0.05)], ids=["descent", "mutation"]
)
def test_any_dynamics_trains_the_path_and_nothing_frozen(way: object) -> None:
    """One path for all: its modules learn, a frozen one among them and all others keep their bits."""
    path = jnp.array([[0, 1, 2]] * 3)
    params, frozen = NET.init(KEY), jnp.array([[1], [2], [7]])
    found = evolved(NET, way, (POINTS, LABELS), key=KEY, params=params, paths=jnp.stack([path] * 2), window=SHORT,  # pyright: ignore[reportArgumentType]
                    frozen=frozen, always_on=True, chance=0.0)  # fmt: skip
    assert int(found.generations) == 2 and not bool(found.reached)
    np.testing.assert_array_equal(found.path, path)
    for old, new, still in zip(params.layers, found.params.layers, (1, 2, 7), strict=True):
        same = np.asarray((old.kernel == new.kernel).all(axis=(1, 2)))
        assert same[[m for m in range(10) if m > 2 or m == still]].all()
        assert not same[[m for m in range(3) if m != still]].any()


def readout(net: PathNet, path: jax.Array, make: object = down, **options: object) -> np.ndarray:
    """Of a network of one path for all, after a few windows."""
    found = evolved(net, make, (POINTS, LABELS), key=KEY, params=net.init(KEY), paths=jnp.stack([path] * 2),  # pyright: ignore[reportArgumentType]
                    window=SHORT, chance=0.0, **options)  # pyright: ignore[reportArgumentType]  # fmt: skip
    return np.asarray(found.params.readout[0])


def test_frozen_modules_stay_while_the_readout_learns_from_them() -> None:
    path = jnp.array([[0, 1, 2]] * 3)
    still = PathParams([Modules(0.0, 0.0)] * 3, (1.0, 1.0))  # pyright: ignore[reportArgumentType]
    alone = readout(NET, path, lambda loss: corr.descent(loss, learning_rate=0.1, scale=still))
    np.testing.assert_allclose(readout(NET, path, frozen=path), alone, rtol=1e-5, atol=1e-6)
    assert np.abs(readout(NET, path) - alone).max() > 1e-3


def test_a_path_that_is_always_on_is_used_beside_the_others() -> None:
    path, frozen = jnp.array([[0, 1, 2]] * 3), jnp.array([[7], [8], [9]])
    wide = PathNet(inputs=5, outputs=2, units=4, used=4)
    beside = readout(NET, path, frozen=frozen, always_on=True)
    np.testing.assert_array_equal(beside, readout(wide, jnp.concatenate([path, frozen], axis=1), frozen=frozen))
    assert np.abs(beside - readout(NET, path, frozen=frozen)).max() > 1e-3


def still(loss: object) -> corr.Dynamics:
    return corr.descent(loss, learning_rate=1e-6)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("chance", [None, 0.0])
def test_the_population_evolves_unless_genes_stay(chance: float | None) -> None:
    path, window = jnp.array([[0, 1, 2]] * 3), Window(batches=4, points=16, threshold=1.0, generations=30)
    labels = jax.random.randint(jax.random.key(8), (60,), 0, 2)  # they say nothing, so that none is accurate enough
    found = evolved(NET, still, (POINTS, labels), key=KEY, params=NET.init(KEY), paths=jnp.stack([path] * 4),
                    window=window, chance=chance)  # fmt: skip
    assert int(found.generations) == 30
    assert (np.asarray(found.path) == np.asarray(path)).all() == (chance == 0.0)


def test_the_more_accurate_path_is_given_back() -> None:
    good, other = jnp.array([[0, 1, 2]] * 3), jnp.array([[3, 4, 5]] * 3)
    window = Window(batches=20, points=16, threshold=0.95, generations=60)
    run = partial(evolved, NET, data=(POINTS, LABELS), key=KEY, chance=0.0)
    learned = run(make=down, params=NET.init(KEY), paths=jnp.stack([good] * 2), window=window).params
    for paths in ((good, other), (other, good)):
        once = run(make=still, params=learned, paths=jnp.stack(paths), window=window._replace(generations=1))
        np.testing.assert_array_equal(once.path, good)


def test_paths_evolve_until_one_is_accurate_enough_with_equal_bits() -> None:
    window = Window(batches=20, points=16, threshold=0.9, generations=60)
    run = jax.jit(lambda key: evolved(NET, down, (POINTS, LABELS), key=key, params=NET.init(KEY),
                                      paths=NET.paths(KEY, 6), window=window))  # fmt: skip
    found, again, other = run(KEY), run(KEY), run(jax.random.key(9))
    count = int(found.generations)
    assert bool(found.reached) and 0 < count < 60
    accuracy = np.asarray(found.accuracy)
    assert accuracy[count - 1] >= 0.9 > accuracy[: count - 1].max(initial=0.0) and np.isnan(accuracy[count:]).all()
    jax.tree.map(np.testing.assert_array_equal, found, again)
    assert not bool((found.params.readout[0] == other.params.readout[0]).all())
    right = jnp.argmax(NET.apply(found.params, found.path, POINTS), axis=0) == LABELS
    assert float(right.mean()) > 0.8


def test_the_frozen_path_is_kept_for_the_next_task_and_all_else_is_new() -> None:
    params, frozen = NET.init(KEY), NET.paths(jax.random.key(4), 1)[0]
    renewed = NET.renewed(jax.random.key(5), params, frozen)
    for old, new, genes in zip(params.layers, renewed.layers, np.asarray(frozen), strict=True):
        same = np.asarray((old.kernel == new.kernel).all(axis=(1, 2)))
        assert same[genes].all() and not np.delete(same, genes).any()
    assert not bool((params.readout[0] == renewed.readout[0]).any())


@pytest.mark.parametrize(
    ("name", "value"),
    [("used", 11), ("used", 0), ("layers", 0), ("modules", -1), ("units", 0), ("outputs", 0), ("aggregation", "max")],
)
def test_nets_that_cannot_be_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        PathNet(**({"inputs": 5, "outputs": 2} | {name: value}))  # pyright: ignore[reportArgumentType]


def test_what_cannot_evolve_is_refused() -> None:
    given = {"net": NET, "make": down, "data": (POINTS, LABELS), "key": KEY, "params": NET.init(KEY), "window": SHORT}
    paths = NET.paths(KEY, 3)
    for change, said in (
        ({"paths": paths[:1]}, r"paths must have the shape \(P, 3, 3\), P at least 2, got \(1, 3, 3\)"),
        ({"paths": paths[:, :2]}, "paths must have the shape"),
        ({"paths": paths, "window": Window(threshold=1.5)}, r"threshold must lie in \(0, 1\], got 1.5"),
        ({"paths": paths, "window": Window(batches=0)}, "batches"),
        ({"paths": paths, "frozen": paths}, r"frozen must have the shape \(3, n\)"),
    ):
        with pytest.raises(ValueError, match=said):
            evolved(**{**given, **change})
