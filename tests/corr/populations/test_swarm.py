"""Particle swarm: its growth on a slope against theory, the affine span of shared numbers, bad input."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.populations import swarm
from corr.theory import swarm as law

K = 4.0


def slope(x: jax.Array) -> jax.Array:
    return 3.0 * x[0]


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum((x - 1) ** 2)


def walked(scheme: corr.Dynamics, start: Any, steps: int, key: jax.Array) -> tuple[corr.State, corr.State, jax.Array]:
    """First and last state, and the logarithm of the spread along the first parameter after every step."""
    begun = scheme.init(start, jax.random.fold_in(key, 0))

    def step(state: corr.State, key: jax.Array) -> tuple[corr.State, jax.Array]:
        new, _ = scheme.step(key, state)
        return new, jnp.log(jnp.std(new.aux.places[:, 0]))

    last, logs = jax.lax.scan(step, begun, jax.random.split(jax.random.fold_in(key, 1), steps))
    return begun, last, logs


@pytest.mark.parametrize(("inertia", "pull"), [(0.729, 1.494), (0.4, 1.0)])
def test_a_swarm_on_a_slope_grows_or_shrinks_exponentially(inertia: float, pull: float) -> None:
    """The rate of theory within the errors of both, that of 1.1 times the pull not; 30 steps of 60 swarms."""
    scheme = swarm(slope, particles=30, spread=1e-3, inertia=inertia, cognitive=pull, social=pull)
    logs = jax.jit(jax.vmap(lambda key: walked(scheme, jnp.zeros(2), 40, key)[2]))(
        jax.random.split(corr.root_key(1), 60)
    )
    rates = np.asarray(logs[:, -1] - logs[:, 9], float) / 30
    value, error = float(rates.mean()), float(rates.std(ddof=1)) / math.sqrt(60)
    said, other = (law.growth_rate(inertia, factor * pull, factor * pull) for factor in (1.0, 1.1))
    assert abs(value - said.rate) < K * math.hypot(error, said.error), (value, said)
    assert abs(value - other.rate) > K * math.hypot(error, other.error)
    assert 2 * pull < law.stagnation_bound(inertia), "Poli's bound does not tell the one from the other"


@pytest.mark.parametrize("shared", [True, False])
def test_shared_numbers_never_leave_the_span_of_the_start(shared: bool) -> None:
    """10 particles, 50 parameters: the part of the way outside is rounding, or with the textbook's numbers is not."""
    scheme = swarm(bowl, particles=10, spread=0.3, shared_numbers=shared)
    begun, last, _ = jax.jit(lambda key: walked(scheme, jnp.zeros((50, 1)), 60, key))(corr.root_key(2))
    start, end = (np.asarray(state.aux.places, float).reshape(10, 50) for state in (begun, last))
    span = np.linalg.svd(start[1:] - start[0], full_matrices=False)[2]
    way = end - start[0]
    outside = np.linalg.norm(way - way @ span.T @ span) / np.linalg.norm(way)
    assert outside < 1e-4 if shared else outside > 0.1, outside


def test_one_step_is_the_textbooks() -> None:
    """From bests that are set: every number of a step lies in the box that r in [0, 1) allows, and spans it."""
    scheme = swarm(bowl, particles=40, spread=0.5, inertia=0.5, cognitive=1.0, social=2.0)
    begun = jax.jit(scheme.init)(jnp.zeros(3), corr.root_key(3))
    speeds = jax.random.normal(corr.root_key(4), (40, 3))
    bests = jnp.where(jnp.arange(40)[:, None] == 7, 1.0, 3.0 + 0 * begun.aux.places)
    state = begun._replace(aux=begun.aux._replace(velocities=speeds, bests=bests))
    new, info = jax.jit(scheme.step)(corr.root_key(5), state)
    losses = np.asarray(jax.vmap(bowl)(begun.aux.places))
    own = np.where((losses < np.asarray(jax.vmap(bowl)(bests)))[:, None], begun.aux.places, bests)
    np.testing.assert_array_equal(new.aux.bests, own)
    pull = np.asarray(new.aux.velocities) - 0.5 * np.asarray(speeds)
    to_own, to_all = own - np.asarray(begun.aux.places), 1.0 - np.asarray(begun.aux.places)
    low, high = (limit(to_own, 0) + 2 * limit(to_all, 0) for limit in (np.minimum, np.maximum))
    assert (pull >= low - 1e-5).all() and (pull <= high + 1e-5).all()
    share = pull[own == np.asarray(begun.aux.places)] / (2 * to_all[own == np.asarray(begun.aux.places)])
    assert abs(share.mean() - 0.5) < K / math.sqrt(12 * len(share)) < 0.25
    assert len(np.unique(share.round(4))) > len(share) / 2, "numbers of their own for every parameter"
    np.testing.assert_allclose(new.aux.places, begun.aux.places + new.aux.velocities, rtol=1e-6)
    np.testing.assert_allclose(new.position, new.aux.places.mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(info.displacement, new.position - begun.position, rtol=1e-5, atol=1e-6)
    assert float(new.loss) == pytest.approx(float(bowl(new.position)), rel=1e-5) and bool(info.accepted)


def test_the_start_is_drawn_from_its_key_and_at_rest() -> None:
    scheme = swarm(bowl, particles=400, spread=0.5)
    init = jax.jit(scheme.init)
    one, other = (init(jnp.full(3, 2.0), corr.root_key(seed)) for seed in (6, 7))
    assert not np.any(one.aux.places == other.aux.places) and not np.any(one.aux.velocities)
    assert abs(float(jnp.std(one.aux.places)) - 0.5) < K * 0.5 / math.sqrt(2 * 1200)
    np.testing.assert_allclose(one.position, one.aux.places.mean(0), rtol=1e-6)
    assert float(one.loss) == pytest.approx(float(bowl(one.position)), rel=1e-6) and scheme.evaluations == 400
    assert scheme.stream == corr.Stream.POPULATION
    with pytest.raises(ValueError, match="draws its particles at the start: got no key"):
        scheme.init(jnp.ones(3))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"particles": 1}, "particles must be at least 2, got 1"),
        ({"spread": 0.0}, "spread must be a positive"),
        ({"inertia": -0.1}, "inertia must be a finite number of at least 0, got -0.1"),
        ({"cognitive": float("nan")}, "cognitive must be a finite number of at least 0, got nan"),
        ({"social": float("inf")}, "social must be a finite number of at least 0, got inf"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        swarm(slope, **{"particles": 5, "spread": 0.1, **options})


def test_theory_refuses_what_it_cannot_simulate() -> None:
    with pytest.raises(ValueError, match="particles must be at least 2, got 1"):
        law.growth_rate(0.7, 1.4, 1.4, particles=1)
    with pytest.raises(ValueError, match="inertia must lie between -1 and 1, got 1"):
        law.stagnation_bound(1.0)
