"""The mutation step and its acceptance rule."""

import contextlib
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr._accept import metropolis
from corr.proposals._gaussian import gaussian


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.array([1.0, 4.0, 9.0]) * x * x)


def test_zero_temperature_accepts_exactly_when_the_loss_does_not_rise() -> None:
    rule = metropolis(math.inf)
    changes = jnp.array([-1.0, 0.0, 1e-30, jnp.nan, jnp.inf])
    assert jax.vmap(lambda c: rule(c, jnp.float32(0.0)))(changes).tolist() == [True, True, False, False, False]


def test_infinite_temperature_accepts_everything_finite() -> None:
    rule = metropolis(0.0)
    changes = jnp.array([-1.0, 1e30, jnp.nan, jnp.inf, -jnp.inf])
    assert jax.vmap(lambda c: rule(c, jnp.float32(0.999)))(changes).tolist() == [True, True, False, False, False]


def test_acceptance_frequency_is_the_metropolis_probability() -> None:
    uniform = jax.random.uniform(jax.random.key(0), (40_000,))
    for change in (0.1, 1.0, 3.0):
        accepted = np.asarray(metropolis(1.5)(jnp.full_like(uniform, change), uniform))
        expected = math.exp(-1.5 * change)
        error = math.sqrt(expected * (1 - expected) / len(accepted))
        assert abs(accepted.mean() - expected) < 4 * error
        assert abs(accepted.mean() - math.exp(-1.2 * 1.5 * change)) > 4 * error, (
            "the guard must see a wrong temperature"
        )


def test_state_moves_by_the_reported_displacement_or_not_at_all() -> None:
    walk = corr.mutation(bowl, mutation_std=0.1)
    state = walk.init(jnp.array([1.0, -2.0, 3.0]))
    seen = set()
    for n in range(40):
        new, info = walk.step(jax.random.fold_in(jax.random.key(0), n), state)
        moved = np.asarray(new.position) - np.asarray(state.position)
        seen.add(bool(info.accepted))
        assert np.any(np.asarray(info.displacement) != 0)
        np.testing.assert_array_equal(moved, np.asarray(info.displacement) if info.accepted else 0)
        assert bool(info.accepted) == bool(info.loss_change <= 0)
        state = new
    assert seen == {True, False}


def test_proposal_is_rounded_before_the_decision() -> None:
    x = jnp.full(3, 1000.0)
    walk = corr.mutation(bowl, mutation_std=1e-4)
    _, info = walk.step(jax.random.key(1), walk.init(x))
    np.testing.assert_array_equal((x + info.displacement) - x, info.displacement)
    assert np.all(np.asarray(info.displacement) % np.spacing(np.float32(1000)) == 0)


def test_non_finite_proposal_is_rejected_and_flagged() -> None:
    walk = corr.mutation(lambda x: jnp.sum(jnp.log(x)), mutation_std=10.0)
    state = walk.init(jnp.full(4, 0.1))
    flags = []
    for n in range(20):
        state, info = walk.step(jax.random.key(n), state)
        flags.append(bool(info.finite))
        assert bool(info.finite) or not bool(info.accepted)
    assert np.all(np.isfinite(np.asarray(state.position)))
    assert False in flags


def test_non_isotropic_scales_reach_their_own_leaves() -> None:
    params = {"a": jnp.zeros(2000), "b": jnp.zeros((40, 50))}
    scales = {"a": 0.5, "b": jnp.full((1, 50), 2.0)}
    eps = gaussian(jax.random.key(0), params, scales)
    for name, expected in (("a", 0.5), ("b", 2.0)):
        assert abs(float(jnp.std(eps[name])) - expected) < 4 * expected / math.sqrt(2 * 2000)


def test_halves_make_the_step() -> None:
    for beta in (math.inf, 3.0):
        walk = corr.mutation(bowl, mutation_std=0.1, beta=beta)
        assert walk.halves is not None
        draw, advance = walk.halves
        state, key = walk.init(jnp.ones(3)), jax.random.key(5)
        whole, parts = walk.step(key, state), advance(draw(key, state.position), state)
        assert jax.tree.all(jax.tree.map(lambda a, b: bool(jnp.all(a == b)), whole, parts))


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_bad_mutation_std(value: float) -> None:
    with pytest.raises(ValueError, match="mutation_std"):
        corr.mutation(bowl, mutation_std=value)


@pytest.mark.parametrize("value", [-1.0, math.nan, -math.inf])
def test_bad_beta(value: float) -> None:
    with pytest.raises(ValueError, match="beta"):
        corr.mutation(bowl, mutation_std=0.1, beta=value)


def test_scales_of_another_structure_are_refused() -> None:
    with pytest.raises(ValueError, match="tree like the parameters"):
        gaussian(jax.random.key(0), {"a": jnp.zeros(2)}, {"b": 1.0})


DEEP = corr.networks.functional(corr.networks.FullyConnected((6, 6)))
DEEP_LOSS = corr.losses.mean_squared_error(DEEP.apply, *corr.data.sine(20))


@pytest.mark.slow
@pytest.mark.parametrize("std", [1e-4, 0.1, 1.0])
def test_shortcut_agrees_where_it_answers_and_is_replayed_where_not(std: float) -> None:
    """A whole run by shortcut and replay against the same run step by step without it."""
    walk = corr.mutation(DEEP_LOSS, mutation_std=std)
    start = DEEP.init(jax.random.key(0))
    quick = walk.shortcut(start)
    assert quick is not None
    settings = {"steps": 40, "trajectories": 12, "key": corr.root_key(1), "refresh_every": 10, "progress": False}
    said = pytest.warns(UserWarning, match="none of the first") if std == 1.0 else contextlib.nullcontext()
    with said:
        alone = corr.run(quick, start, **settings)  # pyright: ignore[reportArgumentType]
    mixed, full = (
        corr.run(side, start, **settings)  # pyright: ignore[reportArgumentType]
        for side in (walk, walk._replace(shortcut=lambda params: None))
    )
    assert (float(alone.nonfinite.sum()) > 0) == (std > 1e-3)
    assert float(full.nonfinite.sum()) == float(mixed.nonfinite.sum()) == 0
    if std == 1.0:
        np.testing.assert_array_equal(mixed.path.values, full.path.values)
    # Different forms round differently, which by itself moves a decision with a chance of about 1e-5 a step.
    close = np.isclose(mixed.path.values, full.path.values, rtol=1e-5, atol=1e-7).all(axis=(1, 2))
    assert close.sum() >= 11


def test_shortcut_is_offered_only_where_nan_reaches_the_loss() -> None:
    start = DEEP.init(jax.random.key(0))
    swallowing = corr.mutation(lambda p: jnp.maximum(DEEP_LOSS(p), 0.0), mutation_std=1.0)
    shallow = corr.networks.functional(corr.networks.Shallow(4))
    bounded = corr.mutation(corr.losses.mean_squared_error(shallow.apply, *corr.data.sine(20)), mutation_std=1e-3)
    assert swallowing.shortcut(start) is None
    assert bounded.shortcut(shallow.init(jax.random.key(0))) is None
    assert corr.mutation(DEEP_LOSS, mutation_std=1.0, exact=False).shortcut(start) is None
