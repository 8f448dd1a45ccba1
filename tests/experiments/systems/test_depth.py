"""Deep networks: any depth by one program, starts and steps on their laws, and what the judge says of training."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr.experiments.problems import deep_digits, digits
from corr.experiments.systems import depth, depth_steps, depth_training, law

from ...paper_figs.written_depth import losses_at_end

pytest.importorskip("sklearn")
K = 4.0
KEY = corr.root_key(0)


@pytest.mark.slow
def test_a_depth_is_the_network_of_its_first_layers() -> None:
    points = deep_digits.images().points
    params = deep_digits.start(jax.random.key(1), 5, 0.7)
    layers = {f"dense_{n + 1}": jax.tree.map(lambda leaf, n=n: leaf[n], params["hidden"]) for n in range(2)}
    flat = {"dense_0": params["first"], **layers, "dense_3": params["last"]}
    known = digits.network(*(deep_digits.WIDTH,) * 3).apply(flat, points)
    np.testing.assert_allclose(deep_digits.outputs(params, points, 3), known, rtol=1e-5, atol=1e-6)
    assert float(jnp.abs(deep_digits.outputs(params, points, 4) - known).max()) > 1e-3


def test_a_skip_adds_the_layer_before() -> None:
    points = deep_digits.images().points
    params = deep_digits.start(jax.random.key(1), 2, 0.7)
    first = jnp.tanh(params["first"]["kernel"] @ points)
    second = jnp.tanh(params["hidden"]["kernel"][0] @ first)
    for skip in (0.0, 1.0):
        known = params["last"]["kernel"] @ (second + skip * first)
        found = deep_digits.outputs(params, points, 2, skip)
        np.testing.assert_allclose(found, known, rtol=1e-5, atol=1e-6)


def test_images_are_balanced_and_nothing_learned_is_log_10() -> None:
    labels = np.asarray(deep_digits.images().targets)
    assert np.bincount(labels).tolist() == [deep_digits.PER_CLASS] * digits.CLASSES
    nothing = jax.tree.map(jnp.zeros_like, deep_digits.start(jax.random.key(0), 2, 1.0))
    assert float(deep_digits.loss(2)(nothing)) == pytest.approx(np.log(10), rel=1e-6)


def holds(data: xarray.Dataset) -> None:
    for quantity in law.names(data):
        assert law.scores(data, quantity).max() < K, quantity
        assert law.scores(data, quantity, "other").max() > K, quantity


@pytest.mark.slow
def test_gradients_vanish_and_curvature_stays_as_predicted() -> None:
    holds(depth_steps.starts(KEY, (4, 12), 200))


@pytest.mark.slow
def test_steps_are_stopped_by_curvature_as_predicted() -> None:
    holds(depth_steps.steps(KEY, (4, 16), 4000))


@pytest.mark.slow
def test_descent_trains_a_shallow_network_and_not_a_deep_one() -> None:
    data = depth_training.train(KEY, (2, 32), 900, 2, ("descent",))
    assert depth.states(data, "descent") == {2: "trains", 32: "STALLS"}


def said(**means: list[float]) -> str:
    return "\n".join(depth.judge({"training": losses_at_end(**means)}))


def test_the_judge_says_who_trains_and_what_curvature_tells() -> None:
    found = said(mutation=[0.1, 0.1, 1.5, 2.3], descent=[0.1, 2.3, 2.3, 2.3])
    assert "mutation, size 0.01, trains at 4 layers (0.1" in found
    assert "is slow at 16 layers (1." in found and "STALLS at 32 layers (2." in found
    assert "from the small start mutation trains where descent stalls, at 8 layers." in found
    assert "where mutation trains is told by c at its start below 1" in found


def test_the_judge_says_the_opposite() -> None:
    found = said(mutation=[0.1, 2.3, 0.1, 2.3], descent=[0.1, 0.1, 0.1, 2.3])
    assert "mutation does NOT train where descent stalls, at 32 layers." in found
    assert "where mutation trains is NOT told at 8, 16 layers by c" in found
    assert "descent from the small start stalls at NONE of these depths" in said()


@pytest.mark.parametrize(
    ("mean", "word"), [(1.1, "trains"), (1.2, "is slow"), (2.15, "is slow"), (2.2, "STALLS"), (np.nan, "STALLS")]
)
def test_half_and_95_percent_of_log_10_are_the_bounds(mean: float, word: str) -> None:
    assert depth.state(np.array([mean])) == word
