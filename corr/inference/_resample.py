"""Null laws of Δ by permutation of whole trajectories, and the deviation a test could have seen."""

from typing import NamedTuple

import numpy as np

from .._checks import check_count
from . import _check
from ._error_law import Leading, leading
from ._gram import gram, one_sample, two_sample
from ._skewness import student_quantile, tail

PERMUTATIONS = 1999


class PathResult(NamedTuple):
    """A test of equal mean paths.

    Attributes:
        statistic: unbiased Δ at each time, (T,).
        p_value: one-sided p at each time, (T,).
        null_quantile: (1 - level) quantile of the null law of the statistic, (T,).
        detectable: minimum detectable deviation, the squared shift of the mean over N that the test at this level would
            detect with the stated power, (T,).
        maximum: largest studentized statistic over times.
        maximum_p: its p-value, one statement for all times together.
        level, power, resamples: what was used.
    """

    statistic: np.ndarray
    p_value: np.ndarray
    null_quantile: np.ndarray
    detectable: np.ndarray
    maximum: float
    maximum_p: float
    level: float
    power: float
    resamples: int


def permutation_test(
    paths_a: np.ndarray,
    paths_b: np.ndarray,
    *,
    seed: int,
    permutations: int | None = None,
    level: float = 0.05,
    power: float = 0.8,
) -> PathResult:
    """Whether two ensembles have the same mean path: unbiased Δ against its law under permutation of trajectories.

    The two ensembles are pooled and whole trajectories are dealt out anew, which keeps all correlations between
    parameters and times, and every deal is divided by its own sampling noise, so that unequal spreads are no difference
    of means. Along the leading direction the statistic is lowered by what skewness explains (Hall's correction), and so
    the test is cautious: on normal, χ² (one degree of freedom) and mixed laws with 8 to 200 trajectories and spreads of
    1 to 3, nominal 5 % rejected 1 to 5 %.

    Args:
        paths_a: (n_a, times, parameters).
        paths_b: (n_b, times, parameters).
        seed: seed of the permutations.
        permutations: number of permutations; None for 1999, or 100 for each time where that is more.
        level: significance level of the quantile and of the minimum detectable deviation.
        power: power at which the minimum detectable deviation is stated, for a shift along the leading principal
            direction (the hardest).

    Returns:
        A ``PathResult``.

    Raises:
        ValueError: for fewer than two, repeated or non-finite trajectories, or mismatched sides.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.normal(size=(20, 3, 5)), rng.normal(size=(30, 3, 5))
        >>> result = permutation_test(a, b + 2.0, seed=0, permutations=199)
        >>> result.maximum_p
        0.005
    """
    a, b = _check.two("paths_a", paths_a, "paths_b", paths_b)
    _check.share("level", level)
    _check.share("power", power)
    count = resamples_for(a.shape[1]) if permutations is None else check_count("permutations", permutations)
    pool = np.concatenate([a, b])
    rng = np.random.default_rng(seed)
    labels = np.arange(len(pool)) < len(a)
    shuffled = rng.permuted(np.tile(labels, (count, 1)), axis=1)
    grams = gram(pool)
    observed, law = two_sample(grams, labels[None]), two_sample(grams, shuffled)
    line = leading([a, b], b.mean(axis=0))
    weights = shuffled / len(a) - (~shuffled) / len(b)
    overlap = np.sum(weights * np.roll(shuffled, 1, axis=0), axis=1)
    return _result(observed, law, line, weights, overlap, level, power)


def sign_flip_test(
    paths: np.ndarray,
    path: np.ndarray,
    *,
    seed: int,
    resamples: int | None = None,
    level: float = 0.05,
    power: float = 0.8,
) -> PathResult:
    """Whether an ensemble's mean is a given noise-free path: unbiased Δ against its law under random sign flips.

    Under the null each trajectory's deviation from the path is as likely as its opposite, for symmetric laws. Skewness
    is allowed for as in ``permutation_test``: where one direction follows χ² of one degree of freedom, nominal 5 %
    rejected 2 to 5 % at 8 to 100 trajectories (sign flips alone: 14, 11, 8 and 6 % at 8, 24, 50, 100).

    Args:
        paths: (n, times, parameters).
        path: (times, parameters).
        seed: seed of the flips.
        resamples: number of flips; None as in ``permutation_test``.
        level, power: as ``permutation_test``.

    Returns:
        A ``PathResult``.

    Raises:
        ValueError: as ``permutation_test``.

    Example:
        >>> paths = np.random.default_rng(0).normal(size=(20, 3, 5))
        >>> sign_flip_test(paths + 2.0, np.zeros((3, 5)), seed=0, resamples=199).maximum_p
        0.005
    """
    a, centre = _check.ensemble("paths", paths), _check.path("path", path)
    _check.share("level", level)
    _check.share("power", power)
    count = resamples_for(a.shape[1]) if resamples is None else check_count("resamples", resamples)
    _check.matched(a, centre)
    moved = np.swapaxes(a - centre, 0, 1)
    grams = moved @ np.swapaxes(moved, 1, 2) / a.shape[2]
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(count, len(a)))
    observed, law = one_sample(grams, np.ones((1, len(a)))), one_sample(grams, signs)
    return _result(observed, law, leading([a], centre), signs / len(a), signs.mean(axis=1), level, power)


