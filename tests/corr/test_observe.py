"""What Datasets hold beside: ``observe``, and on all sides of a comparison the ``evaluations`` of the loss."""

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
from corr._observe import TAKEN, check_observe

START = {"w": jnp.array([[1.0, -0.5], [0.2, 0.1]]), "b": jnp.array([0.3, 0.4])}


def loss(params: Any) -> jax.Array:
    return jnp.sum((params["w"] - 0.3) ** 2) + jnp.sum(params["b"] ** 4)


def look(params: Any) -> dict[str, Any]:
    """A number, a count, a truth value, a constant, a vector and a matrix."""
    return {
        "size": jnp.sum(params["w"] ** 2),
        "links": jnp.sum(params["w"] > 0.15),
        "positive": params["b"][0] > 0.29,
        "one": 1,
        "bias": params["b"],
        "outer": params["b"][:, None] * params["b"][None, :],
    }


SIDE = corr.langevin(loss, time_step=0.01, moments=corr.paper_moments(beta=50.0))


def run(observe: Any = look, **changes: Any) -> xarray.Dataset:
    settings: dict[str, Any] = {"steps": 20, "record_at": [10], "trajectories": 5, "devices": 1, "block_size": 2}
    return corr.run(
        SIDE, START, key=corr.root_key(1), refresh_every=10, check_decisions=False, progress=False, observe=observe,
        **(settings | changes),
    )  # fmt: skip


usual = functools.cache(run)


def by_hand(data: xarray.Dataset) -> dict[str, np.ndarray]:
    """The same of every place on the recorded paths, in NumPy."""
    bias, weight = data.path.values[..., :2].astype(float), data.path.values[..., 2:].astype(float)
    return {
        "size": np.sum(weight**2, axis=-1),
        "links": np.sum(weight > 0.15, axis=-1),
        "positive": bias[..., 0] > 0.29,
        "one": np.ones(bias.shape[:-1]),
        "bias": bias,
        "outer": bias[..., :, None] * bias[..., None, :],
    }


def test_what_is_observed_is_of_every_trajectory_at_every_recorded_time() -> None:
    found = usual()
    for name, expected in by_hand(found).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, err_msg=name)
    assert len(np.unique(found["size"])) > 5
    dims = {name: found[name].dims[2:] for name in ("size", "bias", "outer")}
    assert dims == {"size": (), "bias": ("bias_0",), "outer": ("outer_0", "outer_1")}
    assert all(found[name].dims[:2] == ("trajectory", "time") for name in by_hand(found))
    assert list(found.data_vars)[-6:] == list(look(START))
    assert found["links"].dtype == np.float64  # whole numbers stay whole
    assert found["size"].dtype == np.float32


def test_observing_changes_nothing_else() -> None:
    xarray.testing.assert_identical(usual().drop_vars([*look(START)]), run(None))


def test_it_depends_neither_on_devices_nor_on_how_many_run() -> None:
    other = run(devices=2, trajectories=3)
    for name in look(START):
        np.testing.assert_array_equal(other[name], usual()[name][:3])


def test_nan_stands_for_trajectories_no_longer_followed() -> None:
    found = run(thin=(10, 2))
    for name in look(START):
        np.testing.assert_array_equal(found[name][:2], usual()[name][:2])
        np.testing.assert_array_equal(found[name][2:, :2], usual()[name][2:, :2])
        assert np.isnan(found[name][2:, 2]).all()


def test_products_of_matrices_are_as_precise_as_in_the_loss_and_devices_take_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen, used, put = [], [], jax.device_put
    monkeypatch.setattr(jax, "device_put", lambda part, device: used.append(device) or put(part, device))

    def noting(params: Any) -> dict[str, Any]:
        seen.append(jax.config.jax_default_matmul_precision)  # pyright: ignore[reportAttributeAccessIssue]
        return {"zero": 0.0}

    seer = check_observe(noting, START)
    assert seer is not None
    found = seer.looking(2, jax.devices()[:2])(jax.tree.map(lambda leaf: np.stack([leaf] * 5), START))
    assert found["zero"].shape == (5,)
    assert used == [jax.devices()[number] for number in (0, 1, 0)]
    assert len(seen) == 2
    assert {*seen} == {"highest"}


@pytest.fixture(scope="module")
def swept() -> corr.Comparison:
    return corr.sweep(
        lambda x: jnp.sum(x**2), jnp.ones(3), key=corr.root_key(0), learning_rate=1e-2, step_ratio=[1.0],
        trajectories=3, end_time=0.1, record_every=0.05, devices=1, check_decisions=False, progress=False,
        observe=lambda x: {"first": x[0], "squares": x**2},
    )  # fmt: skip


