"""Batches at β = ∞ and SMOTE: closed forms in one and in many dimensions, draws, bad numbers."""

import math

import numpy as np
import pytest

from theory import imbalance

K = 4.0


@pytest.mark.parametrize("ratio", [1e-4, 0.1, 1.0, 10.0, 1e4])
def test_normal_batches_in_one_dimension_are_the_error_function(ratio: float) -> None:
    found = imbalance.normal_batches(np.array([-2.0]), np.array([[12.0 * ratio]]), 3)
    assert found == pytest.approx(math.erf(math.sqrt(0.5 / ratio)), rel=1e-7)


def test_normal_batches_are_those_of_draws_and_the_formula_of_many_dimensions_is_not() -> None:
    rng = np.random.default_rng(0)
    gradient, root, points = np.array([1.0, -0.5, 0.2]), rng.normal(size=(3, 3)), 2
    drawn = gradient + rng.normal(size=(200_000, 3)) @ root.T / math.sqrt(points)
    along = drawn @ gradient / np.linalg.norm(drawn, axis=1) / np.linalg.norm(gradient)
    error = along.std() / math.sqrt(len(along))
    covariance = root @ root.T
    assert abs(along.mean() - imbalance.normal_batches(gradient, covariance, points)) < K * error
    other = imbalance.many_dimensions(float(gradient @ gradient), float(np.trace(covariance)), points)
    assert abs(along.mean() - other) > K * error


@pytest.mark.parametrize("ratio", [0.1, 1.0, 10.0, 100.0])
def test_in_many_dimensions_both_are_one(ratio: float) -> None:
    """To relative order 1/d."""
    size = 300
    gradient = np.full(size, 1 / math.sqrt(size))
    found = imbalance.normal_batches(gradient, np.eye(size) * ratio / size, 1)
    assert found == pytest.approx(imbalance.many_dimensions(1.0, ratio, 1), rel=1 / size)


def test_points_between_neighbours_have_the_covariance_of_draws() -> None:
    """Of two nearest ones, and two thirds of all where any point may be the neighbour; Σ - ⟨δδᵀ⟩/6 is told."""
    rng = np.random.default_rng(1)
    points = rng.normal(size=(30, 4))
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    near = points[np.argsort(apart, axis=1)[:, 1:3]]
    rows, which, share = rng.integers(30, size=200_000), rng.integers(2, size=200_000), rng.uniform(size=200_000)
    new = points[rows] + share[:, None] * (near[rows, which] - points[rows])
    square = np.sum((new - new.mean(axis=0)) ** 2, axis=1)
    error = square.std() / math.sqrt(len(square))
    assert abs(square.mean() - np.trace(imbalance.between_neighbours(points, near))) < K * error
    step = (near - points[:, None]).reshape(-1, 4)
    simple = np.trace(np.cov(points.T, bias=True)) - np.mean(np.sum(step**2, axis=1)) / 6
    assert abs(square.mean() - simple) > K * error
    everyone = np.broadcast_to(points, (30, 30, 4))
    known = 2 / 3 * np.cov(points.T, bias=True)
    np.testing.assert_allclose(imbalance.between_neighbours(points, everyone), known, atol=1e-12)


@pytest.mark.parametrize(("gradient", "points"), [(0.0, 1), (1.0, 0)])
def test_no_gradient_and_no_batch_are_refused(gradient: float, points: int) -> None:
    with pytest.raises(ValueError, match="must not be zero"):
        imbalance.normal_batches(np.array([gradient]), np.eye(1), points)
    with pytest.raises(ValueError, match="must not be zero"):
        imbalance.many_dimensions(gradient**2, 1.0, points)
