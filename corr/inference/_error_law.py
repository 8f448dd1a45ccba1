"""Law of the unbiased Δ under a true bias in the least favourable direction, and the largest bias it allows."""

from typing import NamedTuple

import numpy as np
from scipy import linalg, stats

from ._skewness import Moments, quantile, sample_moments


class ErrorLaw(NamedTuple):
    """Bootstrap law of the error e of a difference of means, in units in which Δ is |·|² (e over √N).

    A bias of squared length D (over N) along the leading principal direction u of e moves the unbiased Δ to
    D + 2 √D u·e + (|e|² - E|e|²).

    Attributes:
        along: u·e in each resample, (R, T).
        across: |e|² - E|e|² of all other directions, (R, T).
        leading: variance of u·e, (T,).
        sample: sizes, shares of that variance and skewness along u of the sides.
    """

    along: np.ndarray
    across: np.ndarray
    leading: np.ndarray
    sample: Moments


def error_law(sides: list[np.ndarray], seed: int, resamples: int) -> ErrorLaw:
    """Bootstrap of one or two ensembles (n, T, N) over whole trajectories, all times of a trajectory together.

    Trajectories are centred and divided by √(n (n-1)), so that the variance of e is not too small by (n-1)/n. The
    terms of a trajectory with itself are left out of |e|² as they are left out of the unbiased Δ: with few
    effective directions they make a bootstrap of Δ too wide.
    """
    rng = np.random.default_rng(seed)
    sizes = tuple(len(side) for side in sides)
    draws = [rng.multinomial(n, np.full(n, 1 / n), size=resamples) - 1.0 for n in sizes]
    weights = np.concatenate(draws, axis=1)
    squared = weights**2
    times = sides[0].shape[1]
    across = np.empty((resamples, times))
    lines = np.empty((sum(sizes), times))
    for t in range(times):
        scaled = [_scaled(side[:, t], sign) for sign, side in zip((1.0, -1.0), sides, strict=False)]
        scores = _scores(np.concatenate(scaled))
        lines[:, t] = scores[:, 0]
        rest = np.sum((weights @ scores[:, 1:]) ** 2, axis=1) - squared @ np.sum(scores[:, 1:] ** 2, axis=1)
        across[:, t] = rest - rest.mean()
    leading = np.sum(lines**2, axis=0)
    return ErrorLaw(weights @ lines, across, leading, line_moments(lines, sizes))


class Leading(NamedTuple):
    """A difference of means along the leading principal direction u of its error, in units in which Δ is |·|².

    Attributes:
        lines: coordinates along u of the centred trajectories over √(n (n-1)), with the side's sign, (n, T).
        difference: coordinate of the difference of means, (T,).
        error: its standard error, (T,).
        sample: moments along u.
    """

    lines: np.ndarray
    difference: np.ndarray
    error: np.ndarray
    sample: Moments


def leading(sides: list[np.ndarray], centre: np.ndarray) -> Leading:
    """One or two ensembles (n, T, N) along u; ``centre`` (T, N) is the other side's mean, noise-free or not."""
    sizes, times = [len(side) for side in sides], sides[0].shape[1]
    lines, along = np.empty((sum(sizes), times)), np.empty(times)
    apart = (sides[0].mean(axis=0) - centre) / np.sqrt(centre.shape[1])
    for t in range(times):
        rows = np.concatenate([_scaled(side[:, t], sign) for sign, side in zip((1.0, -1.0), sides, strict=False)])
        lines[:, t] = _scores(rows)[:, 0]
        square = np.sum(lines[:, t] ** 2)
        along[t] = lines[:, t] @ (rows @ apart[t]) / square if square > 0 else 0.0
    return Leading(lines, along, np.sqrt(np.sum(lines**2, axis=0)), line_moments(lines, tuple(sizes)))


def line_moments(lines: np.ndarray, sizes: tuple[int, ...]) -> Moments:
    """``Moments`` of the sides along u from their ``lines``."""
    sides = np.split(lines, np.cumsum(sizes)[:-1])
    # The sign of a side comes back with its moments.
    back = [sign * side * np.sqrt(n * (n - 1.0)) for sign, side, n in zip((1, -1), sides, sizes, strict=False)]
    return sample_moments(back)[1]


def _scores(rows: np.ndarray) -> np.ndarray:
    """Coordinates of the rows along their principal directions, the leading one first, by the smaller of two ways."""
    if rows.shape[1] <= rows.shape[0]:
        left, size, _ = linalg.svd(rows, full_matrices=False)
        return left * size
    values, vectors = linalg.eigh(rows @ rows.T)
    return (vectors * np.sqrt(np.maximum(values, 0.0)))[:, ::-1]


