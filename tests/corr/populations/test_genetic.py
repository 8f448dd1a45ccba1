"""Genetic algorithm: its speed against a simulation of its own and the theory, neutral drift, selection, bad input."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.populations import DEEP_GA, genetic
from corr.theory import genetic as chain
from corr.theory import populations as law

K = 4.0
SLOW = pytest.mark.slow


def first(x: jax.Array) -> jax.Array:
    return x[0]


def even(x: jax.Array) -> jax.Array:
    return jnp.sum(x) / math.sqrt(len(x))


def flat(x: jax.Array) -> jax.Array:
    return 0.0 * x[0]


def layered(x: jax.Array) -> jax.Array:
    """Of a network of one layer, whose tanh has a short form of its exact change."""
    return jnp.mean(jnp.square(jnp.tanh(jnp.outer(x, jnp.linspace(-2.0, 2.0, 16))).sum(axis=0) - 1.0))


def paths(scheme: corr.Dynamics, start: jax.Array, generations: int, runs: int, seed: int) -> np.ndarray:
    """Centroids after every generation, (runs, generations, N)."""

    def one(key: jax.Array) -> jax.Array:
        return paths_from(scheme, start, jax.random.split(key, generations))

    return np.asarray(jax.jit(jax.vmap(one))(jax.random.split(corr.root_key(seed), runs)), float)


def paths_from(scheme: corr.Dynamics, start: jax.Array, keys: jax.Array) -> jax.Array:
    def step(state: corr.State, key: jax.Array) -> tuple[corr.State, jax.Array]:
        new, _ = scheme.step(key, state)
        return new, new.position

    return jax.lax.scan(step, scheme.init(start), keys)[1]


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))


def speed(scheme: corr.Dynamics, loss: Any, size: int, generations: int, runs: int) -> tuple[float, float]:
    """Distance down the slope per generation over the last half, and its standard error."""
    found = paths(scheme, jnp.zeros(size), generations, runs, seed=1)
    half = generations // 2
    down = -np.asarray(jax.vmap(loss)(jnp.asarray(found[:, -1] - found[:, half - 1])), float)
    return mean_and_error(down / (generations - half))


def simulated(share: float, count: int, generations: int, runs: int, size: int = 1) -> chain.Speed:
    """The same by theory's chain; with uniform crossover where there are several parameters."""
    half = generations // 2
    return chain.truncation_speed(
        share, count, parameters=size, crossover=size > 1, burn_in=half, generations=generations - half,
        populations=runs,
    )  # fmt: skip


@pytest.mark.parametrize("share", [0.5, pytest.param(0.2, marks=SLOW), pytest.param(0.05, marks=SLOW)])
def test_speed_without_crossover_is_that_of_a_front_that_grows_with_the_population(share: float) -> None:
    """Two sizes; the peer must agree, the limit lies above, and a peer of another p is caught."""
    generations, found = 40, {}
    for count, runs in ((40, 300), (200, 60)):
        scheme = genetic(first, mutation_std=1.0, population=count, share=share)
        value, error = speed(scheme, first, 3, generations, runs)
        peer, unsure = simulated(share, count, generations, 2 * runs)
        assert abs(value - peer) < K * math.hypot(error, unsure), (value, peer)
        assert value + K * error < law.front_speed(share), "of the infinite population"
        found[count] = value, error
    (small, some), (large, few) = found.values()
    assert large - small > K * math.hypot(some, few)
    assert large > law.front_speed(share, 200) - K * few, "the first term of the series is too much"
    other, unsure = simulated(0.7 * share, 200, generations, 60)
    assert abs(large - other) > K * math.hypot(few, unsure), "another share"


@pytest.mark.parametrize("share", [0.5, pytest.param(0.2, marks=SLOW)])
def test_uniform_crossover_outruns_the_front(share: float) -> None:
    """40 individuals of 200 parameters. The recursion leaves out that winners inherit: 10 % of model error."""
    count, size, generations = 40, 200, 40
    scheme = genetic(even, mutation_std=1.0, population=count, share=share, crossover="uniform")
    value, error = speed(scheme, even, size, generations, 40)
    peer, unsure = simulated(share, count, generations, 40, size)
    assert abs(value - peer) < K * math.hypot(error, unsure), (value, peer)
    half = generations // 2
    model = chain.crossed_recursion(share, count, size, burn_in=half, generations=generations - half)
    assert abs(value - model) < 0.1 * model + K * error, (value, model)
    for slower in (law.front_speed(share), law.genetic_closure(share, count).drift):
        assert value - slower > 0.1 * model + K * error


