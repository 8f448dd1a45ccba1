"""Class weights and resampling: sizes, where points come from, the law of SMOTE, leaks between parts."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from corr import data

SIZES = (40, 9, 25)


def clouds(sizes: tuple[int, ...] = SIZES, dimensions: int = 2, seed: int = 0) -> data.Data:
    """A Gaussian cloud for each class, far from the others."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    points = np.random.default_rng(seed).normal(20.0 * labels[:, None], 1.0, (len(labels), dimensions))
    return data.from_arrays(points, labels)


def sizes(part: data.Data) -> list[int]:
    return np.bincount(part.targets).tolist()


def columns(part: data.Data) -> set[tuple[float, ...]]:
    """Points with their labels."""
    return {(*point, label) for point, label in zip(part.points.T.tolist(), part.targets.tolist(), strict=True)}


def test_class_weights_are_balanced() -> None:
    labels = clouds().targets
    found = np.asarray(data.class_weights(labels), float)
    np.testing.assert_allclose(found * SIZES, sum(SIZES) / 3, rtol=1e-6)
    np.testing.assert_allclose(found[labels].mean(), 1, rtol=1e-6)
    reference = pytest.importorskip("sklearn.utils.class_weight").compute_class_weight
    expected = reference("balanced", classes=np.arange(3), y=np.asarray(labels))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_oversampling_keeps_all_and_copies_the_rest() -> None:
    train = clouds()
    found = data.oversample(train, seed=0)
    assert sizes(found) == [40, 40, 40] and columns(found) == columns(train)
    assert (found.points[:, : sum(SIZES)] == train.points).all()
    assert found.points.dtype == jnp.float32 and found.targets.dtype == jnp.int32


def test_undersampling_takes_each_point_once() -> None:
    train = clouds()
    found = data.undersample(train, seed=0)
    assert sizes(found) == [9, 9, 9]
    assert columns(found) < columns(train) and len(columns(found)) == 27


def test_imbalance_is_as_asked_for() -> None:
    whole = clouds()
    found = data.make_imbalance(whole, {0: 5, 1: 9}, seed=0)
    assert sizes(found) == [5, 9, 25]
    assert columns(found) < columns(whole) and len(columns(found)) == 39


def test_equal_classes_stay() -> None:
    train = clouds((8, 8))
    for resample in (data.oversample, data.undersample, data.smote):
        assert columns(resample(train, 0)) == columns(train)


@pytest.mark.parametrize("resample", [data.oversample, data.undersample, data.smote])
def test_seeds(resample: Callable[[data.Data, int], data.Data]) -> None:
    first, again, other = (resample(clouds(), seed).points for seed in (0, 0, 1))
    assert (first == again).all() and (first != other).any()


def neighbours(points: np.ndarray, count: int) -> np.ndarray:
    """The nearest others of each point, (K, count, features)."""
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return points[np.argsort(distance, axis=1)[:, :count]]


def off_segments(new: np.ndarray, points: np.ndarray, count: int) -> np.ndarray:
    """How far new points are from the nearest segment between a point and a neighbour of it."""
    start = np.repeat(points, count, axis=0)[None]
    along = neighbours(points, count).reshape(-1, points.shape[1])[None] - start
    share = np.clip(np.sum((new[:, None] - start) * along, -1) / np.sum(along**2, -1), 0, 1)
    return np.linalg.norm(new[:, None] - start - share[..., None] * along, axis=-1).min(axis=1)


def test_new_points_lie_between_neighbours_of_their_class() -> None:
    """Of three neighbours; two are not enough (the twin), and copies are none of them."""
    train = clouds()
    found = data.smote(train, seed=0, neighbours=3)
    assert sizes(found) == [40, 40, 40] and (found.points[:, : sum(SIZES)] == train.points).all()
    old, new = (np.asarray(part, float) for part in np.split(found.points.T, [sum(SIZES)]))
    whose = np.asarray(found.targets[sum(SIZES) :])
    for label in (1, 2):
        own = old[np.asarray(train.targets) == label]
        assert off_segments(new[whose == label], own, 3).max() < 1e-5
        assert off_segments(new[whose == label], own, 2).max() > 1e-3
        assert np.linalg.norm(new[whose == label][:, None] - own, axis=-1).min() > 0


def test_smote_narrows_a_class_as_its_law_says() -> None:
    """Every element within 5 standard errors; Σ, or neighbours spread as the points are, is not it (the twins)."""
    many, few, count = 40_000, 60, 5
    train = clouds((few, many), dimensions=3)
    new = np.asarray(data.smote(train, seed=1, neighbours=count).points, float).T[few + many :]
    own = np.asarray(train.points, float).T[:few]
    near = neighbours(own, count)
    step = (near - own[:, None]).reshape(-1, 3)
    narrowing, shift = step.T @ step / len(step) / 6, step.mean(axis=0)
    spread, theirs = np.cov(own.T, bias=True), np.cov(near.reshape(-1, 3).T, bias=True)
    rest = new - new.mean(axis=0)
    products = rest[:, :, None] * rest[:, None]
    error = products.std(axis=0) / len(new) ** 0.5
    off = lambda law: (abs(products.mean(axis=0) - law) / error).max()  # noqa: E731
    assert off((spread + theirs) / 2 + np.outer(shift, shift) / 4 - narrowing) < 5
    assert off(spread - narrowing) > 10 and off(spread) > 10


def test_resampling_before_the_split_leaks_and_is_told() -> None:
    whole = clouds((60, 12))
    train, test = data.split(whole, seed=0)
    assert not columns(data.oversample(train, 0)) & columns(test)
    with pytest.warns(UserWarning, match="48 of 120 points are copies of others.*split first"):
        leaking, seen = data.split(data.oversample(whole, 0), seed=0)
    assert columns(leaking) & columns(seen)


FLOATS = data.Data(jnp.ones((1, 4)), jnp.ones(4))
ONE = data.Data(jnp.ones((1, 4)), jnp.ones(4, int))
BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "weights of floats": (lambda: data.class_weights([0.0, 1.0]), "got floats"),
    "weights of texts": (lambda: data.class_weights(["a", "b"]), "got texts .*return_inverse"),
    "weights with a gap": (lambda: data.class_weights([0, 2, 2]), "none is 1"),
    "weights of one class": (lambda: data.class_weights([1, 1]), "one class only"),
    "float labels": (lambda: data.oversample(FLOATS, 0), "got floats"),
    "one class": (lambda: data.undersample(ONE, 0), "all 4 labels are 1"),
    "regression": (lambda: data.smote(data.from_arrays(np.ones((4, 1)), np.ones((4, 1))), 0), "got floats"),
    "few neighbours": (lambda: data.smote(clouds((20, 4)), 0), "class 1 has 4 points, .*=5 needs 6: .*oversample"),
    "no neighbours": (lambda: data.smote(clouds(), 0, neighbours=0), "neighbours must be at least 1, got 0"),
    "no such class": (lambda: data.make_imbalance(clouds(), {7: 2}, 0), "counts names class 7, there are 0, 1, 2"),
    "fewer points": (lambda: data.make_imbalance(clouds(), {1: 10}, 0), "10 points of class 1 were asked for, .* 9"),
    "none": (lambda: data.make_imbalance(clouds(), {1: 0}, 0), r"counts\[1\] must be at least 1, got 0"),
    "seed": (lambda: data.oversample(clouds(), -1), "seed must be at least 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    call, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()
