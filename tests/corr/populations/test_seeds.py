"""Genetic algorithm from seeds: bits of the stored population, memory as compiled, room for generations, bad input."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import data, losses, networks
from corr.difference._sums import streamed_tree_sum, tree_sum
from corr.experiments.systems.low_rank import compiled
from corr.populations import genetic, genetic_from_seeds

START = {"u": jnp.linspace(-1.0, 1.0, 3), "v": jnp.linspace(0.5, 1.5, 4)}
GENERATIONS = 12


def skewed(x: dict[str, jax.Array]) -> jax.Array:
    return jnp.sum((x["u"] - 1) ** 2) + 3 * jnp.sum(x["v"] ** 2) + x["u"][0] * x["v"][1]


def first(x: jax.Array) -> jax.Array:
    return x[0]


def generations(scheme: corr.Dynamics, start: Any, count: int, seed: int = 1) -> tuple[corr.State, Any]:
    """The last state; positions, losses and what happened after every generation."""

    def step(state: corr.State, key: jax.Array) -> tuple[corr.State, Any]:
        new, info = scheme.step(key, state)
        return new, (new.position, new.loss, info)

    keys = jax.random.split(corr.root_key(seed), count)
    return jax.jit(lambda: jax.lax.scan(step, scheme.init(start), keys))()


def same(one: Any, other: Any) -> bool:
    return all(jax.tree.leaves(jax.tree.map(lambda a, b: bool(np.array_equal(a, b)), one, other)))


def weights(std: float, genomes: Any) -> Any:
    """Every individual from its seeds: each generation's draw added to the start, one after the other, on the host."""
    law, born = corr.proposals.normal(std), np.asarray(genomes.seeds)
    draw = jax.jit(lambda words, seed: law.draw(jax.random.fold_in(jax.random.wrap_key_data(words), seed), START))
    rows = []
    for seeds in born:
        row = jax.tree.map(np.asarray, genomes.start)
        for words, seed in zip(genomes.keys[: int(genomes.generation)], seeds, strict=False):
            if seed != 2**32 - 1:
                row = jax.tree.map(lambda x, step: x + np.asarray(step), row, draw(words, seed))
        rows.append(row)
    return jax.tree.map(lambda *leaves: np.stack(leaves), *rows)


@pytest.mark.parametrize(
    ("population", "elite"), [(7, 2), pytest.param(8, 0, marks=pytest.mark.slow)], ids=["elite", "none"]
)
def test_weights_and_positions_are_those_of_the_stored_population_to_the_bit(population: int, elite: int) -> None:
    """An uneven population too, whose mean is a division; a population of other seeds is another."""
    shared: dict[str, Any] = {"mutation_std": 0.05, "population": population, "share": 0.5, "elite": elite}
    stored, path = generations(genetic(skewed, **shared), START, GENERATIONS)
    kept, rebuilt = generations(genetic_from_seeds(skewed, **shared, generations=GENERATIONS + 3), START, GENERATIONS)
    assert same(path, rebuilt)
    assert same(stored.aux, weights(0.05, kept.aux))
    assert len(np.unique(stored.aux["v"], axis=0)) > population / 2
    exchanged = kept.aux._replace(seeds=kept.aux.seeds.at[-1, 4].add(1))
    assert not same(stored.aux, weights(0.05, exchanged))
    assert (np.asarray(kept.aux.seeds[:elite, GENERATIONS - 1]) == 2**32 - 1).all()
    assert not kept.aux.seeds[:, GENERATIONS:].any()


@pytest.mark.slow
def test_runs_of_a_network_are_those_of_the_stored_population_to_the_bit() -> None:
    """Products of matrices round otherwise one by one than together, which may only part near ties."""
    network = networks.functional(networks.Shallow(30), variance=1e-4)
    loss = losses.mean_squared_error(network.apply, *data.sine(100))
    start = network.init(jax.random.key(0))
    shared: dict[str, Any] = {"mutation_std": 1e-2, "population": 10, "share": 0.3, "elite": 1}
    sides = [genetic(loss, **shared), genetic_from_seeds(loss, **shared, generations=20)]
    settings: dict[str, Any] = {"steps": 20, "record_at": [10], "trajectories": 3, "progress": False}
    one, other = (corr.run(side, start, key=corr.root_key(5), **settings).path.values for side in sides)
    np.testing.assert_array_equal(one, other)
    assert len(np.unique(one[:, -1], axis=0)) == 3


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 50])
def test_a_sum_of_terms_that_come_one_by_one_has_the_bits_of_the_tree(count: int) -> None:
    terms = jax.random.normal(corr.root_key(count), (count, 40))
    found = jax.jit(lambda rows: streamed_tree_sum(lambda j: {"row": rows[j]}, count))(terms)["row"]
    np.testing.assert_array_equal(found, jax.jit(lambda rows: tree_sum(rows, (0,)))(terms))
    in_turn = np.add.accumulate(np.asarray(terms), axis=0)[-1]
    assert np.array_equal(found, in_turn) == (count < 3), "another order has other roundings"


