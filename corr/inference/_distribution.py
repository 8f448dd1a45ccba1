"""Whether two ensembles have the same law, not only the same mean."""

from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.spatial import distance

from .._checks import check_count
from . import _check
from ._gram import two_sample
from ._multiplicity import adjust
from ._resample import studentized


class EnergyResult(NamedTuple):
    """A test of equal laws by energy distance.

    Attributes:
        statistic: unbiased energy distance at each time, possibly negative, (T,), parameter units.
        p_value: one-sided p at each time, (T,).
        maximum: largest studentized statistic over times.
        maximum_p: its p-value, one statement for all times together.
    """

    statistic: np.ndarray
    p_value: np.ndarray
    maximum: float
    maximum_p: float


class ProjectionResult(NamedTuple):
    """Kolmogorov-Smirnov tests of two ensembles projected on directions.

    Attributes:
        statistic: largest difference of the two distribution functions, (directions, T).
        p_value: of each test, (directions, T).
        adjusted_p: after Holm over all directions and times, (directions, T).
    """

    statistic: np.ndarray
    p_value: np.ndarray
    adjusted_p: np.ndarray


def energy_test(paths_a: np.ndarray, paths_b: np.ndarray, *, seed: int, permutations: int = 999) -> EnergyResult:
    """Whether two ensembles have one law: energy distance 2E|x - y| - E|x - x'| - E|y - y'| under permutation.

    The distance is zero only for equal laws. Pairs of a trajectory with itself are left out, so its mean is zero under
    the null. Whole trajectories are dealt out anew, the same way at all times.

    Args:
        paths_a: (n_a, times, parameters), parameter units; one time for a test at that time.
        paths_b: (n_b, times, parameters).
        seed: seed of the permutations.
        permutations: number of permutations.

    Returns:
        An ``EnergyResult``.

    Raises:
        ValueError: for fewer than two, repeated or non-finite trajectories, or mismatched sides.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> wide, narrow = 3 * rng.normal(size=(40, 2, 3)), rng.normal(size=(40, 2, 3))
        >>> energy_test(wide, narrow, seed=0, permutations=199).maximum_p
        0.005

    Reference: Székely & Rizzo (2013), J. Stat. Plan. Inference 143, 1249.
    """
    a, b = _check.two("paths_a", paths_a, "paths_b", paths_b)
    pool = np.concatenate([a, b])
    labels = np.arange(len(pool)) < len(a)
    count = check_count("permutations", permutations)
    deals = np.random.default_rng(seed).permuted(np.tile(labels, (count, 1)), axis=1)
    deals = np.concatenate([labels[None], deals])
    # The unbiased Δ of a Gram matrix and the energy distance of minus the distances are one combination of pair means.
    law = np.stack([_energies(pool[:, time], deals) for time in range(pool.shape[1])], axis=1)
    p_value, maximum, maximum_p = studentized(law[0], law[1:])
    return EnergyResult(law[0], p_value, maximum, maximum_p)


def _energies(points: np.ndarray, deals: np.ndarray) -> np.ndarray:
    return two_sample(-distance.squareform(distance.pdist(points))[None], deals)[0][:, 0]


def projection_test(paths_a: np.ndarray, paths_b: np.ndarray, directions: np.ndarray) -> ProjectionResult:
    """Whether projections v·x of two ensembles have one law: two-sample Kolmogorov-Smirnov, Holm over directions.

    Directions must be fixed beforehand or come from both ensembles pooled (principal directions of the pool, say),
    never from the difference of the two.

    Args:
        paths_a: (n_a, times, parameters).
        paths_b: (n_b, times, parameters).
        directions: (K, parameters), of any length but zero.

    Returns:
        A ``ProjectionResult``.

    Raises:
        ValueError: for fewer than two, repeated or non-finite trajectories, mismatched sides, or bad directions.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.normal(size=(60, 1, 2)), rng.normal(size=(60, 1, 2)) * [1, 4]
        >>> (projection_test(a, b, np.eye(2)).adjusted_p < 0.05).ravel().tolist()
        [False, True]

    Reference: Hodges (1958), Arkiv för Matematik 3, 469, as ``scipy.stats.ks_2samp``; Holm (1979).
    """
    a, b = _check.two("paths_a", paths_a, "paths_b", paths_b)
    rows = _check.path("directions", directions)
    if rows.shape[1] != a.shape[2] or not rows.any(axis=1).all():
        raise ValueError(f"directions must be (K, {a.shape[2]}) without a row of zeros, got shape {rows.shape}")
    along_a, along_b = (np.moveaxis(side @ rows.T, 2, 1) for side in (a, b))
    result = stats.ks_2samp(along_a, along_b, axis=0)  # pyright: ignore[reportCallIssue]
    return ProjectionResult(result.statistic, result.pvalue, adjust(result.pvalue))
