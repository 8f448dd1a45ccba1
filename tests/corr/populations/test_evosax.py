"""evosax's strategies as dynamics: the contract, what they are told, their random numbers, what is refused."""

import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr.populations import _strategy
from corr.theory import populations

evosax = pytest.importorskip("evosax.algorithms")

START = {"u": jnp.array([0.5, -0.3]), "v": jnp.array([1.0, 0.2, -0.4])}
TINY = 1e-6


def skewed(x: dict[str, jax.Array]) -> jax.Array:
    return jnp.sum((x["u"] - 1) ** 2) + 3 * jnp.sum(x["v"] ** 2) + x["u"][0] * x["v"][1]


def made(name: str, solution: Any = START, **options: Any) -> Any:
    """One strategy of eight children, with a default in place of what it cannot do without or that warns."""
    given = {
        "PGPE": {"optimizer": optax.sgd(0.1)},  # its own optimizer calls what optax deprecated
        "RandomSearch": {"sampling_fn": lambda key: jax.tree.map(lambda x: jax.random.normal(key, x.shape), solution)},
    }
    return evosax.algorithms[name](population_size=8, solution=solution, **given.get(name, {}), **options)


def scheme(name: str, loss: Any = skewed, **options: Any) -> corr.Dynamics:
    spread = {"start_std": 0.1} if name in evosax.population_based_algorithms else {}
    return corr.from_evosax(loss, made(name), **spread, **options)


def check_contract(name: str) -> None:
    """Equal shapes and dtypes over 20 steps of a scan, the loss and the tape of the position."""
    dynamics = scheme(name)
    keys = jax.random.split(jax.random.key(1), 20)

    @jax.jit
    def walked() -> Any:
        start = dynamics.init(START, jax.random.key(0))
        new, infos = jax.lax.scan(lambda state, key: dynamics.step(key, state), start, keys)
        return start, new, infos, dynamics.refresh(new._replace(tape=jax.tree.map(jnp.zeros_like, new.tape)))

    start, new, infos, rebuilt = walked()
    assert jax.tree.map(lambda a: (a.shape, a.dtype), new) == jax.tree.map(lambda a: (a.shape, a.dtype), start)
    assert bool(jnp.all(infos.accepted)) and infos.finite.dtype == bool
    moved = jax.tree.map(lambda x, moves: x + jnp.sum(moves, axis=0), start.position, infos.displacement)
    for got, wanted in zip(jax.tree.leaves(moved), jax.tree.leaves(new.position), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-5)
    scale = 1e-6 * (abs(float(start.loss)) + float(jnp.sum(jnp.abs(infos.loss_change))))
    assert abs(float(new.loss) - float(skewed(new.position))) < scale
    for got, wanted in zip(jax.tree.leaves(rebuilt), jax.tree.leaves(new), strict=True):
        np.testing.assert_allclose(np.asarray(got, float), np.asarray(wanted, float), rtol=1e-5, atol=2 * scale)
    assert dynamics.evaluations == 8


def test_contract() -> None:
    """Of one that keeps a population; ``Open_ES`` is in the registry."""
    check_contract("PSO")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["CMA_ES", "DifferentialEvolution", "MR15_GA", "PGPE", "SimulatedAnnealing"])
def test_contract_of_one_of_each_kind(name: str) -> None:
    check_contract(name)


