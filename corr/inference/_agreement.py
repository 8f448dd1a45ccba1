"""How alike two averaged displacements are, beside what sampling noise alone leaves of perfect agreement."""

from typing import NamedTuple

import numpy as np


class Agreement(NamedTuple):
    """Correlation of two mean displacements.

    Attributes:
        correlation: cosine a·b / (|a| |b|) of the mean displacements a and b.
        correlation_error: its standard error by the delete-one jackknife over trajectories of each ensemble.
        expected: √(ρ_a ρ_b) with ρ = 1 - V/(n |a|²), what equal true means would give under sampling noise.
        ratio: correlation / expected, 1 where the true displacements are parallel; NaN where noise hides one of them.
        ratio_error: standard error of the ratio were the true displacements equal: √(2 tr Σ²) / (2 |a| |b|) with Σ the
            covariance of a - b; for sampling noise small beside the displacements.
    """

    correlation: float
    correlation_error: float
    expected: float
    ratio: float
    ratio_error: float


def agreement(first: np.ndarray, second: np.ndarray) -> Agreement:
    """Agreement of two ensembles of displacements x(t) - x(0).

    The jackknife is of the sample correlation as it is, which noise makes smaller than that of the true means. It errs
    on the large side where displacements are equal and only noise moves the correlation.

    Args:
        first: displacements of independent trajectories, (n, parameters), n at least 2.
        second: those of another ensemble, or one noise-free displacement (1, parameters).

    Returns:
        An ``Agreement``.

    Raises:
        ValueError: for fewer than 2 trajectories, mismatched sides, or numbers that are not finite.

    Example:
        >>> one = np.random.default_rng(0).normal(size=(50, 200))
        >>> found = agreement(one + 1.0, np.ones((1, 200)))
        >>> bool(abs(found.ratio - 1) < 4 * found.ratio_error)
        True
    """
    sides = [_checked(name, side) for name, side in (("first", first), ("second", second))]
    if len(sides[0]) < 2 or sides[0].shape[1] != sides[1].shape[1]:
        shapes = " and ".join(str(side.shape) for side in sides)
        raise ValueError(f"expected first (n, parameters) with n at least 2 and second with as many, got {shapes}")
    means = [side.mean(axis=0) for side in sides]
    sizes = [float(mean @ mean) for mean in means]
    reliable = [_reliability(side, size) for side, size in zip(sides, sizes, strict=True)]
    length = float(np.sqrt(sizes[0] * sizes[1]))
    correlation = float(means[0] @ means[1]) / length
    error = float(np.sqrt(_left_out(sides[0], means[1]) + _left_out(sides[1], means[0])))
    if min(reliable) <= 0:
        return Agreement(correlation, error, np.nan, np.nan, np.nan)
    expected = float(np.sqrt(reliable[0] * reliable[1]))
    return Agreement(correlation, error, expected, correlation / expected, _spread(*sides) / (2 * length * expected))


def _checked(name: str, side: np.ndarray) -> np.ndarray:
    values = np.asarray(side, np.float64)
    if values.ndim != 2 or not len(values) or not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite numbers (trajectories, parameters), got shape {values.shape}")
    return values


def _left_out(side: np.ndarray, other: np.ndarray) -> float:
    """Delete-one jackknife variance of the correlation of a side's mean with another mean."""
    count = len(side)
    if count == 1:
        return 0.0
    means = (side.sum(axis=0) - side) / (count - 1)
    found = means @ other / (np.linalg.norm(means, axis=1) * np.linalg.norm(other))
    return (count - 1) * float(found.var())


def _spread(first: np.ndarray, second: np.ndarray) -> float:
    """√(2 tr Σ²) from the products of different trajectories, each as in the mean of its own side."""
    scaled = [(side - side.mean(axis=0)) / np.sqrt(len(side) * (len(side) - 1)) for side in (first, second)
              if len(side) > 1]  # fmt: skip
    total = 2 * float(np.sum((scaled[0] @ scaled[1].T) ** 2)) if len(scaled) > 1 else 0.0
    for side in scaled:
        products = (side @ side.T)[~np.eye(len(side), dtype=bool)]
        # Centring gives different trajectories a common negative product.
        total += float(np.sum((products - products.mean()) ** 2))
    return float(np.sqrt(2 * total))


def _reliability(side: np.ndarray, size: float) -> float:
    """Share of a squared mean displacement that is not sampling noise, without bias."""
    return 1.0 if len(side) == 1 else 1 - float(side.var(axis=0, ddof=1).sum()) / len(side) / size
