"""Student's t of a mean, or of a difference of two means, of skewed values: Hall's correction, made cautious."""

from typing import NamedTuple

import numpy as np
from scipy import special, stats

HALVINGS = 60
# Normal deviates between which a probability is looked for: 1e-295 and its complement.
FARTHEST = 36.7
# Quantiles are cut here, where their squares are still finite.
LONGEST = 1e100


class Moments(NamedTuple):
    """What one or two samples say of the error of their mean or difference of means, per side and time.

    Attributes:
        sizes: number of values of each side.
        shares: each side's share of the squared standard error, (sides, ...).
        skewness: of each side's values, with the side's sign in the difference, (sides, ...).
    """

    sizes: tuple[int, ...]
    shares: np.ndarray
    skewness: np.ndarray


def moments(sizes: list[int], second: list[np.ndarray], third: list[np.ndarray]) -> tuple[np.ndarray, Moments]:
    """Standard error of the difference, and its ``Moments``, from the sides' central moments (n the divisor)."""
    variances = np.array([moment / (n - 1) for n, moment in zip(sizes, second, strict=True)])
    total = variances.sum(axis=0)
    shares = np.divide(variances, total, out=np.full_like(variances, 1 / len(sizes)), where=total > 0)
    rows = []
    for sign, n, square, cube in zip((1, -1), sizes, second, third, strict=False):
        plain = np.divide(cube, square**1.5, out=np.zeros_like(square), where=square > 0)
        # Free of its bias for normal values; two values have no skewness whatever they are.
        rows.append(sign * plain * np.sqrt(n * (n - 1)) / max(n - 2, 1))
    return np.sqrt(total), Moments(tuple(sizes), shares, np.array(rows))


def sample_moments(sides: list[np.ndarray]) -> tuple[np.ndarray, Moments]:
    """``moments`` of one or two samples (n, ...)."""
    second, third = [], []
    for side in sides:
        moved = side - side.mean(axis=0)
        # Rounding is left where all trajectories agree, as at the common start.
        second.append(np.where(np.ptp(side, axis=0) > 0, np.mean(moved**2, axis=0), 0.0))
        third.append(np.mean(moved**3, axis=0))
    return moments([len(side) for side in sides], second, third)


def quantile(probability: np.ndarray, sample: Moments) -> np.ndarray:
    """Quantile of (estimate - truth)/(standard error), each tail at least as long as Student's.

    Of one side, Student's quantile is carried through the inverse of Hall's g(t) = t + A t²/3 + A² t³/27 + A/6, with A
    the skewness of the mean, one standard error to the unfavourable side since few values show too little skewness.
    The squares of the sides' quantiles add as their variances do (the method of variance estimates recovery), so that
    a side that happens to scatter little keeps its own doubt.
    """
    sides = []
    for n, skewness in zip(sample.sizes, sample.skewness, strict=True):
        t, unsure = _student(probability, n), _skewness_error(n)
        low, high = (_hall_inverse(t, (skewness + way * unsure) / np.sqrt(n)) for way in (1, -1))
        sides.append(np.where(t < 0, np.minimum(t, low), np.maximum(t, high)))
    return _recovered(probability, sides, sample)


def student_quantile(probability: np.ndarray, sample: Moments) -> np.ndarray:
    """``quantile`` of values without skewness."""
    return _recovered(probability, [_student(probability, n) for n in sample.sizes], sample)


def _recovered(probability: np.ndarray, sides: list[np.ndarray], sample: Moments) -> np.ndarray:
    squares = sum(share * side**2 for share, side in zip(sample.shares, sides, strict=True))
    return np.sign(np.subtract(probability, 0.5)) * np.sqrt(squares)


def _student(probability: np.ndarray, count: int) -> np.ndarray:
    return np.clip(stats.t.ppf(probability, count - 1), -LONGEST, LONGEST)


def tail(t: np.ndarray, sample: Moments) -> np.ndarray:
    """The probability at which ``quantile`` is t."""
    low, high = np.full_like(t, -FARTHEST), np.full_like(t, FARTHEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = quantile(special.ndtr(middle), sample) < t
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return special.ndtr((low + high) / 2)


def freedom(sample: Moments) -> np.ndarray:
    """Welch's degrees of freedom."""
    return 1.0 / sum(share**2 / (n - 1) for n, share in zip(sample.sizes, sample.shares, strict=True))


def _skewness_error(count: int) -> float:
    """Standard error of the skewness of ``count`` normal values."""
    n = float(count)
    return float(np.sqrt(6 * n * (n - 1) / (max(n - 2, 1.0) * (n + 1) * (n + 3))))


def _hall_inverse(g: np.ndarray, skewness: np.ndarray) -> np.ndarray:
    """The t with g(t) = g, from g = ((1 + A t/3)³ - 1)/A + A/6."""
    root = np.cbrt(1 + skewness * (g - skewness / 6))
    # (root - 1)/A without cancellation at small A.
    return 3 * (g - skewness / 6) / (root**2 + root + 1)