@pytest.mark.parametrize("kind", ["one-point", pytest.param("uniform", marks=SLOW)])
def test_crossover_does_nothing_to_a_slope_along_one_parameter(kind: str) -> None:
    """A child has it from one parent."""
    scheme = genetic(first, mutation_std=1.0, population=40, share=0.2, crossover=kind)
    value, error = speed(scheme, first, 3, 30, 100)
    peer, unsure = simulated(0.2, 40, 30, 400)
    assert abs(value - peer) < K * math.hypot(error, unsure)


@pytest.mark.parametrize("count", [10, pytest.param(20, marks=SLOW), pytest.param(40, marks=SLOW)])
def test_across_the_gradient_the_centroid_wanders_by_one_mutation_per_generation_whatever_n(count: int) -> None:
    """Neutral theory, D = 1, measured over 10 n generations of which the first 2 n are left out."""
    generations, size = 12 * count, 24
    scheme = genetic(first, mutation_std=1.0, population=count, share=0.5)
    found = paths(scheme, jnp.zeros(size), generations, 100, seed=2)[:, :, 1:]
    early, late = 2 * count, generations
    moved = found[:, late - 1] - found[:, early - 1]
    # Coordinates of one run share its ancestry: the run is the unit of the error.
    per_run = (moved**2).mean(axis=1)
    value, error = mean_and_error(per_run / (late - early))
    assert abs(value - 1) < K * error, (value, error)
    assert abs(value - 2 / count) > K * error, "the mean of the best half, drawn as one parent"
    assert abs(value - 1.3) > K * error


def crowd(values: list[float], **options: Any) -> tuple[corr.Dynamics, corr.State]:
    """A scheme whose individuals lie at these places on a line in three parameters, mutations next to none."""
    scheme = genetic(first, mutation_std=1e-6, population=len(values), **options)
    state = jax.jit(scheme.init)(jnp.zeros(3))
    return scheme, state._replace(aux=jnp.asarray(values)[:, None] + jnp.zeros((len(values), 3)))


def test_parents_are_the_best_and_the_elite_goes_on_unmutated() -> None:
    scheme, state = crowd([4.0, 1.0, 3.0, 2.0, 5.0], share=0.4, elite=2)
    new, info = jax.jit(scheme.step)(corr.root_key(0), state)
    np.testing.assert_array_equal(new.aux[:2], [[1.0] * 3, [2.0] * 3])
    children = np.asarray(new.aux[2:])
    assert set(np.round(children.ravel())) <= {1.0, 2.0} and (children != np.round(children)).any()
    assert bool(info.accepted) and float(info.loss_change) == pytest.approx(float(new.position[0]), rel=1e-6)
    np.testing.assert_allclose(new.position, new.aux.mean(0), rtol=1e-6)
    np.testing.assert_allclose(info.displacement, new.position, rtol=1e-6)


def test_a_tournament_of_k_is_won_by_the_best_with_its_probability() -> None:
    """1 - (1 - 1/n)^k, drawn with replacement; that of k - 1 is caught."""
    values, size = [4.0, 1.0, 3.0, 2.0], 3
    scheme, state = crowd(values, tournament=size)
    aux = jax.jit(jax.vmap(lambda key: scheme.step(key, state)[0].aux))(jax.random.split(corr.root_key(1), 2000))
    won = float(np.mean(np.round(aux[:, :, 0]) == 1.0))
    error = math.sqrt(won * (1 - won) / 8000)
    chance = [1 - 0.75**k for k in (size, size - 1)]
    assert abs(won - chance[0]) < K * error < abs(won - chance[1])


