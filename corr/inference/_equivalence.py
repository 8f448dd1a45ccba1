"""Equivalence within a margin: of mean losses by two one-sided tests, of mean paths by an upper bound of the bias."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from . import _check
from ._distance import unbiased_delta
from ._error_law import bias_p_value, error_law, largest_bias, students
from ._resample import PERMUTATIONS

# Power at which the minimum detectable margin is stated.
POWER = 0.9


class LossEquivalence(NamedTuple):
    """A test that mean losses differ by less than a margin.

    Attributes:
        estimate: mean loss of the first side less that of the second, (T,).
        lower, upper: the (1 - 2 level) confidence interval of the difference, (T,).
        margin: what the difference was tested against, (T,).
        p_value: larger p of the two one-sided tests, (T,).
        equivalent: whether the interval lies within ± margin, (T,).
        detectable: smallest margin at which equivalence is established with power 0.9 where there is no bias, (T,).
        together: p-value of equivalence at all times, the largest p (intersection-union test).
    """

    estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    margin: np.ndarray
    p_value: np.ndarray
    equivalent: np.ndarray
    detectable: np.ndarray
    together: float


class MeanEquivalence(NamedTuple):
    """A test that the squared bias of a mean path, over N, is less than a margin.

    Attributes:
        estimate: unbiased Δ, (T,).
        upper: upper (1 - level) confidence bound of |bias|²/N, (T,).
        margin, p_value, equivalent, detectable, together: as ``LossEquivalence``, in squared parameter units.
    """

    estimate: np.ndarray
    upper: np.ndarray
    margin: np.ndarray
    p_value: np.ndarray
    equivalent: np.ndarray
    detectable: np.ndarray
    together: float


def loss_equivalence(
    losses_a: np.ndarray, losses_b: np.ndarray, margin: np.ndarray, *, level: float = 0.05
) -> LossEquivalence:
    """Whether |<U>_a - <U>_b| < margin at each time: two one-sided Welch t tests.

    Args:
        losses_a: (n_a, times), in loss units.
        losses_b: (n_b, times), or one noise-free curve (times,).
        margin: (times,), in loss units, declared before the data are seen.
        level: largest probability of claiming equivalence where the difference is at least the margin.

    Returns:
        A ``LossEquivalence``.

    Raises:
        ValueError: for fewer than two, repeated or non-finite trajectories, mismatched times, or a margin that is not
            positive.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> losses, twin = 3 + 0.1 * rng.normal(size=(40, 2)), 3 + 0.1 * rng.normal(size=(90, 2))
        >>> loss_equivalence(losses, twin, np.array([0.1, 0.001])).equivalent.tolist()
        [True, False]

    Reference: Schuirmann (1987), J. Pharmacokinet. Biopharm. 15, 657.
    """
    _check.share("level", level, 0.5)
    a, b = loss_sides(losses_a, losses_b)
    bounds = _check.margins(margin, a.shape[1])
    estimate, error, freedom = _welch(a, b)
    gap = np.abs(estimate) - bounds
    # Without any spread the difference is known exactly.
    t = np.divide(gap, error, out=np.copysign(np.inf, gap), where=error > 0)
    p_value = stats.t.cdf(t, freedom)
    half = stats.t.ppf(1 - level, freedom) * error
    detectable = half + stats.t.ppf((1 + POWER) / 2, freedom) * error
    return LossEquivalence(
        estimate, estimate - half, estimate + half, bounds, p_value, p_value < level, detectable, float(p_value.max())
    )


def mean_equivalence(
    paths: np.ndarray,
    other: np.ndarray,
    margin: np.ndarray,
    *,
    seed: int,
    level: float = 0.05,
    resamples: int = PERMUTATIONS,
) -> MeanEquivalence:
    """Whether |<x>_a - <x>_b|²/N < margin at each time, by an upper confidence bound from the unbiased Δ.

    The bound is the largest D at which the observed unbiased Δ is not below the ``level`` quantile of its law
    D + 2 √D u·e + |e|² - E|e|², with e the error of the difference of means (over √N, bootstrapped over whole
    trajectories) and the true bias along its leading principal direction u: the direction in which Δ scatters most,
    so the least favourable one. Conservative at small n in two ways: u·e follows Student's t, and an unbiased Δ below
    zero counts as zero.

    Args:
        paths: (n_a, times, parameters), in parameter units.
        other: another ensemble (n_b, times, parameters), or a noise-free path (times, parameters).
        margin: (times,), in squared parameter units, declared before the data are seen.
        seed: seed of the bootstrap.
        level: largest probability of claiming equivalence where the squared bias is at least the margin.
        resamples: number of bootstrap resamples.

    Returns:
        A ``MeanEquivalence``.

    Raises:
        ValueError: as ``loss_equivalence``, and for mismatched parameters.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> paths, twins = rng.normal(size=(40, 2, 5)), rng.normal(size=(90, 2, 5))
        >>> mean_equivalence(paths, twins, np.array([0.5, 0.001]), seed=0, resamples=499).equivalent.tolist()
        [True, False]
    """
    _check.share("level", level, 0.5)
    a = _check.ensemble("paths", paths)
    bounds = _check.margins(margin, a.shape[1])
    estimate = unbiased_delta(a, other)
    sides = [a] if np.ndim(other) == 2 else [a, np.asarray(other, np.float64)]
    along, square = students(error_law(sides, seed, resamples), seed)
    times = range(len(estimate))
    upper = np.array([largest_bias(estimate[t], along[:, t], square[:, t], level) for t in times])
    p_value = np.array([bias_p_value(estimate[t], along[:, t], square[:, t], bounds[t]) for t in times])
    unlucky = np.quantile(square, POWER, axis=0, method="higher")
    detectable = np.array([largest_bias(unlucky[t], along[:, t], square[:, t], level) for t in times])
    return MeanEquivalence(estimate, upper, bounds, p_value, p_value < level, detectable, float(p_value.max()))


def loss_sides(losses_a: np.ndarray, losses_b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two checked sides (n, T); a noise-free curve is one row."""
    a = _check.ensemble("losses_a", _columns("losses_a", losses_a))[..., 0]
    if np.ndim(losses_b) == 1:
        b = _check.path("losses_b", np.asarray(losses_b, np.float64)[:, None])[None, :, 0]
    else:
        b = _check.ensemble("losses_b", _columns("losses_b", losses_b))[..., 0]
    _check.matched(a[:1], b[:1])
    return a, b


def _columns(name: str, losses: np.ndarray) -> np.ndarray:
    array = np.asarray(losses, np.float64)
    if array.ndim != 2:
        raise ValueError(f"{name} must have dimensions (trajectories, times), got shape {array.shape}")
    return array[..., None]


def _welch(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Difference of means, its standard error and Welch's degrees of freedom; a side of one row is noise-free."""
    spread = [(np.var(side, axis=0, ddof=1) / len(side), len(side) - 1) for side in (a, b) if len(side) > 1]
    # np.var leaves rounding where all trajectories agree, as at the common start.
    spread = [(np.where(np.ptp(side, axis=0) > 0, v, 0.0), f) for (v, f), side in zip(spread, (a, b), strict=False)]
    variance = np.sum([v for v, _ in spread], axis=0)
    below = np.sum([v**2 / f for v, f in spread], axis=0)
    freedom = np.divide(variance**2, below, out=np.ones_like(variance), where=below > 0)
    return a.mean(axis=0) - b.mean(axis=0), np.sqrt(variance), freedom
