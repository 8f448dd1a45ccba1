"""Two ensembles of which trajectory i of one shares its random numbers with trajectory i of the other."""

from typing import NamedTuple

import numpy as np

from . import _check
from ._resample import PathResult, sign_flip_test

FEWEST = 3


class PairingGain(NamedTuple):
    """How many times fewer trajectories show the same difference of means when they are paired.

    Attributes:
        gain: beside as many independent ones of the second side, (T,).
        standard_error: by the delete-one jackknife over pairs, (T,).
        over_many: beside any number of independent ones of the second side, which leave the noise of the first, (T,).
        over_many_error: its standard error, (T,).
    """

    gain: np.ndarray
    standard_error: np.ndarray
    over_many: np.ndarray
    over_many_error: np.ndarray


def paired_test(
    paths_a: np.ndarray,
    paths_b: np.ndarray,
    *,
    seed: int,
    resamples: int | None = None,
    level: float = 0.05,
    power: float = 0.8,
) -> PathResult:
    """Whether two paired ensembles have the same mean path: unbiased Δ of the differences a_i - b_i under sign flips.

    What a pair has in common, such as the noise of twins from ``corr.compare(..., common_noise=True)``, drops out of
    its difference. The test is that of ``sign_flip_test`` against a path at zero, its allowance for skewness included.
    The tests for independent ensembles are not for these: they would see less than there is.

    Args:
        paths_a: (n, times, parameters); losses as ``losses[..., None]``.
        paths_b: (n, times, parameters), row i paired with row i of ``paths_a``.
        seed: seed of the flips.
        resamples: number of flips; None as in ``permutation_test``.
        level, power: as in ``permutation_test``.

    Returns:
        A ``PathResult``.

    Raises:
        ValueError: for sides of unequal size, fewer than two, repeated or non-finite trajectories, or other times.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> noise = 10 * rng.normal(size=(20, 3, 5))
        >>> a, b = noise + rng.normal(size=noise.shape) + 1, noise + rng.normal(size=noise.shape)
        >>> paired_test(a, b, seed=0, resamples=199).maximum_p
        0.005
    """
    a, b = _pairs(paths_a, paths_b)
    return sign_flip_test(a - b, np.zeros(a.shape[1:]), seed=seed, resamples=resamples, level=level, power=power)


def pairing_gain(paths_a: np.ndarray, paths_b: np.ndarray) -> PairingGain:
    """How much pairing lowers the variance of a difference of means, Σ_i (Var a_i + Var b_i) / Σ_i Var(a_i - b_i).

    Twins of mutation that share its normal numbers give, on a linear loss of many parameters, (1 + a)/(1 - a) at finite
    β and acceptance a, and 1/(1 - √½) = 3.4 at β = ∞. Beside any number of twins of their own noise, which Var b_i = 0
    stands for, a/(1 - a) and 1.7.

    Args:
        paths_a: (n, times, parameters).
        paths_b: (n, times, parameters), row i paired with row i of ``paths_a``.

    Returns:
        A ``PairingGain``, NaN at times at which nothing has moved.

    Raises:
        ValueError: as ``paired_test``, and for fewer than three pairs.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> noise, more = rng.normal(size=(2, 400, 1, 50))
        >>> bool(abs(pairing_gain(noise, noise + more).gain[0] - 3) < 0.1)
        True
    """
    a, b = _pairs(paths_a, paths_b)
    count = len(a)
    if count < FEWEST:
        raise ValueError(f"a standard error needs at least {FEWEST} pairs, got {count}")
    alone, other, together = (_without_each(values) for values in (a, b, a - b))
    found = []
    for apart in (alone + other, alone):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.where(together > 0, apart / together, np.nan)
        spread = np.sum((ratios[1:] - ratios[1:].mean(axis=0)) ** 2, axis=0)
        found += [ratios[0], np.sqrt((count - 1) / count * spread)]
    return PairingGain(*found)


def _without_each(values: np.ndarray) -> np.ndarray:
    """Summed variance over parameters, of all trajectories and without each, (n + 1, T)."""
    count, moved = len(values), values - values.mean(axis=0)
    squares = np.sum(moved**2, axis=-1)
    total = squares.sum(axis=0)
    # Leaving out i takes its square away, and moves the mean by moved_i / (n - 1).
    without = (total - squares * count / (count - 1)) / (count - 2)
    return np.concatenate([total[None] / (count - 1), without])


def _pairs(paths_a: np.ndarray, paths_b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides as float64, refused where they are no pairs."""
    _check.same_times(paths_a, paths_b)
    a, b = _check.ensemble("paths_a", paths_a), _check.ensemble("paths_b", paths_b)
    _check.matched(a, b)
    if len(a) != len(b):
        raise ValueError(f"the sides hold {len(a)} and {len(b)} trajectories, expected pairs: as many on both sides")
    return a, b