def test_crossover_takes_each_parameter_from_either_or_cuts_once() -> None:
    leaves = {"a": jnp.zeros((2, 3)), "b": jnp.zeros(2)}
    kinds = {}
    for kind in ("none", "uniform", "one-point"):
        scheme = genetic(lambda x: 0.0 * x["b"][0], mutation_std=1e-6, population=200, share=0.5, crossover=kind)
        state = jax.jit(scheme.init)(leaves)
        marks = jnp.tile(jnp.array([0.0, 1.0]), 100)
        aux = jax.tree.map(lambda leaf, marks=marks: leaf + marks.reshape(-1, *[1] * (leaf.ndim - 1)), state.aux)
        new = jax.jit(scheme.step)(corr.root_key(2), state._replace(aux=aux))[0].aux
        flat = np.round(np.concatenate([np.reshape(new["a"], (200, 6)), new["b"]], axis=1))
        kinds[kind] = np.abs(np.diff(flat, axis=1))
        assert abs(flat[:, 3].mean() - 0.5) < K * 0.5 / math.sqrt(100)
    assert not kinds["none"].any()
    # A child changes parents where they differ, in half of the pairs.
    assert abs(kinds["uniform"].mean() - 0.25) < K * 0.25 * math.sqrt(3 / 200)
    assert kinds["one-point"].sum(1).max() == 1 and (kinds["one-point"].sum(0) > 2).all()


def test_small_steps_at_large_weights_are_not_lost_to_rounding() -> None:
    """σ = 1e-4 around 1 and around 0: one path, but for half a spacing of float32 per mutation."""
    scheme = genetic(flat, mutation_std=1e-4, population=10, share=0.5)
    walk = jax.jit(lambda start: paths_from(scheme, start, jax.random.split(corr.root_key(3), 200)))
    near, far = (np.asarray(walk(jnp.full(4, place)), float) - place for place in (0.0, 1.0))
    np.testing.assert_allclose(far, near, atol=K * math.sqrt(200) * 2.0**-24)
    assert np.abs(near[-1]).max() > 5e-4


def test_an_individual_without_a_finite_loss_is_no_parent() -> None:
    scheme = genetic(lambda x: jnp.log(x[0]), mutation_std=1e-6, population=4, share=0.5)
    state = jax.jit(scheme.init)(jnp.ones(3))._replace(
        aux=jnp.array([-1.0, 2.0, -3.0, 4.0])[:, None] + jnp.zeros((4, 3))
    )
    new, _ = jax.jit(scheme.step)(corr.root_key(4), state)
    assert set(np.round(np.ravel(new.aux))) <= {2.0, 4.0}


def test_the_preset_of_such_et_al_counts_its_evaluations() -> None:
    scheme = genetic(first, **DEEP_GA)
    assert scheme.evaluations == 1000 and scheme.facts["elite"] == 1
    assert scheme.stream == corr.Stream.POPULATION


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"population": 1, "share": 0.5}, "population must be at least 2, got 1"),
        ({"share": 0.0}, "share must lie between 0 and 1, got 0.0"),
        ({"share": 1.0}, "share must lie between 0 and 1, got 1.0"),
        ({"share": float("nan")}, "share must lie between 0 and 1, got nan"),
        ({"share": 0.04}, "share 0.04 of 10 is 0 parents, expected one at least"),
        ({"share": 0.99}, "share 0.99 of 10 is 10 parents"),
        ({"share": 0.5, "elite": 10}, "elite must be below the population of 10, got 10"),
        ({"share": 0.5, "elite": -1}, "elite must be at least 0, got -1"),
        ({"share": 0.5, "tournament": 2}, "exactly one of share and tournament, got 0.5 and 2"),
        ({}, "exactly one of share and tournament, got None and None"),
        ({"tournament": 1}, "tournament must be at least 2, got 1"),
        ({"share": 0.5, "crossover": "two-point"}, "unknown crossover 'two-point': there are none, uniform, one-point"),
        ({"share": 0.5, "mutation_std": -1.0}, "mutation_std"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        genetic(first, **{"mutation_std": 0.1, "population": 10, **options})


@pytest.mark.slow
@pytest.mark.parametrize("std", [1e-3, 0.06, 3.0])
def test_runs_by_the_short_exact_change_are_those_by_the_full_one(std: float) -> None:
    """Of offsets that its series covers, of some and of all that leave it while their mean may not."""
    start = jnp.linspace(-1.0, 1.0, 4)
    full = genetic(layered, mutation_std=std, population=10, share=0.5)
    short = full.shortcut(start)
    assert short is not None
    shared = {"steps": 20, "record_at": [20], "trajectories": 4, "key": corr.root_key(0), "progress": False}
    tried, plain = (corr.run(side, start, **shared) for side in (full, full._replace(shortcut=lambda params: None)))
    np.testing.assert_allclose(tried.path.values, plain.path.values, rtol=1e-4, atol=1e-5)
    state, finite = short.init(start), []
    for number in range(20):
        state, info = short.step(jax.random.key(number), state)
        finite.append(bool(info.finite))
    assert all(finite) == (std < 0.01)