@pytest.mark.parametrize("name", ["SNES", pytest.param("PSO", marks=pytest.mark.slow)])
def test_steps_are_those_of_evosax_on_the_loss_itself(name: str, x64: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told the loss less its value at the start, personal bests stay right; against a moving position they do not."""
    del x64
    start = jax.tree.map(lambda leaf: leaf.astype(float), START)
    strategy, spread = made(name, start), {"start_std": 0.1} if name == "PSO" else {}
    keys = jax.random.split(jax.random.key(2), 8)

    def path(reference: str) -> np.ndarray:
        dynamics = corr.from_evosax(skewed, strategy, reference=reference, **spread)

        def walked() -> jax.Array:
            state = dynamics.init(start, jax.random.key(3))
            return jax.lax.scan(lambda at, key: (dynamics.step(key, at)[0],) * 2, state, keys)[1].position["v"]

        return np.asarray(jax.jit(walked)())

    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        params = strategy.default_params
        drawn, begun = jax.random.split(jax.random.key(3))
        if name == "PSO":
            first = _strategy.around(drawn, start, 8, 0.1)
            state = strategy.init(begun, first, jax.vmap(skewed)(first), params)
        else:
            state = strategy.init(begun, start, params)

        @jax.jit
        def generation(state: Any, key: jax.Array) -> Any:
            asked, told = jax.random.split(key)
            children, state = strategy.ask(asked, state, params)
            return strategy.tell(told, children, jax.vmap(skewed)(children), state, params)[0]

        own = []
        for key in keys:
            state = generation(state, key)
            mean = state.population.mean(0) if name == "PSO" else state.mean
            own.append(mean[2:])
    np.testing.assert_allclose(path("start"), own, rtol=1e-9, atol=1e-9)
    monkeypatch.setattr("corr.populations._evosax.check_forgets", lambda memory: None)
    off = float(np.max(np.abs(path("position") - np.asarray(own))))
    assert off > 1e-3 if name == "PSO" else off < 1e-9


def parabola(x: jax.Array) -> jax.Array:
    return 1.0 + jnp.sum(x * x) / 2


def places(values: Any) -> np.ndarray:
    return np.argsort(np.argsort(np.asarray(values), kind="stable"), kind="stable")


def test_float32_losses_shuffle_ranks_of_small_steps_and_what_is_told_does_not() -> None:
    """200 children 1e-6 around a place of loss 2.5, their places against those of float64."""
    count, place = 200, jnp.cos(jnp.arange(6.0))
    strategy = evosax.SimpleGA(count, place)
    dynamics = corr.from_evosax(parabola, strategy, start_std=TINY)
    inner = jax.jit(dynamics.init)(place, corr.root_key(0)).aux.strategy
    losses = jax.vmap(parabola)(inner.population)
    exact = places(np.sum(np.asarray(inner.population, float) ** 2, axis=1))
    told, rounded = (float(np.mean(places(values) != exact)) for values in (inner.fitness, losses))
    assert told <= 0.02 and rounded > 0.8, (told, rounded)
    assert len(np.unique(np.asarray(losses))) < count / 4


def steepness(x: jax.Array) -> jax.Array:
    return x[0] + x[1]


@pytest.mark.parametrize(("reference", "drifts"), [("position", True), ("start", False)])
def test_far_from_the_start_only_the_position_resolves_small_steps(reference: str, drifts: bool) -> None:
    """At distance 100 the change from the start has steps of 7.6e-6, those of σ = 1e-6 drown in it."""
    strategy = made("Open_ES", jnp.zeros(2), optimizer=optax.sgd(TINY**2), std_schedule=optax.constant_schedule(TINY))
    dynamics = corr.from_evosax(steepness, strategy, reference=reference)
    begun = jax.jit(dynamics.init)(jnp.array([-100.0, 0.0]), corr.root_key(0))
    far = jnp.zeros(2)
    memory = begun.aux._replace(strategy=begun.aux.strategy.replace(mean=far))
    state = dynamics.refresh(begun._replace(position=far, aux=memory))
    keys = jax.random.split(corr.root_key(1), 500)
    steps = np.asarray(jax.jit(jax.vmap(lambda key: dynamics.step(key, state)[1].displacement))(keys), float) / TINY
    along = -steps.sum(axis=1) / np.sqrt(2)
    error = along.std() / np.sqrt(len(along)) if along.std() else 1.0
    said = populations.centred_ranks(8, antithetic=True).drift
    assert bool(abs(along.mean() - said) < 4 * error) is drifts


def test_random_numbers_come_from_the_key_alone() -> None:
    dynamics = scheme("PSO")
    init, step = jax.jit(dynamics.init), jax.jit(dynamics.step)
    state = init(START, corr.root_key(0))
    steps = [step(corr.root_key(seed), state)[1].displacement["v"].tolist() for seed in (1, 1, 2)]
    assert steps[0] == steps[1] != steps[2]
    starts = [init(START, corr.root_key(seed)).position["v"].tolist() for seed in (1, 1, 2)]
    assert starts[0] == starts[1] != starts[2]


def ends(dynamics: corr.Dynamics, **options: Any) -> np.ndarray:
    ran = corr.run(
        dynamics, START, steps=6, trajectories=8, key=corr.root_key(4), progress=False, check_decisions=False, **options
    )
    return ran.path.values[:, -1]


@pytest.mark.slow
def test_trajectories_differ_and_do_not_depend_on_blocks() -> None:
    """Of one that keeps a population; ``Open_ES`` is in the registry."""
    dynamics = scheme("PSO")
    one, four = (ends(dynamics, block_size=block) for block in (1, 4))
    np.testing.assert_array_equal(one, four)
    assert len(np.unique(one, axis=0)) == 8


@pytest.mark.parametrize("dtype", [jnp.bfloat16, pytest.param(jnp.float16, marks=pytest.mark.slow)])
def test_children_are_rounded_before_they_are_told(dtype: Any) -> None:
    start = jnp.array([1.0, -0.5, 0.25], dtype)
    std = 0.02  # so that children less the start are numbers of the dtype
    strategy = made("SimpleGA", start, std_schedule=optax.constant_schedule(std))
    dynamics = corr.from_evosax(lambda x: jnp.sum(x.astype(jnp.float32) ** 2), strategy, start_std=std)
    state = jax.jit(dynamics.init)(start, corr.root_key(0))
    step = jax.jit(dynamics.step)
    for seed in range(3):
        state, info = step(corr.root_key(seed), state)
    assert state.position.dtype == info.displacement.dtype == dtype
    inner = state.aux.strategy
    exact = np.sum(np.asarray(inner.population, float) ** 2, axis=1) - np.sum(np.asarray(start, float) ** 2)
    np.testing.assert_allclose(inner.fitness, exact, rtol=1e-5, atol=1e-5)


def test_a_child_of_no_finite_loss_comes_last() -> None:
    dynamics = corr.from_evosax(
        lambda x: jnp.where(x[0] < 0, jnp.nan, x[0]), made("SimpleGA", jnp.zeros(2)), start_std=1.0
    )
    inner = jax.jit(dynamics.init)(jnp.zeros(2), corr.root_key(0)).aux.strategy
    lost = np.asarray(inner.population[:, 0] < 0)
    assert lost.any() and np.all(np.isposinf(np.asarray(inner.fitness)) == lost)


def test_what_cannot_be_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match=r"instance of a class in evosax\.algorithms, got 'CMA_ES'"):
        corr.from_evosax(skewed, "CMA_ES")
    with pytest.raises(TypeError, match="SV_Open_ES has several means"):
        corr.from_evosax(skewed, evosax.SV_Open_ES(8, 2, START))
    with pytest.raises(ValueError, match="reference must be one of start, position, got 'mean'"):
        corr.from_evosax(skewed, made("CMA_ES"), reference="mean")
    for name, std in (("PSO", -1.0), ("CMA_ES", 0.1)):
        with pytest.raises(ValueError, match="start_std must be 0 or more, and 0 for"):
            corr.from_evosax(skewed, made(name), start_std=std)
    with pytest.raises(ValueError, match=r"CMA_ES was made for a solution .* give it solution=params"):
        corr.from_evosax(skewed, made("CMA_ES", jnp.zeros(5))).init(START, corr.root_key(0))
    for name in ("HillClimbing", "Rm_ES", "PSO"):
        with pytest.raises(ValueError, match=r"remember no fitness, this one keeps .*fitness"):
            corr.from_evosax(skewed, made(name), reference="position").init(START, corr.root_key(0))
    monkeypatch.setitem(sys.modules, "evosax.algorithms.base", None)
    with pytest.raises(ImportError, match=r"pip install 'neuroevolution-correspondence\[evosax\]'"):
        corr.from_evosax(skewed, made("CMA_ES"))
