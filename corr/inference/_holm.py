"""Holm's adjustment of p-values."""

import numpy as np


def holm(p_values: np.ndarray) -> np.ndarray:
    """P-values adjusted by Holm's step-down method, of the same shape."""
    from statsmodels.stats.multitest import multipletests

    p = np.asarray(p_values, np.float64)
    return np.asarray(multipletests(p.ravel(), method="holm")[1], np.float64).reshape(p.shape)
