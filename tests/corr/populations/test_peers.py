"""Peers against the laws of ``theory.populations``: evosax through ``corr.from_evosax``, and pycma."""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr.theory import populations
from corr.theory.populations import Generation

evosax = pytest.importorskip("evosax.algorithms")
shaping = pytest.importorskip("evosax.core.fitness_shaping")

pytestmark = pytest.mark.slow
LIMIT = 4.0  # standard errors; some 20 comparisons here: a false alarm in about 1 of 800 runs of all
SLOPE = 2.0
DIMENSIONS = 4
CHILDREN = 8
STD = 0.1
START = jnp.zeros(DIMENSIONS)


def linear(x: jax.Array) -> jax.Array:
    return SLOPE * x[0]


class Measured(NamedTuple):
    """Steps in units of ``unit``: mean against the gradient and variance across it, with their standard errors."""

    drift: float
    drift_error: float
    noise: float
    noise_error: float

    def misses(self, law: Generation) -> tuple[float, float]:
        """Standard errors between drift, noise and their law."""
        return abs(self.drift - law.drift) / self.drift_error, abs(self.noise - law.noise) / self.noise_error


def measured(steps: Any, unit: float) -> Measured:
    steps = np.asarray(steps, float) / unit
    along, across = -steps[:, 0], np.mean(steps[:, 1:] ** 2, axis=1)
    errors = [float(np.std(values) / math.sqrt(len(values))) for values in (along, across)]
    return Measured(float(np.mean(along)), errors[0], float(np.mean(across)), errors[1])


def generations(strategy: Any, seed: int, *, burn: int = 0, draws: int = 6_000, **options: Any) -> np.ndarray:
    """Displacements of the position in generation ``burn + 1``, one for each independent start."""
    scheme = corr.from_evosax(linear, strategy, **options)

    def one(key: jax.Array) -> jax.Array:
        keys = jax.random.split(key, burn + 2)
        state = scheme.init(START, keys[0])
        for k in range(burn):
            state, _ = scheme.step(keys[k + 1], state)
        return scheme.step(keys[-1], state)[1].displacement

    return np.asarray(jax.jit(jax.vmap(one))(jax.random.split(corr.root_key(seed), draws)))


def assert_follows(found: Measured, law: Generation) -> None:
    """Within the limit of the law, and seen to be off one with |g| for 1 in its drift or a fifth more noise."""
    assert max(found.misses(law)) < LIMIT, (found, law)
    assert found.misses(law._replace(drift=SLOPE * law.drift))[0] > LIMIT
    assert found.misses(law._replace(noise=1.2 * law.noise))[1] > LIMIT


@pytest.mark.parametrize("antithetic", [False, True])
def test_open_es_on_raw_fitness_descends_the_gradient_itself(antithetic: bool) -> None:
    """Its defaults: plain descent of rate 1e-3 on Σ f_i ε_i/(n σ²), σ = 1."""
    strategy = evosax.Open_ES(
        CHILDREN, START, use_antithetic_sampling=antithetic, fitness_shaping_fn=shaping.identity_fitness_shaping_fn
    )
    steps = generations(strategy, 1, reference="position")
    law = populations.raw_fitness(CHILDREN, antithetic=antithetic)
    assert_follows(measured(steps, 1e-3 * SLOPE), law)


@pytest.mark.parametrize("antithetic", [False, True])
def test_open_es_on_centred_ranks(antithetic: bool) -> None:
    std = 0.01
    strategy = evosax.Open_ES(
        CHILDREN,
        START,
        use_antithetic_sampling=antithetic,
        optimizer=optax.sgd(std**2),
        std_schedule=optax.constant_schedule(std),
    )
    law = populations.centred_ranks(CHILDREN, antithetic=antithetic)
    if not antithetic:
        weights = (CHILDREN - 1 - 2 * np.arange(CHILDREN)) / (2 * CHILDREN * (CHILDREN - 1))
        assert populations.weighted(weights, CHILDREN) == pytest.approx(law)
    assert_follows(measured(generations(strategy, 2, reference="position"), std), law)


@pytest.mark.parametrize(("count", "burn"), [(1, 0), (5, 1)])
def test_hill_climbing_is_mutation_at_infinite_beta(count: int, burn: int) -> None:
    """In its first generation too, since it knows the loss of its start; with n children it is (1 + n)."""
    strategy = evosax.HillClimbing(count, START, std_schedule=optax.constant_schedule(STD))
    law = populations.mutation() if count == 1 else populations.best_of_or_parent(count)
    assert_follows(measured(generations(strategy, 3, burn=burn), STD), law)