def resamples_for(times: int) -> int:
    """So many that a difference at one time alone keeps p <= 1/100 when p is multiplied by the number of times."""
    return max(PERMUTATIONS, 100 * times - 1)


Pair = tuple[np.ndarray, np.ndarray]


def _result(
    observed: Pair, null: Pair, line: Leading, weights: np.ndarray, overlap: np.ndarray, level: float, power: float
) -> PathResult:
    """From the unbiased Δ and its noise, observed (1, T) and resampled (P, T); ``weights`` (P, n) give a resample's
    difference of means, ``overlap`` (P,) the share of a true shift that a resample still carries."""
    (statistic,), (noise,) = observed
    # Each resample by its own noise, in units of what was observed.
    law = np.divide(
        null[0] * noise, null[1], out=null[0].copy(), where=null[1] > 1e-12 * np.maximum(noise, null[1].max(0))
    )
    p_value, maximum, maximum_p = studentized(statistic - _for_skewness(line), law)
    quantile = np.quantile(law, 1 - level, axis=0, method="higher")
    spread = np.repeat([np.sqrt(n * (n - 1.0)) for n in line.sample.sizes], line.sample.sizes)
    along = weights @ (line.lines * spread[:, None])
    seen = [_detectable(law[:, t], along[:, t], overlap, level, power) for t in range(len(statistic))]
    return PathResult(statistic, p_value, quantile, np.array(seen), maximum, maximum_p, level, power, len(law))


def _for_skewness(line: Leading) -> np.ndarray:
    """What the unbiased Δ owes to the leading direction beyond what skewness leaves significant there, (T,).

    Along that direction Student's t is brought to the value which values without skewness would need for the same p.
    """
    t = np.divide(line.difference, line.error, out=np.zeros_like(line.error), where=line.error > 0)
    way = -np.sign(t)
    probability = tail(-np.abs(t), line.sample._replace(skewness=way * line.sample.skewness))
    kept = np.minimum(np.abs(student_quantile(probability, line.sample)), np.abs(t))
    return line.difference**2 * (1 - np.divide(kept, np.abs(t), out=np.ones_like(t), where=t != 0) ** 2)


def studentized(observed: np.ndarray, law: np.ndarray) -> tuple[np.ndarray, float, float]:
    """One-sided p at each time, the largest studentized statistic over times, and its p; law is (resamples, T)."""
    p_value = (1 + np.sum(law >= observed - _slack(law), axis=0)) / (len(law) + 1)
    spread, centre = law.std(axis=0), law.mean(axis=0)
    used = spread > 0
    if not used.any():
        return p_value, 0.0, 1.0
    null_max = np.max((law - centre)[:, used] / spread[used], axis=1)
    maximum = float(np.max((observed - centre)[used] / spread[used]))
    return p_value, maximum, float((1 + np.sum(null_max >= maximum - 1e-12)) / (len(law) + 1))


def _slack(null: np.ndarray) -> np.ndarray:
    """Rounding of equal statistics."""
    return 1e-12 * np.abs(null).max(axis=0, initial=0.0)


def _detectable(law: np.ndarray, along: np.ndarray, overlap: np.ndarray, level: float, power: float) -> float:
    """Smallest squared shift s² that exceeds the quantile of its own null law with the stated frequency.

    A true shift s moves the statistic to law + 2 s along + s². It also widens the null law, since resamples carry the
    share ``overlap`` of it: law + 2 s along overlap + s² (overlap² - <overlap²>).
    """
    if not law.std() > 0:
        return 0.0
    scale = np.sqrt(np.quantile(np.abs(law), 1 - level) + law.std())
    excess = overlap**2 - np.mean(overlap**2)

    def seen(shift: float) -> float:
        s = shift * scale
        quantile = np.quantile(law + 2 * s * along * overlap + s**2 * excess, 1 - level)
        return float(np.mean(law + 2 * s * along + s**2 > quantile))

    low, high = 0.0, 1.0
    while seen(high) < power and high < 1e6:
        high *= 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if seen(middle) >= power else (middle, high)
    return float((high * scale) ** 2)
