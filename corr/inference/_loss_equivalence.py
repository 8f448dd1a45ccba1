"""Equivalence of mean losses within a margin, by two one-sided tests."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from . import _check

# Power at which the minimum detectable margin is stated.
POWER = 0.9


class LossEquivalence(NamedTuple):
    """A test that mean losses differ by less than a margin.

    Attributes:
        estimate: mean loss of the first side less that of the second, (T,).
        lower, upper: the (1 - 2 level) confidence interval of the difference, (T,).
        margin: what the difference was tested against, (T,).
        p_value: larger p of the two one-sided tests, (T,).
        equivalent: whether the interval lies within ± margin, (T,).
        detectable: smallest margin at which equivalence is established with power 0.9 where there is no bias, (T,).
        together: p-value of equivalence at all times, the largest p (intersection-union test).
    """

    estimate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    margin: np.ndarray
    p_value: np.ndarray
    equivalent: np.ndarray
    detectable: np.ndarray
    together: float


def loss_equivalence(
    losses_a: np.ndarray, losses_b: np.ndarray, margin: np.ndarray, *, level: float = 0.05
) -> LossEquivalence:
    """Whether |<U>_a - <U>_b| < margin at each time: two one-sided tests, each by Welch's t and by Hall's g(t).

    Losses are skewed (χ² of one degree of freedom where one direction carries the variance), and plain t then claims
    equivalence at the margin's edge in 13 % of repetitions with 24 trajectories against a noise-free curve. Hall's
    g(t) = t + A t²/3 + A² t³/27 + A/6, with A the skewness of the mean difference, removes this at leading order
    (7 %, and 5.5 % with 50), and the less favourable of t and g(t) counts.

    Args:
        losses_a: (n_a, times), in loss units.
        losses_b: (n_b, times), or one noise-free curve (times,).
        margin: (times,), in loss units, declared before the data are seen.
        level: largest probability of claiming equivalence where the difference is at least the margin.

    Returns:
        A ``LossEquivalence``.

    Raises:
        ValueError: for fewer than two, repeated or non-finite trajectories, mismatched times, or a margin that is not
            positive.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> losses, twin = 3 + 0.1 * rng.normal(size=(40, 2)), 3 + 0.1 * rng.normal(size=(90, 2))
        >>> loss_equivalence(losses, twin, np.array([0.1, 0.001])).equivalent.tolist()
        [True, False]

    Reference: Schuirmann (1987), J. Pharmacokinet. Biopharm. 15, 657; Hall (1992), J. R. Statist. Soc. B 54, 221.
    """
    _check.share("level", level, 0.5)
    a, b = loss_sides(losses_a, losses_b)
    bounds = _check.margins(margin, a.shape[1])
    estimate, error, freedom, skewness = _moments(a, b)
    sides = []
    for sign in (1, -1):
        # Without any spread the difference is known exactly.
        gap = sign * estimate - bounds
        t = np.divide(gap, error, out=np.copysign(np.inf, gap), where=error > 0)
        g = np.where(error > 0, _hall(np.where(error > 0, t, 0.0), sign * skewness), t)
        sides.append(stats.t.cdf(np.maximum(t, g), freedom))
    p_value = np.max(sides, axis=0)
    below, above = reach(freedom, skewness, level)
    detectable = (np.maximum(below, above) + stats.t.ppf((1 + POWER) / 2, freedom)) * error
    return LossEquivalence(
        estimate,
        estimate - below * error,
        estimate + above * error,
        bounds,
        p_value,
        p_value < level,
        detectable,
        float(p_value.max()),
    )


def reach(freedom: np.ndarray, skewness: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """How many standard errors the confidence interval reaches below and above the estimate."""
    t = stats.t.ppf(1 - level, freedom)
    return np.maximum(t, _hall_inverse(t, skewness)), np.maximum(t, -_hall_inverse(-t, skewness))


def _hall(t: np.ndarray, skewness: np.ndarray) -> np.ndarray:
    return t + skewness * t**2 / 3 + skewness**2 * t**3 / 27 + skewness / 6


def _hall_inverse(g: np.ndarray, skewness: np.ndarray) -> np.ndarray:
    """The t with g(t) = g, from g = ((1 + A t/3)³ - 1)/A + A/6."""
    root = np.cbrt(1 + skewness * (g - skewness / 6))
    # (root - 1)/A without cancellation at small A.
    return 3 * (g - skewness / 6) / (root**2 + root + 1)


def loss_sides(losses_a: np.ndarray, losses_b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two checked sides (n, T); a noise-free curve is one row."""
    _check.same_times(losses_a, losses_b)
    if np.ndim(losses_b) == 1:
        a = _check.chains("losses_a", losses_a)
        b = _check.path("losses_b", np.asarray(losses_b, np.float64)[:, None])[None, :, 0]
        _check.matched(a[:1], b)
        return a, b
    columns = _check.column("losses_a", losses_a), _check.column("losses_b", losses_b)
    a, b = _check.two("losses_a", columns[0], "losses_b", columns[1])
    return a[..., 0], b[..., 0]


def _moments(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Difference of means, its standard error, Welch's degrees of freedom and its skewness; one row is noise-free."""
    sides = [(sign, side) for sign, side in ((1, a), (-1, b)) if len(side) > 1]
    # np.var leaves rounding where all trajectories agree, as at the common start.
    second = [np.where(np.ptp(side, axis=0) > 0, np.var(side, axis=0), 0.0) for _, side in sides]
    third = [sign * np.mean((side - side.mean(axis=0)) ** 3, axis=0) for sign, side in sides]
    return a.mean(axis=0) - b.mean(axis=0), *of_difference([len(side) for _, side in sides], second, third)


def of_difference(
    sizes: list[int], second: list[np.ndarray], third: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standard error, Welch's degrees of freedom and skewness of a mean, or of a difference of two.

    ``second`` and ``third`` are each side's central moments of its sample; the third has the side's sign.
    """
    shares = [moment / (n - 1) for n, moment in zip(sizes, second, strict=True)]
    # Two numbers have no third moment, so what it is divided by does not matter.
    cubes = [moment / ((n - 1) * max(n - 2, 1)) for n, moment in zip(sizes, third, strict=True)]
    variance, cube = np.sum(shares, axis=0), np.sum(cubes, axis=0)
    below = np.sum([share**2 / (n - 1) for n, share in zip(sizes, shares, strict=True)], axis=0)
    freedom = np.divide(variance**2, below, out=np.ones_like(variance), where=below > 0)
    skewness = np.divide(cube, variance**1.5, out=np.zeros_like(variance), where=variance > 0)
    return np.sqrt(variance), freedom, skewness
