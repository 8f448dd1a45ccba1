"""How well one candidate describes the drift: its coefficient, what lies across it, and whether it is one number."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from ..inference import Estimate
from ..inference._mean_equivalence import within
from ._differences import across_p

RESAMPLES = 999
ROUNDING = 1e-4  # share of the drift below which nothing is a difference: float32 may leave it

YES = "yes: equivalent, no difference found"
NEARLY = "yes: equivalent, though not exactly"
NO = "no: off by more than the share"
OFF = "not exactly: whether by more than the share is undecided"
EITHER = "yes, or with its other length: no difference found between the two"
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
        rounding: share of the drift below which a rest, or a coefficient's deviation, is no difference.
    """

    coefficient: Estimate
    samples: np.ndarray
    across: float
    at_least: float
    at_most: float
    difference_p: float
    equivalence_p: float
    rounding: float = ROUNDING


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


def direction(
    blocks: np.ndarray, vector: np.ndarray, *, share: float, level: float, seed: int, rounding: float = 0.0
) -> Direction:
    """The drift whose independent estimates are ``blocks`` (B, N) beside one candidate (N,).

    ``rounding`` is the length, in parameter units, by which one without noise may be off since positions are rounded.
    """
    samples = -blocks @ vector / (vector @ vector)
    count, size = len(samples), float(np.linalg.norm(vector))
    coefficient = Estimate(float(samples.mean()), float(samples.std(ddof=1) / np.sqrt(count)))
    rest, drift = blocks + samples[:, None] * vector, float(np.linalg.norm(blocks.mean(axis=0)))
    if not np.ptp(blocks, axis=0).any():
        return _without_noise(samples, float(np.linalg.norm(rest[0])) / drift, share, max(ROUNDING, rounding / drift))
    if len(vector) == 1:
        right = float(stats.t.sf(coefficient.value / coefficient.standard_error, count - 1))
        return Direction(coefficient, samples, 0.0, 0.0, 0.0, 1.0, right)
    # The share is of a drift known only within bounds, which spend half of the level.
    reach = float(stats.t.isf(level / 2, count - 1)) * coefficient.standard_error * size
    length = coefficient.value * size
    least, most = max(length - reach, 0.0), np.hypot(abs(length) + reach, _norm(rest))
    difference = across_p(rest, vector) if np.linalg.norm(rest.mean(axis=0)) >= ROUNDING * drift else 1.0
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


def _without_noise(samples: np.ndarray, across: float, share: float, least_told: float) -> Direction:
    """Of a scheme that draws nothing: no test, only rounding."""
    told = float(across < least_told), float(across >= share)
    return Direction(Estimate(float(samples[0]), 0.0), samples, across, across, across, *told, least_told)


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
    if spread < max(one.rounding for one in points.values()):
        unequal = 1.0
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
        return 0.0, float(off >= share), float(off <= share)
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
