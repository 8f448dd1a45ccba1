"""Power laws and the 1/n law: known exponents inside their intervals, shared noise and bad input noticed."""

import math

import numpy as np
import pytest

from corr import inference

LIMIT = 4.0


def test_power_law_without_noise_and_with_negative_values() -> None:
    x = np.geomspace(0.01, 10, 12)
    fit = inference.fit_power_law(x, 0.2 * x**1.5, 1e-3 * x)
    assert fit.exponent == pytest.approx(1.5, abs=1e-6)
    assert fit.amplitude == pytest.approx(0.2, rel=1e-6)
    assert fit.lower < 1.5 < fit.upper
    rng = np.random.default_rng(7)
    errors = np.full(12, 0.05)
    noisy = inference.fit_power_law(x, 0.2 * x**1.5 + errors * rng.normal(size=12), errors)
    assert noisy.lower < 1.5 < noisy.upper
    assert noisy.p_value > 1e-4
    assert inference.fit_power_law(x, 0.2 * x**1.5 + 0.5 * np.sin(9 * x), errors).p_value < 1e-4


def test_an_interval_that_the_values_do_not_bound_is_infinite() -> None:
    fit = inference.fit_power_law([1.0, 2.0, 4.0], [0.0, 0.1, 9.0], [1.0, 1.0, 1.0])
    assert math.isinf(fit.upper)
    assert math.isfinite(fit.lower)


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        ([1, 2], [1, 2], [1, 1], "at least 3"),
        ([1, 1, 2], [1, 2, 3], [1, 1, 1], "at least 3"),
        ([0, 1, 2], [1, 2, 3], [1, 1, 1], "positive"),
        ([1, 2, 3], [1, 2, 3], [1, 0, 1], "positive"),
        ([1, 2, 3], [1, math.nan, 3], [1, 1, 1], "finite"),
        ([1, 2, 3], [-1, -2, -3], [1, 1, 1], "no power law"),
    ],
)
def test_bad_power_laws(x, y, error, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inference.fit_power_law(x, y, error)


def test_convergence_follows_its_law_down_to_the_floor() -> None:
    """Means of at least 4 groups at 3 counts: each within 4 standard errors of floor + V/n, with the errors of means of
    squares of normal numbers in 50 dimensions; the crossing is known exactly."""
    shift, size = 0.1, 50
    paths = np.random.default_rng(8).normal(size=(1600, 2, size)) + shift
    result = inference.convergence_in_trajectories(paths, np.zeros((2, size)), counts=[1, 20, 400])
    exact = shift**2 + 1 / result.counts
    groups = 1600 // result.counts
    error = np.sqrt((2 / result.counts**2 + 4 * shift**2 / result.counts) / (groups * size))
    assert (np.abs(result.delta - exact[:, None]) < LIMIT * error[:, None]).all()
    np.testing.assert_allclose(result.law, result.floor + (result.law[0] - result.floor) / result.counts[:, None])
    assert (np.abs(result.floor - shift**2) < LIMIT * 2 * shift / math.sqrt(1600 * size)).all()
    assert np.isnan(result.exponent).all(), "three counts were given, and one of them is too large to be fitted"
    pair = inference.convergence_in_trajectories(paths, paths[:800] - shift, counts=[1, 2, 4, 8])
    centre = paths[:800].mean(axis=0) - shift
    np.testing.assert_allclose(
        pair.floor, inference.delta(paths.mean(axis=0), centre) - inference.sampling_noise(paths), rtol=1e-9
    )


def test_neighbours_that_share_noise_flatten_the_law() -> None:
    """Interval of five standard errors' worth (t with 15 degrees of freedom, p = 1e-4), with a twin in fours."""
    rng, counts, zero = np.random.default_rng(9), [1, 2, 4, 8, 16, 32], np.zeros((1, 20))
    own = rng.normal(size=(640, 1, 20))
    shared = np.repeat(rng.normal(size=(160, 1, 20)), 4, axis=0) + 0.1 * own
    good = inference.convergence_in_trajectories(own, zero, counts=counts, level=1e-4)
    bad = inference.convergence_in_trajectories(shared, zero, counts=counts, level=1e-4)
    assert good.lower[0] < -1 < good.upper[0]
    assert bad.lower[0] > -1


@pytest.mark.parametrize(
    ("count", "counts", "message"),
    [(31, [1, 2, 3], "at least 32"), (40, [0, 1], "whole numbers"), (40, [41], "whole numbers"), (40, [1.5], "whole")],
)
def test_bad_counts(count: int, counts: list, message: str) -> None:
    paths = np.random.default_rng(0).normal(size=(count, 1, 2))
    with pytest.raises(ValueError, match=message):
        inference.convergence_in_trajectories(paths, np.zeros((1, 2)), counts=counts)
