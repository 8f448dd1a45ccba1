"""Whether chains follow a given stationary law, allowing for the correlation of their steps."""

from typing import NamedTuple

import numpy as np
from scipy import integrate, stats

from . import _check

PROBES = (0.1, 0.25, 0.5, 0.75, 0.9)
LEFT = 4.0  # correlation e^-4 between values kept
FEWEST = 20


class StationaryResult(NamedTuple):
    """A test of a stationary law.

    Attributes:
        statistic: largest difference of the distribution functions of the thinned chains and of the law.
        p_value: of the Kolmogorov-Smirnov test with ``used`` independent values.
        correlation_time: integrated autocorrelation time τ = 1 + 2 Σ ρ(k), in recorded times.
        effective_size: all values over τ.
        used: values left by thinning.
    """

    statistic: float
    p_value: float
    correlation_time: float
    effective_size: float
    used: int


def stationary_test(chains: np.ndarray, grid: np.ndarray, log_density: np.ndarray) -> StationaryResult:
    """Whether one coordinate of chains follows the law exp(log_density)/Z: Kolmogorov-Smirnov on thinned chains.

    Values are kept so far apart (2τ where τ is long) that a correlation of e^-4 is left, too little to matter. τ is the
    largest over the law's own distribution function and five of its quantiles (whether above or below), by Geyer's
    initial monotone sequence about the mean of all chains together, so that chains stuck in different wells count as
    correlated.

    Args:
        chains: (trajectories, times), one coordinate, parameter units, recorded at equal intervals after the chains
            have forgotten their start.
        grid: (G,), ascending, parameter units, wide enough to hold every value.
        log_density: (G,), -βU there for a Boltzmann law; any constant may be added.

    Returns:
        A ``StationaryResult``.

    Raises:
        ValueError: for fewer than two, repeated or non-finite chains, a grid too narrow or too coarse, or fewer than
            20 independent values.

    Example:
        >>> rng, grid = np.random.default_rng(0), np.linspace(-6, 6, 401)
        >>> chains = rng.normal(size=(10, 100))
        >>> bool(stationary_test(1.5 * chains, grid, -(grid**2) / 2).p_value < 0.001)
        True

    Reference: Geyer (1992), Stat. Sci. 7, 473.
    """
    values = _check.chains("chains", chains)
    points, cumulative, coarse = _distribution(grid, log_density)
    low, high = values.min(), values.max()
    if low < points[0] or high > points[-1]:
        raise ValueError(f"chains reach from {low:g} to {high:g}, the grid from {points[0]:g} to {points[-1]:g}: widen")
    ranks = np.interp(values, points, cumulative)
    time = max(_correlation_time(part) for part in (ranks, *((ranks < q).astype(float) for q in PROBES)))
    effective = values.size / time
    # From the end, where the start is longest forgotten.
    thinned = ranks[:, :: -_spacing(time)].ravel()
    if effective < FEWEST or len(thinned) < FEWEST:
        raise ValueError(
            f"the chains hold about {effective:.3g} independent values, {len(thinned)} after thinning, expected at"
            f" least {FEWEST}: run longer or more chains"
        )
    if coarse > 0.1 / np.sqrt(len(thinned)):
        raise ValueError(f"half the grid changes the distribution function by {coarse:.2g}: use a finer grid")
    result = stats.kstest(thinned, "uniform")
    return StationaryResult(float(result.statistic), float(result.pvalue), time, effective, len(thinned))


def _distribution(grid: np.ndarray, log_density: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The grid, the normalized distribution function on it, and how far half the grid would move that."""
    points, logs = np.asarray(grid, np.float64), np.asarray(log_density, np.float64)
    if points.ndim != 1 or len(points) < 3 or logs.shape != points.shape or not np.all(np.diff(points) > 0):
        raise ValueError(
            f"expected an ascending grid (G,) of 3 points or more and log_density (G,), got shapes {points.shape} and"
            f" {logs.shape}"
        )
    if not (np.isfinite(points).all() and np.isfinite(logs.max())):
        raise ValueError("grid and log_density must be finite (log_density may be -inf in places)")
    density = np.exp(logs - logs.max())
    full, half = _cumulative(density, points), _cumulative(density[::2], points[::2])
    return points, full, float(np.max(np.abs(half - full[::2])))


def _cumulative(density: np.ndarray, points: np.ndarray) -> np.ndarray:
    total = integrate.cumulative_trapezoid(density, points, initial=0.0)
    return total / total[-1]


def _spacing(time: float) -> int:
    """Where the correlation of a first-order process with this τ, ((τ - 1)/(τ + 1))^k, has fallen to e^-4."""
    return max(1, int(np.ceil(LEFT / np.log((time + 1) / (time - 1))))) if time > 1 else 1


def _correlation_time(values: np.ndarray) -> float:
    """τ = 1 + 2 Σ ρ(k), at least 1, by the initial monotone sequence of the autocovariance over all chains."""
    moved = values - values.mean()
    length = values.shape[1]
    if not moved.any() or length < 2:
        return 1.0
    power = np.abs(np.fft.rfft(moved, 2 * length, axis=1)) ** 2
    covariance = np.fft.irfft(power.mean(axis=0), 2 * length)[:length] / length
    pairs = covariance[: length - length % 2].reshape(-1, 2).sum(axis=1)
    positive = np.logical_and.accumulate(pairs > 0)
    kept = np.minimum.accumulate(pairs[positive])
    return max(1.0, float(2 * kept.sum() / covariance[0] - 1))