def test_all_sides_of_a_comparison_and_a_sweep_are_observed(swept: corr.Comparison) -> None:
    for side in swept:
        assert side["first"].dims == ("point", "trajectory", "time")
        assert side["squares"].dims == ("point", "trajectory", "time", "squares_0")
        np.testing.assert_array_equal(side["first"], side.path.values[..., 0])
        np.testing.assert_allclose(side["squares"], side.path.values**2, rtol=1e-6)


def test_each_side_has_the_evaluations_of_its_own_steps_also_saved(swept: corr.Comparison, tmp_path: Path) -> None:
    for side, cost in zip(swept, (1, 3, 3), strict=True):
        assert side.evaluations.dims == ("point", "time")
        np.testing.assert_array_equal(side.evaluations, cost * side.step)
    sides = corr.Comparison(*(side.isel(point=0) for side in swept))
    assert sides.mutation.evaluations.values.tolist() == [0, 5, 10]
    assert sides.descent.evaluations.values.tolist() == [0, 15, 30]
    corr.save_run(tmp_path / "saved", sides)
    loaded, _ = corr.load_run(tmp_path / "saved")
    for one, other in zip(sides, loaded, strict=True):
        xarray.testing.assert_equal(one, other)
        assert "evaluations" in other.coords


def test_every_name_of_the_datasets_is_known_as_taken(swept: corr.Comparison) -> None:
    mine = {"first", "squares", "squares_0"}
    assert {str(name) for side in swept for name in (*side.variables, *side.dims)} - mine <= TAKEN


def test_half_precision_is_recorded_in_float32() -> None:
    seen = check_observe(lambda x: {"half": x, "whole": x.astype(jnp.int8)}, jnp.ones(2, jnp.bfloat16))
    assert seen is not None
    assert [one.dtype for one in seen.shapes.values()] == [np.float32, np.float32]


def test_what_is_observed_counts_as_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corr.ensemble._memory.free_memory", lambda: 600_000_000)
    with pytest.raises(ValueError, match="the run needs about"):
        run(lambda params: {"large": jnp.zeros(10_000_000)})


@pytest.mark.parametrize(
    ("observe", "message"),
    [
        (3, r"observe must be a function params -> \{name: number or array\}, got int 3"),
        (lambda p: p["b"], r"must return a dictionary like .*, got \w*Tracer: give each number a name"),
        (lambda p: None, "must return a dictionary like .*, got NoneType"),
        (lambda p: [1.0], "must return a dictionary like .*, got list"),
        (lambda p: {}, "got an empty one: leave observe out"),
        (lambda p: {1: p["b"]}, "got a name of type int: 1"),
        (lambda p: {"a": "text"}, "got str for 'a'"),
        (lambda p: {"a": None}, "got NoneType for 'a'"),
        (lambda p: {"a": {"b": 1.0}}, "got dict for 'a'"),
        (lambda p: {"a": jax.lax.complex(p["b"], p["b"])}, "got dtype complex64 for 'a': give real numbers"),
        (lambda p: {"a": jax.random.key(0)}, "got dtype key<fry> for 'a'"),
        (lambda p: {"a": float(p["b"][0])}, "observe is no JAX function: .* Use jax.numpy in place of numpy"),
        (lambda p: {"a": np.asarray(p["b"])}, "observe is no JAX function: "),
        (lambda p: {"a": 1.0} if p["b"][0] > 0 else {}, "observe is no JAX function: "),
        (lambda p: {"loss": 1.0}, "returns 'loss', a name of the Dataset's own: call it otherwise, e.g. observed_loss"),
        (lambda p: {"time": 1.0}, "returns 'time', a name of the Dataset's own"),
        (lambda p: {"evaluations": 1.0}, "returns 'evaluations', a name of the Dataset's own"),
        (lambda p: {"test accuracy": 1.0}, "returns 'test accuracy', expected names like test_accuracy"),
        (lambda p: {"b": p["b"], "b_0": 1.0}, "returns 'b_0', a name of the axis of another array"),
    ],
)
def test_bad_observers(observe: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        run(observe)


def test_a_comparison_refuses_one_before_any_side_runs() -> None:
    with pytest.raises(ValueError, match="returns 'step_size', a name of the Dataset's own"):
        corr.compare(
            lambda x: jnp.sum(x**2), jnp.ones(3), key=corr.root_key(0), trajectories=3, end_time=0.1, record_every=0.05,
            learning_rate=1e-2, step_ratio=1.0, beta=math.inf, observe=lambda x: {"step_size": 1.0},
        )  # fmt: skip