@pytest.mark.slow
@pytest.mark.parametrize("count", [16, 64])
def test_memory_as_compiled_is_that_of_seeds(count: int) -> None:
    """N = 1e5, G = 100. Kept are the seeds, and start, position and the tape of this loss as one vector each."""
    size, room = 100_000, 100
    vector, seeds, numbers = 4 * size, 4 * count * room + 8 * room, 16  # loss, generation and the key of the step
    shared: dict[str, Any] = {"mutation_std": 0.1, "population": count, "share": 0.25}
    bowl = lambda x: jnp.sum(x**2)  # noqa: E731
    stored, few = genetic(bowl, **shared), genetic_from_seeds(bowl, **shared, generations=room)
    (most, all_stored), (least, all_few) = compiled(stored, size), compiled(few, size)
    assert least == seeds + 3 * vector + numbers
    assert most == (count + 2) * vector + numbers - 4
    # In and out, and in between the sums of blocks of 1, 2, ... n, an individual, its mutation and tapes.
    assert all_few - 2 * least < (math.log2(count) + 10) * vector
    # Children and what the exact change keeps of each of them: the stored population is beside itself.
    assert all_stored - 2 * most > 2 * count * vector
    assert most / least == pytest.approx((count + 2) / (3 + seeds / vector), rel=1e-4)
    assert all_stored / all_few > 4 * count / (math.log2(count) + 17), "by the two bounds"


ROOM = genetic_from_seeds(first, mutation_std=0.1, population=4, share=0.5, generations=3)


def test_a_run_of_more_generations_than_there_is_room_for_is_refused() -> None:
    with pytest.raises(ValueError, match="steps must be at most 3, for which genetic_from_seeds has room, got 4"):
        corr.run(ROOM, jnp.ones(3), steps=4, trajectories=1, key=corr.root_key(0), progress=False)


@pytest.mark.slow
def test_a_generation_without_room_is_never_silent() -> None:
    last, (positions, found, info) = generations(ROOM, jnp.ones(3), 5)
    np.testing.assert_array_equal(info.finite, [True, True, True, False, False])
    np.testing.assert_array_equal(np.isfinite(positions).all(axis=1), info.finite)
    np.testing.assert_array_equal(np.isfinite(found), info.finite)
    assert np.isnan(last.position).all()
    data = corr.run(ROOM, jnp.ones(3), steps=3, trajectories=2, key=corr.root_key(0), progress=False)
    assert data.finite.all() and data.evaluations[-1] == 12


@pytest.mark.slow
def test_an_individual_without_a_finite_loss_is_no_parent() -> None:
    """Of the logarithm, defined on one side alone, which a sixth of the first mutations leaves."""
    count = 40
    scheme = genetic_from_seeds(lambda x: jnp.log(x[0]), mutation_std=1.0, population=count, share=0.5, generations=2)
    step, keys = jax.jit(scheme.step), [corr.root_key(seed) for seed in (4, 5)]
    state, _ = step(keys[0], scheme.init(jnp.ones(1)))
    state, info = step(keys[1], state)
    drawn = jax.random.split(jax.random.split(keys[0], 3)[2], count)
    places = 1 + np.asarray(jax.vmap(lambda key: corr.proposals.normal(1.0).draw(key, jnp.ones(1)))(drawn))[:, 0]
    assert (places <= 0).any() and not info.finite
    assert (places[np.asarray(state.aux.seeds[:, 0])] > 0).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"population": 1}, ValueError, "population must be at least 2, got 1"),
        ({"share": 0.0}, ValueError, "share must lie between 0 and 1, got 0.0"),
        ({"share": 0.04}, ValueError, "share 0.04 of 10 is 0 parents, expected one at least"),
        ({"share": 0.99}, ValueError, "share 0.99 of 10 is 10 parents"),
        ({"share": None}, TypeError, "share must be a number, got NoneType None"),
        ({"elite": 10}, ValueError, "elite must be below the population of 10, got 10"),
        ({"elite": -1}, ValueError, "elite must be at least 0, got -1"),
        ({"generations": 0}, ValueError, "generations must be at least 1, got 0"),
        ({"generations": 2.5}, TypeError, "generations must be an integer, got float 2.5"),
        ({"mutation_std": -1.0}, ValueError, "mutation_std must be a positive finite number, got -1.0"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        genetic_from_seeds(first, **{"mutation_std": 0.1, "population": 10, "share": 0.5, "generations": 5, **options})
