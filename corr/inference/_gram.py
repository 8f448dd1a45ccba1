"""Quadratic statistics of trajectories through Gram matrices: cost n² per time, for any number of parameters."""

import numpy as np


def gram(paths: np.ndarray) -> np.ndarray:
    """Inner products of centred trajectories at each time over N, shape (T, n, n); centring removes only rounding."""
    # From the first trajectory, so that trajectories which agree leave no rounding.
    moved = np.swapaxes(paths - paths[0], 0, 1)
    moved = moved - moved.mean(axis=1, keepdims=True)
    return moved @ np.swapaxes(moved, 1, 2) / paths.shape[2]


def two_sample(grams: np.ndarray, in_first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unbiased Δ, and the sampling noise it is freed of, for each split of the pool.

    Δ less its sampling noise is the mean of x·x' over pairs within each side, less twice the mean of x·y between them.

    Args:
        grams: (T, n, n).
        in_first: (P, n) booleans, True for trajectories on the first side.

    Returns:
        Two arrays (P, T).
    """
    first = in_first.astype(np.float64)
    second = 1.0 - first
    n_first, n_second = first.sum(1), second.sum(1)
    unbiased, noise = np.empty((len(first), len(grams))), np.empty((len(first), len(grams)))
    for t, matrix in enumerate(grams):
        diagonal = np.diag(matrix)
        to_first, to_second = first @ matrix, second @ matrix
        own_first, own_second = first @ diagonal, second @ diagonal
        all_first, all_second = np.sum(to_first * first, 1), np.sum(to_second * second, 1)
        between = np.sum(to_first * second, 1) / (n_first * n_second)
        within_first = (all_first - own_first) / (n_first * (n_first - 1))
        within_second = (all_second - own_second) / (n_second * (n_second - 1))
        unbiased[:, t] = within_first + within_second - 2 * between
        noise[:, t] = (own_first / n_first - within_first) / n_first + (
            own_second / n_second - within_second
        ) / n_second
    return unbiased, noise


def one_sample(grams: np.ndarray, signs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unbiased |mean|²/N of trajectories multiplied by signs, and its sampling noise.

    Args:
        grams: (T, n, n), uncentred.
        signs: (P, n).

    Returns:
        Two arrays (P, T).
    """
    count = signs.shape[1]
    squares = np.array([np.trace(matrix) for matrix in grams])
    pairs = np.stack([np.sum((signs @ matrix) * signs, axis=1) for matrix in grams], axis=1) - squares
    unbiased = pairs / (count * (count - 1))
    return unbiased, (squares / count - unbiased) / count
