"""Tests of a mean vector being zero: of what lies across a candidate, and of the drift itself."""

from collections.abc import Iterable

import numpy as np
from scipy import stats

from ..inference import Estimate
from ..inference._mean_vector import mean_vector_p


def across_p(rest: np.ndarray, vector: np.ndarray) -> float:
    """P-value of a rest (B, N) with mean zero, in the N - 1 coordinates across the candidate.

    |mean|² beside c χ²_f of the mean and the variance that independent samples give it, without a scale of each
    coordinate's own: of one that moves in few draws, all to one side, scale and mean are one number.

    Reference: Bai and Saranadasa (1996), Statistica Sinica 6, 311; squares from pairs as in Chen and Qin (2010), Annals
    of Statistics 38, 808.
    """
    unit = vector / np.linalg.norm(vector)
    mirror = unit.copy()
    mirror[0] += np.copysign(1.0, unit[0])  # Householder: turns the candidate into the first axis
    others = (rest - 2 * np.outer(rest @ mirror, mirror) / (mirror @ mirror))[:, 1:]
    count, size = others.shape
    mean = others.mean(axis=0)
    products = (others - mean) @ (others - mean).T
    trace = float(np.trace(products)) / (count - 1)
    if not trace:
        return 1.0
    squares = max(float(products[~np.eye(count, dtype=bool)].var()), trace**2 / size)
    statistic = count * float(mean @ mean) * (count - 3) / (count - 1)
    return float(stats.chi2.sf(statistic * trace / squares, trace**2 / squares))


def drift_p(blocks: list[np.ndarray], coefficients: Iterable[Estimate]) -> float:
    """P-value of no drift at any point: the smallest of those of each point's vector and of each candidate's mean
    coefficient, times their number."""
    found = []
    for one in blocks:
        moving = np.ptp(one, axis=0) > 0
        if not moving.any():  # without noise
            return 0.0
        mean = one[:, moving].mean(axis=0)
        found.append(mean_vector_p(mean, one[:, moving] - mean)[1])
    scores = [value / error for value, error in coefficients]
    found += [float(2 * stats.t.sf(abs(score), len(blocks[0]) - 1)) for score in scores]
    return min(1.0, len(found) * min(found))
