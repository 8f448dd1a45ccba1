"""Adaptive Monte Carlo on a slope: mean, way, acceptance and the walk across; reset, forgetting, the exact change."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from theory import adaptive as theory

K = 4.0
SIZE = 6
STD, RATE = 0.5, 0.02
MODEL = 1e-3  # what the course leaves out of the spread of m


def slope(x: jax.Array) -> jax.Array:
    return 3.0 * x[0]


def walked(side: corr.Dynamics, steps: int, runs: int, at: tuple[int, ...], seed: int = 0) -> tuple[Any, ...]:
    """State after each of these steps, and the mean acceptance in all of them, of independent runs from 0."""

    def one(key: jax.Array) -> Any:
        def step(state: corr.State, number: jax.Array) -> tuple[corr.State, Any]:
            new, info = side.step(jax.random.fold_in(key, number), state)
            return new, (new.position, new.aux.mean, new.aux.std, info.accepted)

        _, found = jax.lax.scan(step, side.init(jnp.zeros(SIZE)), jnp.arange(steps))
        return jax.tree.map(lambda leaf: leaf[jnp.array(at) - 1], found[:3]), found[3].mean()

    (position, mean, std), taken = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(seed), runs))
    return tuple(np.asarray(leaf, float) for leaf in (position, mean, std, taken))


def score(samples: np.ndarray, expected: float, model: float = 0.0) -> float:
    """Standard errors beyond the model error."""
    off = abs(samples.mean() - expected) - model
    return max(off, 0.0) / (samples.std(ddof=1) / math.sqrt(len(samples)))


@pytest.mark.parametrize("forgetting", [0.0, 0.01])
def test_mean_way_and_variance_are_those_of_the_course(forgetting: float) -> None:
    """That of twice the rate is told from it; without the spread of m over runs m would be 1.3 % short after 800 steps,
    which so many runs see."""
    at = (200, 800)
    side = corr.adaptive_mutation(slope, mutation_std=STD, rate=RATE, refusals=10**6, forgetting=forgetting)
    position, mean, std, _ = walked(side, at[-1], 4000, at)
    law = theory.course(np.array(at), rate=RATE, forgetting=forgetting)
    other = theory.course(np.array(at), rate=2 * RATE, forgetting=forgetting)
    assert (std == STD).all()
    for k in range(len(at)):
        m, way = -mean[:, k, 0] / STD, -position[:, k, 0] / STD
        across = (mean[:, k, 1:] ** 2).mean(axis=1) / STD**2
        for found, right, wrong in zip(
            (m, way, across), (row[k] for row in law), (row[k] for row in other), strict=True
        ):
            assert score(found, right, MODEL * right) < K
            assert score(found, wrong, MODEL * wrong) > K


def test_forgetting_comes_to_rest() -> None:
    side = corr.adaptive_mutation(slope, mutation_std=STD, rate=RATE, refusals=10**6, forgetting=0.05)
    _, mean, _, taken = walked(side, 400, 400, (400,))
    rest, other = (float(theory.course(np.array([400]), rate=RATE, forgetting=it).mean[0]) for it in (0.05, 0.1))
    assert score(-mean[:, 0, 0] / STD, rest, MODEL * rest) < K < score(-mean[:, 0, 0] / STD, other, MODEL * other)
    assert score(taken, (1 + math.erf(rest / math.sqrt(2))) / 2, MODEL) < K


def test_so_many_refusals_in_a_row_shrink_the_step_and_forget_the_mean() -> None:
    """At the bottom of a bowl nothing is taken."""
    side = corr.adaptive_mutation(lambda x: jnp.sum(x**2), mutation_std=1.0, rate=0.5, refusals=3, shrink=0.5)
    begun = side.init(jnp.zeros(4))
    state = begun._replace(aux=begun.aux._replace(mean=jnp.ones(4)))
    found = []
    for number in range(7):
        state, info = side.step(jax.random.key(number), state)
        found.append((float(state.aux.std), int(state.aux.refused), float(state.aux.mean[0])))
        assert not bool(info.accepted)
    assert found == [(1, 1, 1), (1, 2, 1), (0.5, 0, 0), (0.5, 1, 0), (0.5, 2, 0), (0.25, 0, 0), (0.25, 1, 0)]


def test_without_a_rate_it_is_mutation() -> None:
    side = corr.adaptive_mutation(slope, mutation_std=STD, rate=0.0, refusals=10**6)
    walk = corr.mutation(slope, mutation_std=STD)
    states = [one.init(jnp.ones(3)) for one in (side, walk)]
    for number in range(20):
        key = jax.random.key(number)
        states = [one.step(key, state)[0] for one, state in zip((side, walk), states, strict=True)]
        np.testing.assert_allclose(states[0].position, states[1].position, rtol=1e-6)


def test_decisions_are_on_the_exact_change() -> None:
    """Steps of 1e-6 on a loss near 1e4: half of them are taken, where differences of float32 would all be ties."""
    loss = lambda x: 1e4 + jnp.sum(x)  # noqa: E731
    side = corr.adaptive_mutation(loss, mutation_std=1e-6, rate=0.0)
    step = jax.jit(jax.vmap(functools.partial(side.step), (0, None)))
    _, info = step(jax.random.split(jax.random.key(0), 4000), side.init(jnp.ones(3) * 1e-3))
    taken = np.asarray(info.accepted, float)
    assert score(taken, 0.5) < K < score(taken, 1.0 - 1e-9)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rate": 1.0}, ValueError, r"rate must lie in \[0, 1\), got 1.0"),
        ({"forgetting": -0.1}, ValueError, "forgetting must lie in"),
        ({"refusals": 0}, ValueError, "refusals must be at least 1"),
        ({"shrink": 0.0}, ValueError, r"shrink must lie in \(0, 1\], got 0.0"),
        ({"mutation_std": -1.0}, ValueError, "mutation_std must be positive"),
        ({"refusals": 2.5}, TypeError, "refusals must be an integer"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        corr.adaptive_mutation(slope, **{"mutation_std": 0.1, "rate": 0.01, **options})


def test_steps_that_do_not_ascend_are_refused() -> None:
    with pytest.raises(ValueError, match="steps must ascend"):
        theory.course(np.array([3, 2]), rate=0.1)
