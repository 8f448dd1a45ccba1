"""Hotelling's test of equal mean paths, where trajectories exceed parameters by enough."""

from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from . import _check

# Residual degrees of freedom per parameter below which the inverse covariance is too noisy to have power.
FREEDOM_PER_PARAMETER = 3


class HotellingResult(NamedTuple):
    """A test of equal mean vectors at each time.

    Attributes:
        statistic: Hotelling's T² at each time, (T,).
        p_value: its p from the F law, (T,).
        freedom: numerator and denominator degrees of freedom of the F law.
    """

    statistic: np.ndarray
    p_value: np.ndarray
    freedom: tuple[int, int]


def hotelling_test(a: np.ndarray, b_or_path: np.ndarray) -> HotellingResult:
    """Whether mean vectors agree at each time, T² = d·S⁻¹d / (1/n_a + 1/n_b) with d the difference of means.

    Needs Gaussian trajectories with equal covariances, and at least three residual degrees of freedom per parameter.
    The high-dimensional mean test (100 trajectories of 7489 weights, say) is ``permutation_test`` (``sign_flip_test``
    against a path): it inverts no covariance, and dealing out whole trajectories keeps its level where one or two
    directions carry 80-90 % of the variance, which breaks asymptotic high-dimensional tests.

    Args:
        a: (n_a, times, parameters), in parameter units.
        b_or_path: another ensemble (n_b, times, parameters), or a noise-free path (times, parameters).

    Returns:
        A ``HotellingResult``. Where no trajectory of either side spreads and the sides agree, T² = 0 and p = 1.

    Raises:
        ValueError: for too few trajectories, a singular covariance, and as ``permutation_test``.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.normal(size=(30, 2, 3)), rng.normal(size=(30, 2, 3))
        >>> bool(np.all(hotelling_test(a, b + 5.0).p_value < 1e-6))
        True

    Reference: Hotelling (1931), Ann. Math. Statist. 2, 360; statsmodels ``test_mvmean``, ``test_mvmean_2indep``.
    """
    if np.ndim(b_or_path) == 2:
        first, second = _check.ensemble("a", a), _check.path("b_or_path", b_or_path)[None]
        _check.matched(first, second)
        freedom = len(first) - 1
    else:
        first, second = _check.two("a", a, "b_or_path", b_or_path)
        freedom = len(first) + len(second) - 2
    parameters = first.shape[2]
    if freedom < FREEDOM_PER_PARAMETER * parameters:
        raise ValueError(
            f"Hotelling's test of {parameters} parameters needs at least {FREEDOM_PER_PARAMETER * parameters} residual "
            f"degrees of freedom, got {freedom}: use permutation_test (sign_flip_test against a path), which serves "
            "for any number of parameters"
        )
    tests = [_at_one_time(first[:, t], second[:, t], t) for t in range(first.shape[1])]
    statistic, p_value = np.array(tests).T
    return HotellingResult(statistic, p_value, (parameters, freedom + 1 - parameters))


def _at_one_time(x: np.ndarray, y: np.ndarray, time: int) -> tuple[float, float]:
    """T² and p; a side of one row is noise-free."""
    from statsmodels.stats.multivariate import test_mvmean, test_mvmean_2indep

    if not np.ptp(np.concatenate([x, y]), axis=0).any():
        return 0.0, 1.0
    spread = np.concatenate([x - x.mean(axis=0), y - y.mean(axis=0)])
    if np.linalg.matrix_rank(spread) < x.shape[1]:
        raise ValueError(
            f"the trajectories span fewer than the {x.shape[1]} parameters at time index {time}, so their covariance "
            "has no inverse: leave out that time (the start, if all start at one point) or use permutation_test"
        )
    if x.shape[1] == 1:
        one: Any = stats.ttest_1samp(x[:, 0], y[0, 0]) if len(y) == 1 else stats.ttest_ind(x[:, 0], y[:, 0])
        return float(one.statistic**2), float(one.pvalue)
    result: Any = test_mvmean(x, y[0]) if len(y) == 1 else test_mvmean_2indep(x, y)
    return float(result.t2), float(result.pvalue)