def compact(paths: np.ndarray) -> np.ndarray:
    """Paths (n, T, n) with the inner products about the mean, over N, of paths (n, T, N) where N > n.

    The law of Δ depends on these alone, so with many parameters it is had from few numbers.
    """
    count, times, parameters = paths.shape
    if parameters <= count:
        return paths
    moved = paths - paths.mean(axis=0)
    scores = np.stack([_scores(moved[:, t]) for t in range(times)], axis=1)
    return scores * np.sqrt(count / parameters)


def error_variance(sides: list[np.ndarray], sizes: list[int]) -> float:
    """Leading variance of the error of a difference of means of ``sizes`` trajectories, from samples (n, N)."""
    rows = np.concatenate([_scaled(side, 1.0) * np.sqrt(len(side) / n) for side, n in zip(sides, sizes, strict=True)])
    square = rows.T @ rows if rows.shape[1] <= rows.shape[0] else rows @ rows.T
    last = len(square) - 1
    return float(linalg.eigh(square, eigvals_only=True, subset_by_index=[last, last])[0])


def _scaled(values: np.ndarray, sign: float) -> np.ndarray:
    n, parameters = values.shape
    return sign * (values - values.mean(axis=0)) / np.sqrt(n * (n - 1.0) * parameters)


def students(law: ErrorLaw) -> tuple[np.ndarray, np.ndarray]:
    """u·e and |e|² - E|e|², both (R, T), with u·e following Student's t as skewness and an estimated variance move it.

    Each resample keeps the rank of its u·e among all.
    """
    ranks = (stats.rankdata(law.along, axis=0) - 0.5) / len(law.along)
    along = quantile(ranks, law.sample) * np.sqrt(law.leading)
    return along, law.across + along**2 - law.leading


def largest_bias(statistic: float, along: np.ndarray, square: np.ndarray, level: float) -> float:
    """Largest squared bias D at which the statistic is not below the ``level`` quantile of D ± 2 √D along + square.

    The bias may point either way along u. A statistic below zero counts as zero: a lucky draw must not exclude a bias
    that the data cannot resolve.
    """
    return max(_largest(statistic, way, square, level) for way in (along, -along))


def _largest(statistic: float, along: np.ndarray, square: np.ndarray, level: float) -> float:
    ends, counts = _not_above(statistic, along, square)
    allowed = ends[1 + counts >= level * (len(along) + 1)]
    return float(allowed.max(initial=0.0) ** 2)


def smallest_bias(statistic: float, along: np.ndarray, square: np.ndarray, level: float) -> float:
    """Smallest squared bias D at which the statistic is not above the 1 - ``level`` quantile of that law, either way.

    It is 0 at any level below 1/(resamples + 1).
    """
    return min(_smallest(statistic, way, square, level) for way in (along, -along))


def _smallest(statistic: float, along: np.ndarray, square: np.ndarray, level: float) -> float:
    needed = level * (len(along) + 1)
    if 1 + np.sum(square >= statistic) >= needed:
        return 0.0
    starts, ends = _rises(statistic, along, square)
    below = np.searchsorted(starts, ends, side="left") - np.searchsorted(ends, ends, side="right")
    return float(ends[(ends > 0) & (1 + len(along) - below >= needed)].min() ** 2)


def bias_p_value(statistic: float, along: np.ndarray, square: np.ndarray, bias: float) -> float:
    """Largest p-value of all squared biases from ``bias`` up, so that p < level wherever ``largest_bias`` < bias."""
    return max(_p_value(statistic, way, square, bias) for way in (along, -along))


def _p_value(statistic: float, along: np.ndarray, square: np.ndarray, bias: float) -> float:
    root = np.sqrt(bias)
    here = np.sum(bias + 2 * root * along + square <= max(statistic, 0.0))
    ends, counts = _not_above(statistic, along, square)
    return float((1 + max(here, counts[ends >= root].max(initial=0))) / (len(along) + 1))


def _not_above(statistic: float, along: np.ndarray, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The s at which s² + 2 s along + square of a resample rises through the statistic, and how many lie at or below.

    The count has its local maxima at those s.
    """
    starts, ends = _rises(max(statistic, 0.0), along, square)
    return ends, np.searchsorted(starts, ends, side="right") - np.searchsorted(ends, ends, side="left")


def _rises(statistic: float, along: np.ndarray, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where, in s, resamples fall and rise through the statistic: each lies at or below it on an interval of s."""
    root = along**2 - square + statistic
    half = np.sqrt(root[root >= 0])
    return np.sort(-along[root >= 0] - half), np.sort(-along[root >= 0] + half)
