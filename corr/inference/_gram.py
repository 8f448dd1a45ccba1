"""Quadratic statistics of trajectories through Gram matrices: cost n² per time, for any number of parameters."""

import numpy as np


def gram(paths: np.ndarray) -> np.ndarray:
    """Inner products of centred trajectories at each time over N, shape (T, n, n); centring removes only rounding."""
    moved = np.swapaxes(paths, 0, 1)
    moved = moved - moved.mean(axis=1, keepdims=True)
    return moved @ np.swapaxes(moved, 1, 2) / paths.shape[2]


def two_sample(grams: np.ndarray, in_first: np.ndarray) -> np.ndarray:
    """Unbiased Δ for each split of the pool.

    Δ minus its sampling noise is the mean of x·x' over pairs within each side, less twice the mean of x·y between them.

    Args:
        grams: (T, n, n).
        in_first: (P, n) booleans, True for trajectories on the first side.

    Returns:
        (P, T).
    """
    first = in_first.astype(np.float64)
    second = 1.0 - first
    n_first, n_second = first.sum(1), second.sum(1)
    out = np.empty((len(first), len(grams)))
    for t, matrix in enumerate(grams):
        diagonal = np.diag(matrix)
        to_first, to_second = first @ matrix, second @ matrix
        within_first = (np.sum(to_first * first, 1) - first @ diagonal) / (n_first * (n_first - 1))
        within_second = (np.sum(to_second * second, 1) - second @ diagonal) / (n_second * (n_second - 1))
        between = np.sum(to_first * second, 1) / (n_first * n_second)
        out[:, t] = within_first + within_second - 2 * between
    return out


def one_sample(grams: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Unbiased |mean|²/N of trajectories multiplied by signs; grams (T, n, n) uncentred, signs (P, n) -> (P, T)."""
    count = signs.shape[1]
    pairs = [np.sum((signs @ matrix) * signs, axis=1) - np.trace(matrix) for matrix in grams]
    return np.stack(pairs, axis=1) / (count * (count - 1))
