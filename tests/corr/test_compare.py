"""``compare``: the clock, bad input, and a loss of the user's own through the public interface only."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import _compare
from corr.theory import level0
from corr.theory.corrected import level2_side

SMALL = {
    "key": corr.root_key(0),
    "devices": 1,
    "trajectories": 6,
    "end_time": 0.2,
    "record_every": 0.1,
    "learning_rate": 1e-2,
    "step_ratio": 1.0,
    "check_decisions": False,
}


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(x * x)


def compare(loss=bowl, params=None, **changes: object) -> corr.Comparison:
    options = {**SMALL, **changes}
    start = jnp.ones(3) if params is None else params
    return corr.compare(loss, start, progress=False, **options)


def quartic(x: jax.Array) -> jax.Array:
    """Its curvature changes, so that when it is measured matters."""
    return jnp.sum(x**4)


usual = functools.cache(compare)


@pytest.mark.slow
def test_a_users_own_loss_in_few_lines() -> None:
    """A Huber loss on a two-input target: both sides compared through public names only."""
    points = jax.random.uniform(jax.random.key(1), (2, 64), minval=-1.0)
    targets = (points[0] * points[1])[None]
    module = corr.networks.FullyConnected(widths=(8,), inputs=2)

    def huber(params):
        error = jnp.abs(module.apply({"params": params}, points) - targets)
        return jnp.mean(jnp.where(error < 0.1, error**2 / 2, 0.1 * (error - 0.05)))

    params = corr.networks.initialize(module, jax.random.key(0), variance="fan_in")
    sides = compare(huber, params, trajectories=16, twin_trajectories=64, learning_rate=1e-4, step_ratio=10.0,
                    devices=1)  # fmt: skip
    result = corr.inference.permutation_test(sides.mutation.path.values, sides.twin.path.values, seed=0)
    assert result.maximum_p > 1e-3
    assert float(sides.mutation.loss.mean("trajectory")[-1]) < float(sides.mutation.loss[0, 0])


def test_three_sides_share_start_and_clock() -> None:
    sides = usual(quartic)
    for side in sides:
        np.testing.assert_allclose(side.time.values, [0.0, 0.1, 0.2])
        np.testing.assert_array_equal(side["mean"].values[0], 1.0)
    assert sides.mutation.attrs["beta"] == "inf"
    assert sides.mutation.attrs["mutation_std"] == pytest.approx(1e-2 * math.sqrt(2 * math.pi))
    assert sides.descent.path.shape[0] == 1


@pytest.mark.parametrize("beta", [math.inf, 7.0])
def test_matching_agrees_with_theory_both_ways(beta: float) -> None:
    std = corr.matched_mutation_std(learning_rate=1e-3, step_ratio=0.3, beta=beta)
    assert std == pytest.approx(level0.mutation_std(learning_rate=1e-3, step_ratio=0.3, beta=beta), rel=1e-12)
    assert corr.matched_step_ratio(learning_rate=1e-3, mutation_std=std, beta=beta) == pytest.approx(0.3, rel=1e-12)
    assert level0.step_time(mutation_std=std, beta=beta) == pytest.approx(3e-4, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step_ratio": 0.0}, "step_ratio must be positive and finite, got 0"),
        ({"step_ratio": -1.0}, "step_ratio must be positive"),
        ({"step_ratio": None}, "give step_ratio"),
        ({"step_ratio": None, "mutation_std": math.nan}, "mutation_std must be positive and finite, got nan"),
        ({"mutation_std": 0.5}, "give only one of them"),
        ({"learning_rate": 0.0}, "learning_rate must be positive"),
        ({"beta": -1.0}, "beta must lie in"),
        ({"beta": math.nan}, "beta must lie in"),
        ({"beta": 0.0}, "beta = 0"),
        ({"beta": "hot"}, "beta must be a number"),
        ({"trajectories": 0}, "trajectories must be at least 1"),
        ({"end_time": 0.25}, "expected a whole number"),
        ({"record_every": 0.033, "end_time": 0.33}, "expected a whole number"),
        ({"record_every": 1.0}, "record_every 1 is longer than end_time"),
        ({"mutation_std": {"w": 0.1}, "step_ratio": None}, "must be a number or a tree like the parameters"),
        ({"mutation_std": jnp.full(4, 0.1), "step_ratio": None}, r"has shape \(4,\) for params of shape \(3,\)"),
        ({"mutation_std": 3.0, "step_ratio": None}, r"0.0\d* mutation steps of mutation_std 3, .*, expected 1 or more"),
        (
            {"mutation_std": 0.1, "rule": lambda change, number: number - change},
            r"one truth value, .* float32\[\]",
        ),
        ({"thin": (0.17, 2)}, "expected one of the recorded times"),
        ({"thin": (0.0, 2)}, "the time of thin = .* must be positive"),
        ({"block_size": {"mutation": 4}}, r"block_size names \['mutation'\], expected both of \['mutation', 'twin'\]"),
        ({"block_size": {"mutation": 4, "twin": 0}}, "block_size must be at least 1, got 0"),
        ({"twin_trajectories": 0}, "twin_trajectories must be at least 1"),
        ({"twin_moments": 3}, "twin_moments must be a function, or a pair"),
        ({"twin_moments": lambda gradient: (gradient[:2], lambda xi: xi)}, "incompatible shapes"),
        ({"keep": -1}, "keep must be at least 0, got -1"),
        ({"devices": 99}, "devices is 99, but JAX sees"),
        ({"checkpoint_every": math.nan}, "checkpoint_every must be at least 0 seconds, got nan"),
        ({"check": 3}, "check must be a function"),
        ({"descent_learning_rate": 0.0}, "descent_learning_rate must be positive"),
        ({"key": 0}, "key"),
    ],
)
def test_bad_numbers(change: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_compare, "carry_out", lambda *args: pytest.fail("a side ran"))
    with pytest.raises((ValueError, TypeError), match=message):
        compare(**change)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda x: x * x, r"array of shape \(3,\)"),
        (lambda x: jnp.sum(x).astype(jnp.int32), "dtype int32"),
        (lambda x: jnp.sum(x) * jnp.nan, "loss is nan at the start"),
        (lambda x: (jnp.sum(x), 1.0), "one scalar"),
        (lambda x: jnp.sum(x).astype(jnp.complex64), "must return a real number, got dtype complex64"),
        (lambda x: np.sum(np.asarray(x)), "no JAX function: .* Use jax.numpy in place of numpy"),
        (lambda x: x[0] if x[0] > 0 else x[1], "no JAX function: .* jnp.where or jax.lax.cond"),
        ("U", "loss must be a function"),
    ],
)
def test_bad_losses(loss: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        compare(loss)


@pytest.mark.slow
def test_a_corrected_twin_is_the_pair_run_by_hand() -> None:
    std = corr.matched_mutation_std(learning_rate=1e-2, step_ratio=1.0)
    measure, moments = level2_side(mutation_std=std, beta=math.inf, step_time=1e-2)
    sides = compare(quartic, twin_moments=(measure, moments))
    (dt,) = set(sides.twin.step_size.values[1:].tolist())
    side = corr.langevin(quartic, time_step=dt, moments=moments, measure=measure)
    marks = [round(time / dt) for time in sides.twin.time.values]
    data = corr.run(side, jnp.ones(3), steps=marks[-1], record_at=marks, trajectories=6, key=corr.root_key(0),
                    refresh_every=1, devices=1, progress=False)  # fmt: skip
    np.testing.assert_array_equal(sides.twin.loss.values, data.loss.values)
    assert (sides.twin.loss.values != usual(quartic).twin.loss.values)[:, 1:].all()


def test_mutations_lost_in_rounding_are_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything runs."""

    def stop(*args: object) -> None:
        raise InterruptedError

    monkeypatch.setattr(_compare, "carry_out", stop)
    with pytest.warns(UserWarning, match="lost in rounding"), pytest.raises(InterruptedError):
        compare(params=jnp.full(3, 1e4), learning_rate=1e-6, end_time=1e-5, record_every=1e-5)
