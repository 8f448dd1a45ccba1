"""How well one candidate describes the drift: its coefficient, what lies across it, and whether it is one number."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from ..inference import Estimate
from ..inference._mean_equivalence import within
from ..inference._mean_vector import mean_vector_p

RESAMPLES = 999
ROUNDING = 1e-4  # share of the drift that float32 may leave across a candidate of a scheme without noise

YES = "yes: equivalent, no difference found"
NEARLY = "yes: equivalent, though not exactly"
NO = "no: off by more than the share"
OFF = "not exactly: whether by more than the share is undecided"
EITHER = "yes, or with its other length: |g| is the same at all points"
UPHILL = "no: it climbs"
STILL = "undecided: no drift found"
UNDECIDED = "undecided: neither a difference nor equivalence, more draws would tell"


class Direction(NamedTuple):
    """One candidate at one point.

    Attributes:
        coefficient: c of drift = -c u + rest, u the candidate's vector.
        samples: independent estimates of c, (100,).
        across: |rest|/|drift|, the sine of the angle between drift and candidate, freed of sampling noise.
        at_least, at_most: its lower and upper confidence bounds, each alone.
        difference_p: of there being no rest.
        equivalence_p: of the rest being the declared share of the drift or more.
    """

    coefficient: Estimate
    samples: np.ndarray
    across: float
    at_least: float
    at_most: float
    difference_p: float
    equivalence_p: float


class Law(NamedTuple):
    """One candidate at all points.

    Attributes:
        points: its ``Direction`` at each.
        coefficient: mean over the points.
        spread: largest relative deviation of a point's coefficient from it.
        difference_p: smallest p-value, after Holm, of no rest at each point and of one coefficient at all.
        equivalence_p: largest p-value of the rest, and of the deviations, being the declared share or more.
        verdict: what follows, in words.
    """

    points: dict[str, Direction]
    coefficient: Estimate
    spread: float
    difference_p: float
    equivalence_p: float
    verdict: str


def direction(blocks: np.ndarray, vector: np.ndarray, *, share: float, level: float, seed: int) -> Direction:
    """The drift whose independent estimates are ``blocks`` (B, N) beside one candidate (N,)."""
    samples = -blocks @ vector / (vector @ vector)
    count, size = len(samples), float(np.linalg.norm(vector))
    coefficient = Estimate(float(samples.mean()), float(samples.std(ddof=1) / np.sqrt(count)))
    rest = blocks + samples[:, None] * vector
    if not np.ptp(blocks, axis=0).any():
        return _without_noise(samples, rest[0], blocks[0], share)
    if len(vector) == 1:
        right = float(stats.t.sf(coefficient.value / coefficient.standard_error, count - 1))
        return Direction(coefficient, samples, 0.0, 0.0, 0.0, 1.0, right)
    # The share is of a drift known only within bounds, which spend half of the level.
    reach = float(stats.t.isf(level / 2, count - 1)) * coefficient.standard_error * size
    length = coefficient.value * size
    least, most = max(length - reach, 0.0), np.hypot(abs(length) + reach, _norm(rest))
    difference = _difference(rest, vector)
    if least == 0:
        return Direction(coefficient, samples, _norm(rest) / most, 0.0, np.inf, difference, 1.0)
    margin = np.array([(share * least) ** 2 / len(vector)])
    # Means of few draws of a discrete law repeat by chance, which the test for trajectories refuses.
    test = within([rest[:, None]], _square(rest) / len(vector), margin, seed=seed, level=level / 2, resamples=RESAMPLES)
    across = _norm(rest) / float(np.hypot(length, _norm(rest)))
    at_least, at_most = (
        float(np.sqrt(bound[0] * len(vector))) / scale for bound, scale in ((test.lower, most), (test.upper, least))
    )
    equivalence = min(1.0, float(test.p_value[0]) + level / 2)
    return Direction(coefficient, samples, across, at_least, at_most, difference, equivalence)


def _square(samples: np.ndarray) -> np.ndarray:
    """|mean|², freed of what the error of the mean adds, possibly negative; (1,)."""
    mean = samples.mean(axis=0)
    return np.array([mean @ mean - np.sum(samples.var(axis=0, ddof=1)) / len(samples)])


def _norm(samples: np.ndarray) -> float:
    """|mean|, freed of what the error of the mean adds."""
    return float(np.sqrt(max(0.0, _square(samples)[0])))


def _difference(rest: np.ndarray, vector: np.ndarray) -> float:
    """P-value of a rest with mean zero, in the N - 1 coordinates across the candidate."""
    unit = vector / np.linalg.norm(vector)
    mirror = unit.copy()
    mirror[0] += np.copysign(1.0, unit[0])  # Householder: turns the candidate into the first axis
    turned = rest - 2 * np.outer(rest @ mirror, mirror) / (mirror @ mirror)
    others = turned[:, 1:]
    moving = others.std(axis=0) > 1e-9 * np.abs(rest).max(initial=0)
    if not moving.any():
        return 1.0
    mean = others[:, moving].mean(axis=0)
    return mean_vector_p(mean, others[:, moving] - mean)[1]


def _without_noise(samples: np.ndarray, rest: np.ndarray, drift: np.ndarray, share: float) -> Direction:
    """Of a scheme that draws nothing: no test, only rounding."""
    across = float(np.linalg.norm(rest) / np.linalg.norm(drift))
    coefficient = Estimate(float(samples[0]), 0.0)
    return Direction(coefficient, samples, across, across, across, float(across < ROUNDING), float(across >= share))


def law(points: dict[str, Direction], *, share: float, level: float) -> Law:
    """One candidate at all points: the same direction everywhere, with the same coefficient.

    Args:
        points: its ``Direction`` at each, by name: places, or one place at several ages of a scheme.
        share: declared part of the drift, and of the coefficient, that may be off.
        level: of each test.

    Returns:
        A ``Law``.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> here, there = (rng.normal(size=(100, 3)) - np.array([9.0, 0, 0]) for _ in range(2))
        >>> along = {"here": here, "there": there}
        >>> found = {name: direction(blocks, np.array([1.0, 0, 0]), share=0.1, level=0.05, seed=0)
        ...          for name, blocks in along.items()}
        >>> law(found, share=0.1, level=0.05).verdict
        'yes: equivalent, no difference found'

    Reference: theory/README.md, "Which descent".
    """
    samples = [one.samples for one in points.values()]
    values = np.array([one.coefficient.value for one in points.values()])
    errors = np.array([one.coefficient.standard_error for one in points.values()])
    mean = Estimate(float(values.mean()), float(np.sqrt(np.sum(errors**2)) / len(values)))
    spread = float(np.abs(values / mean.value - 1).max()) if mean.value else np.inf
    unequal, apart, beyond = _constancy(samples, values, errors, share) if len(values) > 1 else (1.0, 0.0, 1.0)
    found = [*(one.difference_p for one in points.values()), unequal]
    difference = min(1.0, len(found) * min(found))  # the smallest of Holm's
    equivalence = max(*(one.equivalence_p for one in points.values()), apart)
    far = beyond < level / 2 or any(one.at_least > share for one in points.values())
    verdict = _verdict(equivalence < level, difference < level, far)
    most = mean.value + float(stats.t.isf(level / 2, len(samples[0]) - 1)) * mean.standard_error
    if most < 0:
        equivalence, verdict = 1.0, UPHILL
    return Law(points, mean, spread, difference, equivalence, verdict)


def _verdict(equivalent: bool, different: bool, far: bool) -> str:
    if equivalent:
        return NEARLY if different else YES
    if different:
        return NO if far else OFF
    return UNDECIDED


def _constancy(
    samples: list[np.ndarray], values: np.ndarray, errors: np.ndarray, share: float
) -> tuple[float, float, float]:
    """P-values of one coefficient at all points, of one that deviates by ``share`` or more, and of none that does."""
    if not errors.any():
        off = np.abs(values / values.mean() - 1).max()
        return float(off < ROUNDING), float(off >= share), float(off <= share)
    if values.mean() <= 0:
        return float(stats.alexandergovern(*samples).pvalue), 1.0, 1.0
    count, inside = len(values), []
    for k in range(count):
        for edge, sign in ((1 - share, 1), (1 + share, -1)):
            weights = sign * (np.eye(count)[k] - edge / count)
            inside.append(weights @ values / np.sqrt(np.sum((weights * errors) ** 2)))
    freedom = len(samples[0]) - 1
    apart, beyond = stats.t.sf(min(inside), freedom), stats.t.cdf(min(inside), freedom) * len(inside)
    return float(stats.alexandergovern(*samples).pvalue), float(apart), float(min(1.0, beyond))


def drift_p(blocks: list[np.ndarray], laws: dict[str, Law]) -> float:
    """P-value of no drift at any point: the smallest of those of each point's vector and of each candidate's mean
    coefficient, times their number."""
    found = []
    for one in blocks:
        moving = np.ptp(one, axis=0) > 0
        if not moving.any():  # without noise
            return 0.0
        mean = one[:, moving].mean(axis=0)
        found.append(mean_vector_p(mean, one[:, moving] - mean)[1])
    freedom = len(blocks[0]) - 1
    scores = [law.coefficient.value / law.coefficient.standard_error for law in laws.values()]
    found += [float(2 * stats.t.sf(abs(score), freedom)) for score in scores]
    return min(1.0, len(found) * min(found))
