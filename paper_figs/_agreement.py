"""How alike two averaged displacements are, beside what sampling noise alone leaves of perfect agreement."""

from typing import NamedTuple

import numpy as np


class Agreement(NamedTuple):
    """Correlation of two mean displacements.

    Attributes:
        correlation: cosine a·b / (|a| |b|) of the mean displacements a and b.
        expected: √(ρ_a ρ_b) with ρ = 1 - V/(n |a|²), what equal true means would give under sampling noise.
        ratio: correlation / expected, 1 where the true displacements are parallel; NaN where noise hides one of them.
        error: standard error of the ratio by the jackknife over trajectories of both sides; it counts products of
            noise with noise twice, and overstates by up to 1.6 (measured) where noise is twice the signal.
    """

    correlation: float
    expected: float
    ratio: float
    error: float


def agreement(first: np.ndarray, second: np.ndarray) -> Agreement:
    """Agreement of two ensembles of displacements x(t) - x(0).

    Args:
        first: displacements of independent trajectories, (n, parameters), n at least 3.
        second: those of another ensemble, or one noise-free displacement (1, parameters).

    Returns:
        An ``Agreement``.

    Example:
        >>> one = np.random.default_rng(0).normal(size=(50, 200))
        >>> found = agreement(one + 1.0, np.ones((1, 200)))
        >>> bool(abs(found.ratio - 1) < 4 * found.error)
        True
    """
    correlation, expected = _both(first, second)
    ratio = correlation / expected
    variance = 0.0
    for side in (0, 1):
        count = len((first, second)[side])
        if count < 3:
            continue
        left_out = []
        for k in range(count):
            pair = [first, second]
            pair[side] = np.delete(pair[side], k, axis=0)
            kept = _both(*pair)
            left_out.append(kept[0] / kept[1])
        variance += (count - 1) * np.var(left_out)
    return Agreement(correlation, expected, ratio, float(np.sqrt(variance)))


def _both(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    means = [side.mean(axis=0) for side in (first, second)]
    sizes = [float(mean @ mean) for mean in means]
    correlation = float(means[0] @ means[1]) / np.sqrt(sizes[0] * sizes[1])
    reliable = [_reliability(side, size) for side, size in zip((first, second), sizes, strict=True)]
    return correlation, float(np.sqrt(reliable[0] * reliable[1])) if min(reliable) > 0 else float("nan")


def _reliability(side: np.ndarray, size: float) -> float:
    """Share of a squared mean displacement that is not sampling noise, without bias."""
    return 1.0 if len(side) == 1 else 1 - float(side.var(axis=0, ddof=1).sum()) / len(side) / size
