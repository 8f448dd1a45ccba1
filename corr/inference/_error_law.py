"""Law of the unbiased Δ under a true bias in the least favourable direction, and the largest bias it allows."""

from typing import NamedTuple

import numpy as np
from scipy import linalg, stats


class ErrorLaw(NamedTuple):
    """Bootstrap law of the error e of a difference of means, in units in which Δ is |·|² (e over √N).

    A bias of squared length D (over N) along the leading principal direction u of e moves the unbiased Δ to
    D + 2 √D u·e + (|e|² - E|e|²).

    Attributes:
        along: u·e in each resample, (R, T).
        across: |e|² - E|e|² of all other directions, (R, T).
        leading: variance of u·e, (T,).
        shares: each side's share of that variance, (sides, T).
        sizes: number of trajectories of each side.
        quantile: quantile of each resample in the law of the estimated variance, (R,).
    """

    along: np.ndarray
    across: np.ndarray
    leading: np.ndarray
    shares: np.ndarray
    sizes: tuple[int, ...]
    quantile: np.ndarray


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
    times, owner = sides[0].shape[1], np.repeat(np.arange(len(sides)), sizes)
    along, across = np.empty((resamples, times)), np.empty((resamples, times))
    leading, shares = np.empty(times), np.empty((len(sides), times))
    for t in range(times):
        scaled = [_scaled(side[:, t], sign) for sign, side in zip((1.0, -1.0), sides, strict=False)]
        scores = _scores(np.concatenate(scaled))
        along[:, t], leading[t] = weights @ scores[:, 0], np.sum(scores[:, 0] ** 2)
        rest = np.sum((weights @ scores[:, 1:]) ** 2, axis=1) - squared @ np.sum(scores[:, 1:] ** 2, axis=1)
        across[:, t] = rest - rest.mean()
        shares[:, t] = np.bincount(owner, scores[:, 0] ** 2) / leading[t] if leading[t] > 0 else 1 / len(sides)
    quantile = (rng.permutation(resamples) + 0.5) / resamples
    return ErrorLaw(along, across, leading, shares, sizes, quantile)


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
    """u·e and |e|² - E|e|², both (R, T), with u·e as Student's t since its variance is estimated.

    Each resample of u·e is multiplied by √(ν/χ²_ν), with ν Welch's degrees of freedom. One quantile of χ² serves all
    times of a resample, since the same trajectories estimate the variance at all of them.
    """
    freedom = 1.0 / np.sum(law.shares**2 / (np.array(law.sizes)[:, None] - 1.0), axis=0)
    along = law.along * np.sqrt(freedom / stats.chi2.ppf(law.quantile[:, None], freedom))
    return along, law.across + along**2 - law.leading


def largest_bias(statistic: float, along: np.ndarray, square: np.ndarray, level: float) -> float:
    """Largest squared bias D at which the statistic is not below the ``level`` quantile of D + 2 √D along + square.

    A statistic below zero counts as zero: a lucky draw must not exclude a bias that the data cannot resolve.
    """
    ends, counts = _not_above(statistic, along, square)
    allowed = ends[1 + counts >= level * (len(along) + 1)]
    return float(allowed.max(initial=0.0) ** 2)


def bias_p_value(statistic: float, along: np.ndarray, square: np.ndarray, bias: float) -> float:
    """Largest p-value of all squared biases from ``bias`` up, so that p < level wherever ``largest_bias`` < bias."""
    root = np.sqrt(bias)
    here = np.sum(bias + 2 * root * along + square <= max(statistic, 0.0))
    ends, counts = _not_above(statistic, along, square)
    return float((1 + max(here, counts[ends >= root].max(initial=0))) / (len(along) + 1))


def _not_above(statistic: float, along: np.ndarray, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The s at which s² + 2 s along + square of a resample rises through the statistic, and how many lie at or below.

    Each resample lies at or below it on an interval of s, so the count has its local maxima at those s.
    """
    root = along**2 - square + max(statistic, 0.0)
    half = np.sqrt(root[root >= 0])
    starts, ends = np.sort(-along[root >= 0] - half), np.sort(-along[root >= 0] + half)
    return ends, np.searchsorted(starts, ends, side="right") - np.searchsorted(ends, ends, side="left")
