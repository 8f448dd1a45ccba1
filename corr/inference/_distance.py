"""Δ(t) of the paper, what it would be from sampling noise alone, and its unbiased form."""

import numpy as np

from . import _check


def delta(mean_a: np.ndarray, mean_b: np.ndarray) -> np.ndarray:
    """Mean squared distance of two mean paths, Δ(t) = (1/N) Σ_i (<x_i>_a - <x_i>_b)².

    Args:
        mean_a: (times, parameters), in parameter units.
        mean_b: the same shape.

    Returns:
        (times,), in squared parameter units.

    Raises:
        ValueError: if the shapes differ or numbers are not finite.

    Example:
        >>> delta(np.zeros((2, 3)), np.ones((2, 3))).tolist()
        [1.0, 1.0]

    Reference: Whitelam et al. (2021), eq. 15.
    """
    a, b = _check.path("mean_a", mean_a), _check.path("mean_b", mean_b)
    _check.matched(a, b)
    return np.mean((a - b) ** 2, axis=-1)


def sampling_noise(paths_a: np.ndarray, paths_b: np.ndarray | None = None) -> np.ndarray:
    """What Δ is expected to be if the true means are equal: (1/N) Σ_i (Var_a,i / n_a + Var_b,i / n_b).

    Args:
        paths_a: an ensemble (trajectories, times, parameters).
        paths_b: the other ensemble, or None where the other side is noise-free.

    Returns:
        (times,), in squared parameter units.

    Raises:
        ValueError: for fewer than two, repeated or non-finite trajectories, or mismatched sides.

    Example:
        >>> paths = np.random.default_rng(0).normal(size=(50, 1, 400))
        >>> bool(abs(sampling_noise(paths)[0] - 1 / 50) < 0.002)
        True
    """
    a = _check.ensemble("paths_a", paths_a)
    noise = np.var(a, axis=0, ddof=1).mean(axis=-1) / len(a)
    if paths_b is None:
        return noise
    b = _check.ensemble("paths_b", paths_b)
    _check.matched(a, b)
    return noise + np.var(b, axis=0, ddof=1).mean(axis=-1) / len(b)


def unbiased_delta(paths: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Δ less its sampling noise: an unbiased estimate of (1/N) |true mean - true mean|², possibly negative.

    Args:
        paths: an ensemble (trajectories, times, parameters).
        other: another ensemble, or a noise-free path (times, parameters).

    Returns:
        (times,), in squared parameter units.

    Raises:
        ValueError: as ``sampling_noise``.

    Example:
        >>> paths = np.random.default_rng(0).normal(size=(50, 1, 400))
        >>> bool(abs(unbiased_delta(paths, np.zeros((1, 400)))[0]) < 0.01)
        True
    """
    a = _check.ensemble("paths", paths)
    if np.ndim(other) == 2:
        return delta(a.mean(axis=0), other) - sampling_noise(a)
    b = _check.ensemble("other", other)
    return delta(a.mean(axis=0), b.mean(axis=0)) - sampling_noise(a, b)


def delta_standard_error(paths: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Standard error of the unbiased Δ by the delete-one jackknife over trajectories of each ensemble.

    Parameters are correlated, so only trajectories are resampled. Where the true Δ is near zero the jackknife errs on
    the large side (by up to √2).

    Args:
        paths: an ensemble (trajectories, times, parameters).
        other: another ensemble, or a noise-free path (times, parameters).

    Returns:
        (times,), in squared parameter units.

    Raises:
        ValueError: for fewer than three trajectories on a side, and as ``sampling_noise``.

    Example:
        >>> paths = np.random.default_rng(0).normal(size=(50, 1, 400))
        >>> bool(0 < delta_standard_error(paths, np.zeros((1, 400)))[0] < 0.01)
        True
    """
    a = _check.ensemble("paths", paths)
    if np.ndim(other) == 2:
        return np.sqrt(_jackknife_variance(a - _check.path("other", other), np.zeros(a.shape[1:])))
    b = _check.ensemble("other", other)
    _check.matched(a, b)
    return np.sqrt(_jackknife_variance(a, b.mean(axis=0)) + _jackknife_variance(b, a.mean(axis=0)))


def _jackknife_variance(paths: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Delete-one variance of the pair mean of (x_i - centre)·(x_j - centre)/N."""
    if len(paths) < 3:
        raise ValueError(f"a standard error needs at least 3 trajectories on each side, got {len(paths)}")
    moved, count = paths - centre, len(paths)
    total = moved.sum(axis=0)
    squares = np.mean(moved**2, axis=-1)
    pairs = np.mean(total**2, axis=-1) - squares.sum(axis=0)
    without = pairs - 2 * (np.mean(moved * total, axis=-1) - squares)
    estimates = without / ((count - 1) * (count - 2))
    return (count - 1) / count * np.sum((estimates - estimates.mean(axis=0)) ** 2, axis=0)


def travelled(path: np.ndarray) -> np.ndarray:
    """Squared distance from the start, (1/N) |x(t) - x(0)|².

    Args:
        path: (times, parameters), in parameter units.

    Returns:
        (times,), in squared parameter units.

    Raises:
        ValueError: if numbers are not finite.

    Example:
        >>> travelled(np.array([[0.0, 0.0], [2.0, 0.0]])).tolist()
        [0.0, 2.0]
    """
    values = _check.path("path", path)
    return np.mean((values - values[0]) ** 2, axis=-1)
