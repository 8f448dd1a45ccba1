"""Ensembles that several tests share."""

import numpy as np


def ensembles(seed: int = 0, n_a: int = 24, n_b: int = 40, times: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Two ensembles of one law, 90 % of the variance of 5 weights in one direction."""
    rng = np.random.default_rng(seed)
    scale = np.sqrt(5 * np.array([0.9, 0.025, 0.025, 0.025, 0.025]))
    return rng.normal(size=(n_a, times, 5)) * scale, rng.normal(size=(n_b, times, 5)) * scale
