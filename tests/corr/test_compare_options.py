"""``compare`` with other mutations, scales per leaf, one start per trajectory; ``sweep``; paths as parameters again."""

import functools
import math
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr import _compare, _sweep
from corr.theory import level1

QUICK = {"end_time": 0.2, "record_every": 0.1, "learning_rate": 1e-2, "step_ratio": 1.0, "progress": False,
         "devices": 1, "check_decisions": False}  # fmt: skip
SLOPE = np.array([3.0, -1.0, 2.0, 0.5])


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(x * x)


def plane(x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.asarray(SLOPE, x.dtype) * x)


def compare(loss=bowl, params=None, **changes) -> corr.Comparison:
    options = {"key": corr.root_key(0), "trajectories": 6, **QUICK, **changes}
    return corr.compare(loss, jnp.ones(3) if params is None else params, **options)


def z_scores(data, expected: np.ndarray) -> np.ndarray:
    """Mean displacements at the end against ``expected``, in standard errors."""
    moved = data.path.values[:, -1].astype(float) - data.path.values[:, 0]
    return (moved.mean(0) - expected) / (moved.std(0, ddof=1) / math.sqrt(len(moved)))


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Of the deviations of the same trajectories in two runs, all parameters together."""
    return float(np.corrcoef((one - one.mean(0)).ravel(), (other - other.mean(0)).ravel())[0, 1])


@pytest.mark.slow
def test_the_level_1_twin_follows_mutation_at_s_of_3() -> None:
    """On a plane level 1 is exact; the default twin, of the warm limit, is far off and says so. 12 comparisons."""
    norm, t = float(np.linalg.norm(SLOPE)), 0.2
    beta = (3.28 / norm) ** 2 / 2e-3
    std = corr.matched_mutation_std(learning_rate=1e-3, step_ratio=1.0, beta=beta)
    expected = -(t / 1e-3) * std * float(level1.drift_factor(jnp.float32(3.28))) * SLOPE / norm
    settings = {"learning_rate": 1e-3, "end_time": t, "record_every": t, "beta": beta, "trajectories": 400}
    exact = functools.partial(level1.moments, mutation_std=std, beta=beta, step_time=1e-3)
    sides = compare(plane, jnp.zeros(4), twin_moments=exact, **settings)
    assert max(np.abs(z_scores(side, expected)).max() for side in (sides.mutation, sides.twin)) < 4.5
    with pytest.warns(UserWarning, match=r"reaches 3.28"):
        usual = compare(plane, jnp.zeros(4), **settings)
    assert np.abs(z_scores(usual.twin, expected)).max() > 20


@pytest.mark.parametrize("beta", [math.inf, pytest.param(0.5, marks=pytest.mark.slow)])
def test_sigma_per_leaf_scales_all_three_sides(beta: float) -> None:
    """On a plane every side has a mean displacement in closed form; σ_i/σ = 1, 0 (frozen), 1/2, 1."""
    ratio, t = np.array([1.0, 0.0, 0.5, 1.0]), 0.4
    settings = {"learning_rate": 1e-3, "end_time": t, "record_every": t, "beta": beta, "trajectories": 400}
    reference = corr.matched_mutation_std(learning_rate=1e-3, step_ratio=1.0, beta=beta)
    sides = compare(plane, jnp.zeros(4), mutation_std=jnp.asarray(ratio * reference), **settings)
    weighed = ratio * SLOPE
    expected = -t * ratio * (weighed / np.linalg.norm(weighed) if math.isinf(beta) else weighed)
    np.testing.assert_allclose(sides.descent.path.values[0, -1], expected, rtol=1e-4, atol=1e-7)
    for side in (sides.mutation, sides.twin):
        assert (side.path.values[:, :, 1] == 0).all()
        moving = [0, 2, 3]
        # 6 comparisons in all; at finite β mutation is short by s sqrt(2/π) = 2.6 % of at most 16 standard errors
        slack = 0.5 if side is sides.mutation and math.isfinite(beta) else 0.0
        with np.errstate(invalid="ignore"):
            assert np.abs(z_scores(side, expected)[moving]).max() < 4.5 + slack
            assert np.abs(z_scores(side, expected / ratio.clip(0.1))[2]) > 5
    assert sides.mutation.attrs["mutation_std"] == pytest.approx(reference)


def test_sigma_per_leaf_alone_takes_the_clock_of_the_largest() -> None:
    std = corr.matched_mutation_std(learning_rate=1e-2, step_ratio=2.0)
    clock = clock_of(step_ratio=None, mutation_std=jnp.asarray([std, 0.0, std / 3]))
    assert clock.step_ratio == pytest.approx(2.0)


@pytest.mark.slow
def test_one_start_per_trajectory() -> None:
    starts = {"a": jnp.arange(12.0).reshape(6, 2), "b": jnp.ones((6,))}
    loss = lambda p: bowl(p["a"]) + p["b"] ** 2  # noqa: E731
    sides = compare(loss, starts, start_per_trajectory=True, twin_trajectories=8)
    first = np.concatenate([np.arange(12.0).reshape(6, 2), np.ones((6, 1))], axis=1)
    np.testing.assert_array_equal(sides.mutation.path.values[:, 0], first)
    np.testing.assert_array_equal(sides.twin.path.values[:, 0], first[[0, 1, 2, 3, 4, 5, 0, 1]])
    np.testing.assert_array_equal(sides.descent.path.values[:, 0], first)
    walk = corr.mutation(loss, mutation_std=sides.mutation.attrs["mutation_std"])
    alone = corr.run(walk, jax.tree.map(lambda leaf: leaf[4], starts), steps=20, record_at=[10], trajectories=6,
                     key=corr.root_key(0), devices=1, progress=False, check_decisions=False)  # fmt: skip
    np.testing.assert_array_equal(sides.mutation.path.values[4], alone.path.values[4])
    with pytest.raises(ValueError, match=r"'b'.*has shape \(5,\), expected \(6, ...\)"):
        compare(loss, {**starts, "b": jnp.ones(5)}, start_per_trajectory=True)


def steps(loss, at: jax.Array, **changes) -> corr.Info:
    """What many first steps of the mutation side of a comparison do."""
    options = {"proposal": None, "rule": "metropolis", "exact": True, "mutation_std": None, **changes}
    clock = clock_of(**{name: value for name, value in options.items() if name != "exact"})
    law, rule, exact = options["proposal"], options["rule"], options["exact"]
    walk = _compare._walk(loss, clock, clock.mutation_std, law, rule, exact)
    keys = jax.random.split(corr.root_key(1), 400)
    return jax.jit(jax.vmap(lambda key, state: walk.step(key, state)[1], (0, None)))(keys, walk.init(at))


def clock_of(**changes):
    options = {"learning_rate": 1e-2, "step_ratio": 1.0, "mutation_std": None, "beta": math.inf, "proposal": None,
               "rule": "metropolis", "record_every": 0.1, **changes}  # fmt: skip
    return _compare._clock_of(**options)


def test_rules_and_proposals_of_ones_own() -> None:
    std, at = corr.matched_mutation_std(learning_rate=1e-2, step_ratio=1.0), jnp.ones(3)
    usual = steps(bowl, at)
    by_proposal = steps(bowl, at, proposal=corr.proposals.normal(std))
    by_rule = steps(bowl, at, rule=corr.metropolis(math.inf), mutation_std=std)
    for other in (by_proposal, by_rule):
        for name in ("displacement", "accepted"):
            np.testing.assert_array_equal(getattr(other, name), getattr(usual, name))
    assert (steps(bowl, at, rule=corr.barker(10.0), mutation_std=std).accepted != usual.accepted).any()
    for changes, message in (
        ({"proposal": corr.proposals.normal(std), "step_ratio": None}, "give step_ratio"),
        ({"rule": corr.barker(10.0)}, "needs both"),
        ({"proposal": corr.proposals.normal(std), "mutation_std": std}, "exactly one of mutation_std"),
        ({"rule": "tsallis"}, "unknown acceptance rule 'tsallis'"),
    ):
        with pytest.raises(ValueError, match=message):
            compare(**changes)


@pytest.mark.slow
def test_a_comparison_with_a_rule_of_ones_own() -> None:
    std = corr.matched_mutation_std(learning_rate=1e-2, step_ratio=1.0)
    usual, by_rule, by_law = compare(), compare(rule=corr.metropolis(math.inf), mutation_std=std), compare(
        proposal=corr.proposals.normal(std)
    )  # fmt: skip
    np.testing.assert_array_equal(by_rule.mutation.path.values, usual.mutation.path.values)
    np.testing.assert_array_equal(by_law.mutation.path.values, usual.mutation.path.values)
    given = [(side.attrs["rule"], side.attrs["proposal"]) for side in (usual.twin, by_rule.twin, by_law.twin)]
    assert given == [("metropolis", "gaussian"), ("a function", "gaussian"), ("metropolis", "given")]


@pytest.mark.slow
def test_barkers_clock() -> None:
    """Barker's rule drifts half as fast: σ on its clock is √2 times Metropolis's, and then it follows descent."""
    settings = {"beta": 0.05, "learning_rate": 1e-3, "trajectories": 400, "end_time": 4.0, "record_every": 4.0}
    sides = compare(plane, jnp.zeros(4), rule="barker", **settings)
    usual = corr.matched_mutation_std(learning_rate=1e-3, step_ratio=1.0, beta=0.05)
    assert sides.mutation.attrs["mutation_std"] == pytest.approx(math.sqrt(2) * usual)
    variance = sides.mutation.path.values[:, -1].var(axis=0, ddof=1) / (2 * 4.0 / 0.05)
    assert np.abs(variance - 1).max() < 4.5 * math.sqrt(2 / 399)  # 2/β per unit of time, 4 comparisons
    assert np.abs(z_scores(sides.mutation, -4.0 * SLOPE)).max() < 4.5
    assert np.abs(z_scores(sides.mutation, -8.0 * SLOPE)).max() > 8


def test_subtracting_is_an_option() -> None:
    high = lambda x: bowl(x) + 100  # noqa: E731  (a rounding step is 8e-6 there, a change 3.5e-6: most subtract to a tie)
    exact, plain = (
        np.mean(steps(high, jnp.ones(3), learning_rate=4e-7, exact=exact).accepted) for exact in (True, False)
    )
    assert exact < 0.7 < plain


@pytest.mark.slow
def test_points_of_a_sweep_share_no_random_numbers() -> None:
    settings = {"key": corr.root_key(0), "trajectories": 400, **QUICK, "end_time": 0.1}
    whole = corr.sweep(plane, jnp.zeros(4), **{**settings, "step_ratio": [0.5, 1.0]})
    assert whole.mutation.step_ratio.values.tolist() == [0.5, 1.0]
    assert whole.mutation.step.values.tolist() == [[0, 20], [0, 10]]
    assert abs(correlation(*whole.mutation.path.values[:, :, -1])) < 4 / math.sqrt(1600)
    one_key = [
        corr.run(
            corr.mutation(plane, mutation_std=corr.matched_mutation_std(learning_rate=1e-2, step_ratio=ratio)),
            jnp.zeros(4), steps=round(10 / ratio), trajectories=400, key=corr.root_key(0), devices=1, progress=False,
            check_decisions=False,
        ).path.values[:, -1]
        for ratio in (0.5, 1.0)
    ]  # fmt: skip
    assert correlation(*one_key) > 8 / math.sqrt(1600)  # the old fault: one key


def test_points_that_are_close_have_keys_and_folders_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[tuple[int, ...], Path]] = []

    def note(loss: object, params: object, *, key: jax.Array, checkpoint: Path, **point: float) -> corr.Comparison:
        seen.append((tuple(jax.random.key_data(key).tolist()), checkpoint))
        numbers = {"learning_rate": 1.0, "beta": 1.0, "mutation_std": 1.0, "step_ratio": 1.0, "side": "any"}
        data = xarray.Dataset(coords={"step": ("time", [0]), "evaluations": ("time", [0.0])}, attrs=numbers)
        return corr.Comparison(data, data, data)

    monkeypatch.setattr(_sweep, "compare", note)
    rates = 0.1 + 2.0**-56 * np.arange(0, 64, 16)
    assert len({f"{rate:.9g}" for rate in rates}) == 1
    settings = {"key": corr.root_key(0), "checkpoint": "here", "learning_rate": rates}
    corr.sweep(plane, jnp.zeros(4), step_ratio=jnp.float32(1.0), **settings)
    keys, folders = zip(*seen, strict=True)
    assert len({*keys}) == len({*folders}) == len({*rates.tolist()}) == len(rates)
    corr.sweep(plane, jnp.zeros(4), step_ratio=[2.0, 1], **settings)
    assert seen[: len(rates)] == seen[len(rates) + 1 :: 2], "other points change none"


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({"mutation_std": 0.1}, "exactly one of step_ratio"),
        ({"step_ratio": None}, "exactly one of step_ratio"),
        ({"beta": []}, "beta is empty"),
        ({"beta": [1.0, 2.0, 1]}, "beta holds 1.0 2 times, expected each point once"),
        ({"beta": "hot"}, "beta must be one number or several in a sweep, got str 'hot'"),
        ({"learning_rate": [0.1, True]}, "learning_rate must be one number or several"),
        (
            {"step_ratio": None, "mutation_std": {"w": 0.1}},
            "mutation_std must be one number or several .* a tree of them",
        ),
        ({"step_ratio": None, "mutation_std": (np.ones(2), np.ones(3))}, "mutation_std must be one number or several"),
    ],
)
def test_grids_that_are_none(grid: dict[str, object], message: str) -> None:
    settings: dict[str, Any] = {"key": corr.root_key(0), "learning_rate": 0.1, "step_ratio": 1.0, **grid}
    with pytest.raises((TypeError, ValueError), match=message):
        corr.sweep(plane, jnp.zeros(4), **settings)


def test_paths_as_parameters_again() -> None:
    params = {"w": jnp.arange(6.0).reshape(2, 3), "b": jnp.float32(7.0)}
    data = corr.run(
        corr.mutation(lambda p: bowl(p["w"]) + p["b"] ** 2, mutation_std=0.1), params, steps=10, trajectories=3,
        key=corr.root_key(0), progress=False, check_decisions=False,
    )  # fmt: skip
    tree = corr.unflatten(params, data.path)
    assert tree["w"].shape == (3, 2, 2, 3) and tree["b"].shape == (3, 2)
    np.testing.assert_array_equal(tree["w"][1, 0], params["w"])
    np.testing.assert_array_equal(corr.unflatten(params, data.path[0, -1])["b"], tree["b"][0, -1])
    with pytest.raises(ValueError, match=r"shape \(5,\), expected \(..., 7\)"):
        corr.unflatten(params, np.zeros(5))
