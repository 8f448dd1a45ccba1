"""Ensembles: layout, replay, records, and trajectories that go wrong."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr import data, losses, networks

NETWORK = networks.functional(networks.Shallow(5))
LOSS = losses.mean_squared_error(NETWORK.apply, *data.sine(40))
START = NETWORK.init(jax.random.key(0))
WALK = corr.mutation(LOSS, mutation_std=1e-3)
TWIN = corr.langevin(LOSS, time_step=1e-3, moments=corr.paper_moments(step_time=1e-4))


SIDES = {"mutation": WALK, "twin": TWIN}


def paths(dynamics: corr.Dynamics, trajectories: int, **options: object) -> np.ndarray:
    settings = {"steps": 60, "record_at": [20, 40], "refresh_every": 10, "progress": False, **options}
    settings.setdefault("check_decisions", False)
    return corr.run(dynamics, START, trajectories=trajectories, key=corr.root_key(3), **settings).path.values  # pyright: ignore


@functools.cache
def whole_of(side: str) -> np.ndarray:
    return paths(SIDES[side], 7)


@pytest.mark.parametrize("side", [pytest.param(side, marks=[pytest.mark.slow] * (side == "twin")) for side in SIDES])
def test_trajectory_does_not_depend_on_number_or_devices(side: str) -> None:
    whole = whole_of(side)
    for trajectories, devices in ((7, 1), (3, 2)):
        np.testing.assert_array_equal(paths(SIDES[side], trajectories, devices=devices), whole[:trajectories])


def test_one_trajectory_replayed_by_hand() -> None:
    whole = whole_of("mutation")
    key = corr.trajectory_key(corr.root_key(3), corr.Stream.MUTATION, 2)
    state = WALK.init(START)
    for n in range(20):
        state = WALK.refresh(state) if n % 10 == 0 else state
        state, _ = WALK.step(jax.random.fold_in(key, n), state)
    flat = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(state.position)])
    np.testing.assert_allclose(flat, whole[2, 1], rtol=1e-6)


def test_trajectories_and_seeds_differ() -> None:
    whole = whole_of("mutation")
    assert len(np.unique(whole[:, -1], axis=0)) == 7


def test_records() -> None:
    result = corr.run(
        WALK, START, steps=30, trajectories=6, key=corr.root_key(0), record_at=[10], time_step=0.5,
        progress=False, devices=1, check_decisions=False,
    )  # fmt: skip
    assert result.time.values.tolist() == [0.0, 5.0, 15.0]
    path = result.path.values.astype(float)
    np.testing.assert_allclose(result["mean"], path.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(result["variance"], path.var(axis=0, ddof=1), rtol=1e-12)
    assert list(result.parameter.values[[0, 5, 14]]) == ["a[0]", "b[0]", "c[4]"]
    assert np.isnan(result.acceptance.values[:, 0]).all()
    assert 0 < float(result.acceptance[:, 1:].mean()) < 1
    exact = [
        float(LOSS(jax.tree.unflatten(jax.tree.structure(START), np.split(row, 3)))) for row in path[0].astype("f4")
    ]
    np.testing.assert_allclose(result.loss.values[0], exact, rtol=1e-5)


def test_keep_fewer_paths() -> None:
    np.testing.assert_array_equal(paths(WALK, 7, keep=2, devices=1), whole_of("mutation")[:2])


def test_thinned_ensemble_goes_on_unchanged() -> None:
    whole = whole_of("twin")
    thinned = corr.run(
        TWIN, START, steps=60, record_at=[20, 40], trajectories=7, key=corr.root_key(3), refresh_every=10, thin=(20, 2),
        devices=1, progress=False,
    )  # fmt: skip
    np.testing.assert_array_equal(thinned.path.values[:2], whole[:2])
    assert np.isnan(thinned.path.values[2:, 2:]).all()
    assert thinned["count"].values.tolist() == [7, 7, 2, 2]
    assert thinned.finite.all()


def test_diverged_trajectories_are_flagged_and_leave_the_others_alone() -> None:
    def cliff(x: jax.Array) -> jax.Array:
        return -jnp.sum(x) / jnp.where(jnp.max(x) > 2.0, 0.0, 1.0)

    noisy = corr.langevin(cliff, time_step=0.1, moments=corr.paper_moments(beta=1.0))
    result = corr.run(noisy, jnp.zeros(1), steps=8, trajectories=40, key=corr.root_key(0), devices=1, progress=False)
    good = result.finite.values
    assert 0 < good.sum() < 40
    assert (result.nonfinite.values[~good] > 0).all()
    assert np.isfinite(result["mean"].values).all()
    np.testing.assert_allclose(result["mean"].values[-1], result.path.values[good, -1].mean(axis=0), rtol=1e-6)
    assert int(result["count"][-1]) == good.sum()


def broken_at(dynamics: corr.Dynamics, victim: int) -> corr.Dynamics:
    """The same dynamics, but one trajectory turns NaN in its sixth step."""
    mine = corr.trajectory_key(corr.root_key(3), dynamics.stream, victim)
    moment = jax.random.key_data(jax.random.fold_in(mine, 5))

    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        moved, info = dynamics.step(key, state)
        bad = jnp.all(jax.random.key_data(key) == moment)
        spoilt = jax.tree.map(lambda leaf: jnp.where(bad, jnp.nan, leaf), (moved.position, moved.loss))
        return moved._replace(position=spoilt[0], loss=spoilt[1]), info._replace(finite=info.finite & ~bad)

    return dynamics._replace(step=step, halves=None)


@pytest.mark.parametrize(
    "dynamics", [pytest.param(WALK, id="mutation"), pytest.param(TWIN, id="twin", marks=pytest.mark.slow)]
)
def test_one_lost_trajectory_of_100_changes_no_bit_of_the_others(dynamics: corr.Dynamics) -> None:
    def run(victim: int) -> xarray.Dataset:
        return corr.run(
            broken_at(dynamics, victim), START, steps=60, record_at=[20], refresh_every=10, trajectories=100,
            key=corr.root_key(3), devices=1, progress=False, check_decisions=False,
        )  # fmt: skip

    healthy, hurt = run(victim=100), run(victim=41)
    assert healthy.finite.all()
    assert hurt.trajectory.values[~hurt.finite.values].tolist() == [41]
    others = np.arange(100) != 41
    for name in ("path", "loss", "acceptance", "nonfinite"):
        np.testing.assert_array_equal(hurt[name].values[others], healthy[name].values[others], err_msg=name)
    assert hurt["count"].values.tolist() == [100, 99, 99]


def test_kept_loss_that_drifts_is_reported() -> None:
    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        moved, info = WALK.step(key, state)
        return moved._replace(loss=moved.loss + 1e-4), info

    drifting = WALK._replace(step=step, halves=None)
    with pytest.warns(UserWarning, match=r"the kept loss drifted by 0\.001 .* in 10 steps, expected at most"):
        corr.run(drifting, START, steps=20, refresh_every=10, trajectories=3, key=corr.root_key(3), progress=False,
                 check_decisions=False)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trajectories": 0}, "trajectories must be at least 1, got 0"),
        ({"trajectories": 2.5}, "trajectories must be an integer"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"record_at": [61]}, r"record_at holds 61, expected whole step numbers in \[0, 60\]"),
        ({"record_at": [2.5]}, "record_at holds 2.5"),
        ({"record_at": [5]}, "multiples of refresh_every = 10"),
        ({"devices": 99}, "devices is 99, but JAX sees 2"),
        ({"block_size": 0}, "block_size must be at least 1"),
        ({"checkpoint_every": -1.0}, "checkpoint_every must be at least 0 seconds, got -1"),
    ],
)
def test_bad_numbers(change: dict[str, object], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        paths(WALK, **{"trajectories": 4, **change})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("params", "message"),
    [({}, "params hold no numbers"), (jnp.arange(3), "dtype int32"), (jnp.array([jnp.nan]), "not finite")],
)
def test_bad_parameters(params: object, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        corr.run(WALK, params, steps=1, trajectories=1, key=corr.root_key(0))