def test_cma_es_moves_its_mean_by_its_positive_weights() -> None:
    strategy = evosax.CMA_ES(CHILDREN, START)
    with jax.numpy_dtype_promotion("standard"):
        params = strategy.default_params.replace(std_init=jnp.asarray(STD))
    weights = np.asarray(params.weights, float)
    found = measured(generations(strategy, 4, params=params, reference="position"), STD)
    assert_follows(found, populations.weighted(weights[weights > 0], CHILDREN))
    assert found.misses(populations.weighted(weights, CHILDREN))[0] > LIMIT, "negative weights must not move the mean"


def test_pycma_moves_its_mean_by_its_positive_weights() -> None:
    cma = pytest.importorskip("cma")
    steps, weights = [], np.zeros(0)
    for seed in range(600):
        one = cma.CMAEvolutionStrategy(
            np.zeros(DIMENSIONS), STD, {"seed": seed + 1, "verbose": -9, "popsize": CHILDREN}
        )
        children = one.ask()
        one.tell(children, [SLOPE * child[0] for child in children])
        steps.append(one.mean)
        weights = np.asarray(one.sp.weights)
    found = measured(steps, STD)
    law = populations.weighted(weights[weights > 0], CHILDREN)
    assert max(found.misses(law)) < LIMIT
    assert found.misses(law._replace(drift=SLOPE * law.drift))[0] > LIMIT
    assert found.misses(law._replace(noise=1.5 * law.noise))[1] > LIMIT
    assert found.misses(populations.weighted(weights, CHILDREN))[0] > LIMIT


def test_simple_ga_draws_parents_of_the_better_half_and_keeps_no_elite() -> None:
    """The centroid's second generation: μ parents of equal weight on average, more noise by the draw and the mutations.

    Across the gradient the parents' mean less the centroid of all n has variance (1 - 1/n)/μ, the n mutations 1/n.
    """
    strategy = evosax.SimpleGA(CHILDREN, START, std_schedule=optax.constant_schedule(STD))
    parents = CHILDREN // 2
    law = populations.recombination(parents, CHILDREN)
    law = law._replace(noise=(1 - 1 / CHILDREN) / parents + 1 / CHILDREN)
    assert_follows(measured(generations(strategy, 5, burn=1), STD), law)

    scheme = corr.from_evosax(linear, strategy)
    keys = jax.random.split(corr.root_key(1), 50)

    @jax.jit
    def walked() -> corr.State:
        state = scheme.init(START, corr.root_key(0))
        return jax.lax.scan(lambda at, key: (scheme.step(key, at)[0],) * 2, state, keys)[1]

    inner = walked().aux.strategy
    assert bool(jnp.any(jnp.min(inner.fitness, axis=1) > inner.best_fitness)), "an elite would always be there"


def bowl(x: jax.Array) -> jax.Array:
    return x[0] ** 4 / 4 + 0.3 * x[0]


def stationary(count: int, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean place and mean square of the last steps of evosax's annealing at a constant temperature, by trajectory."""
    strategy = evosax.SimulatedAnnealing(count, jnp.zeros(1))
    params = strategy.default_params.replace(
        temperature_init=temperature, temperature_limit=0.0, temperature_decay=1.0, boltzmann_constant=1.0
    )
    scheme = corr.from_evosax(bowl, strategy, params=params)
    start = jax.jit(scheme.init)(jnp.zeros(1), corr.root_key(0))

    def one(key: jax.Array) -> jax.Array:
        def step(state: corr.State, key: jax.Array) -> tuple[corr.State, jax.Array]:
            state, _ = scheme.step(key, state)
            return state, state.position[0]

        return jax.lax.scan(step, start, jax.random.split(key, 120))[1]

    places = np.asarray(jax.jit(jax.vmap(one))(jax.random.split(corr.root_key(6), 2000)), float)[:, 40:]
    return places.mean(axis=1), (places**2).mean(axis=1)


def test_annealing_of_one_at_a_constant_temperature_samples_boltzmann_and_of_eight_does_not() -> None:
    temperature = 0.5
    x = np.linspace(-5, 5, 4001)
    weight = np.exp(-np.asarray(x**4 / 4 + 0.3 * x) / temperature)
    exact = [float(np.sum(weight * x**power) / np.sum(weight)) for power in (1, 2)]

    def misses(values: tuple[np.ndarray, ...], wanted: list[float]) -> list[float]:
        return [
            abs(float(one.mean()) - law) / (float(one.std()) / math.sqrt(len(one)))
            for one, law in zip(values, wanted, strict=True)
        ]

    found = stationary(1, temperature)
    assert max(misses(found, exact)) < LIMIT
    assert min(misses(found, [1.2 * exact[0], 1.1 * exact[1]])) > LIMIT
    assert max(misses(stationary(8, temperature), exact)) > 10 * LIMIT, "the best of eight is proposed"
