"""How Δ falls with the number of averaged trajectories, and where it stops falling."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from . import _check
from ._power_law import fit_power_law

BLOCKS = 16


class ConvergenceResult(NamedTuple):
    """Δ against the number n of averaged trajectories.

    Attributes:
        counts: the numbers n, (K,).
        delta: Δ of the mean of n neighbouring trajectories, averaged over all such groups, (K, T), squared parameter
            units.
        law: floor + V/n with V the variance of one trajectory, (K, T): what independent trajectories give.
        floor: unbiased Δ of infinitely many trajectories to ``other`` as it is, (T,), possibly negative.
        crossing: V/floor, the n at which the 1/n law meets the floor, (T,); infinite where no floor is seen.
        exponent: of Δ less its floor against n, over the counts before the crossing, (T,); -1 for independent
            trajectories, NaN where fewer than 3 counts lie before it.
        lower, upper: its confidence interval by the delete-one-block jackknife, (T,).
    """

    counts: np.ndarray
    delta: np.ndarray
    law: np.ndarray
    floor: np.ndarray
    crossing: np.ndarray
    exponent: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def convergence_in_trajectories(
    paths: np.ndarray, other: np.ndarray, *, counts: Sequence[int], level: float = 0.05
) -> ConvergenceResult:
    """Law of Δ against the number of averaged trajectories: Δ(n) = floor + V/n for independent trajectories.

    Groups are of neighbouring trajectories, not dealt at random: random groups obey the 1/n law whatever the
    trajectories are, by algebra, while neighbours that share random numbers flatten it. The exponent is fitted to
    counts of at most a 16th of the ensemble, so that 16 blocks give its interval (a nominal 95 % covered 93-94 % of 500
    simulated ensembles).

    Args:
        paths: (n, times, parameters), n at least 32.
        other: another ensemble, whose mean is taken, or a noise-free path (times, parameters).
        counts: whole numbers in [1, n].
        level: one less the confidence of the interval.

    Returns:
        A ``ConvergenceResult``.

    Raises:
        ValueError: for too few, repeated or non-finite trajectories, mismatched sides, or counts out of range.

    Example:
        >>> paths = np.random.default_rng(0).normal(size=(640, 1, 50))
        >>> result = convergence_in_trajectories(paths, np.zeros((1, 50)), counts=[1, 2, 5, 10, 20, 40])
        >>> bool(result.lower[0] < -1 < result.upper[0])
        True

    Reference: Whitelam et al. (2021), Fig. 6c.
    """
    a = _check.ensemble("paths", paths)
    centre = _check.path("other", other) if np.ndim(other) == 2 else _check.ensemble("other", other).mean(axis=0)
    _check.matched(a, centre)
    numbers = np.asarray(counts)
    if len(a) < 2 * BLOCKS:
        raise ValueError(f"paths holds {len(a)} trajectories, expected at least {2 * BLOCKS} for {BLOCKS} blocks")
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu" or not np.all((numbers >= 1) & (numbers <= len(a))):
        raise ValueError(f"counts must be whole numbers in [1, {len(a)}], got {counts}")
    moved = a - centre
    delta = np.stack([_groups(moved, count).mean(axis=0) for count in numbers])
    floor, variance = _floor(moved)
    crossing = np.divide(variance, floor, out=np.full_like(floor, np.inf), where=floor > 0)
    law = floor + variance / numbers[:, None]
    slopes = _slopes(moved, numbers, crossing)
    half = stats.t.ppf(1 - level / 2, BLOCKS - 1) * slopes[1]
    return ConvergenceResult(numbers, delta, law, floor, crossing, slopes[0], slopes[0] - half, slopes[0] + half)


def _groups(moved: np.ndarray, count: int) -> np.ndarray:
    """Δ of each whole group of neighbours, (groups, T)."""
    whole = len(moved) // count
    means = moved[: whole * count].reshape(whole, count, *moved.shape[1:]).mean(axis=1)
    return np.mean(means**2, axis=-1)


def _floor(moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unbiased |mean|²/N and the variance of one trajectory over N, (T,) each."""
    variance = np.var(moved, axis=0, ddof=1).mean(axis=-1)
    return np.mean(moved.mean(axis=0) ** 2, axis=-1) - variance / len(moved), variance


def _slopes(moved: np.ndarray, counts: np.ndarray, crossing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exponent of Δ less its floor, and its jackknife error, at each time."""
    length = len(moved) // BLOCKS
    fitted = counts[counts <= length]
    blocks = moved[: length * BLOCKS].reshape(BLOCKS, length, *moved.shape[1:])
    parts = np.array([[_groups(block, count).mean(axis=0) for count in fitted] for block in blocks])
    left_out = np.array([_floor(np.delete(blocks, b, axis=0).reshape(-1, *moved.shape[1:]))[0] for b in range(BLOCKS)])
    floor, variance = _floor(moved[: length * BLOCKS])
    # Errors measured from the groups would be smallest where Δ happens to be low, and draw the line there.
    noise = variance / (fitted * np.sqrt(length // fitted))[:, None]
    slope, error = np.full((2, moved.shape[1]), np.nan)
    for time, limit in enumerate(crossing):
        used = np.flatnonzero(fitted <= limit)
        if len(np.unique(fitted[used])) < 3 or not variance[time]:
            continue

        def exponent(delta: np.ndarray, low: float, used: np.ndarray = used, time: int = time) -> float:
            return fit_power_law(fitted[used], delta - low, noise[used, time]).exponent

        rows = parts[:, used, time]
        total = rows.sum(axis=0)
        slope[time] = exponent(total / BLOCKS, floor[time])
        without = [exponent((total - row) / (BLOCKS - 1), left_out[b, time]) for b, row in enumerate(rows)]
        error[time] = np.sqrt((BLOCKS - 1) * np.var(without))
    return slope, error
