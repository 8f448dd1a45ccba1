"""Mutations of low rank at β = ∞ on a linear loss: a map of the gradient's singular values."""

import math

import numpy as np
from numpy.polynomial.legendre import leggauss

from .order_statistics import check_whole

NODES, WEIGHTS = leggauss(16)
EDGES = np.concatenate([[0.0], np.geomspace(1e-4, 1e8, 121)])


def spectral_map(singular_values: np.ndarray, rank: int) -> np.ndarray:
    """Drift of ε = σABᵀ/√r on a slope G = U diag(g) Vᵀ: -(σ/√(2π)) U diag(s) Vᵀ with s_i = g_i E[c_i/√(r Σ g_j²c_j)].

    c_j are independent χ² of r degrees, one for each column of B. The mean is (2r/√(πr)) ∫_0^∞ (1 + 2g_i²u²)^{-1}
    Π_j (1 + 2g_j²u²)^{-r/2} du. Small singular values are lifted, the more the lower r is; r → ∞ is G/‖G‖.

    Args:
        singular_values: g of the gradient, (k,), none negative, not all zero; zeros beyond the matrix's rank may be
            left out.
        rank: r, at least 1.

    Returns:
        s, (k,).

    Raises:
        ValueError: if a value is negative, all are zero or r is below 1.

    Example:
        >>> found = spectral_map(np.array([1.0, 0.5, 0.2, 0.05, 0.01]), 1) / math.sqrt(2 * math.pi)
        >>> found.round(3).tolist()
        [0.279, 0.193, 0.099, 0.028, 0.006]

    Reference: theory/README.md, "Low rank"; atlas, section 6.
    """
    count, given = check_whole("rank", rank, 1), np.asarray(singular_values, float)
    if given.ndim != 1 or not (given >= 0).all() or not given.max(initial=0) > 0:
        raise ValueError(
            f"singular_values must be a row of numbers, none negative, not all zero, got {singular_values}"
        )
    g = given / given.max()
    half, middle = np.diff(EDGES) / 2, (EDGES[1:] + EDGES[:-1]) / 2
    u = (middle[:, None] + half[:, None] * NODES).ravel()
    weights = (half[:, None] * WEIGHTS).ravel()
    factors = 1 + 2 * np.outer(g**2, u**2)
    others = np.exp(-count / 2 * np.log(factors).sum(axis=0))
    mean: np.ndarray = 2 * math.sqrt(count / math.pi) * ((others / factors) @ weights)
    return g * mean


def largest_step(gradient: np.ndarray, hessian: np.ndarray, samples: int) -> float:
    """Learning rate at which two-point estimates of n directions stop to lower a quadratic loss in the mean.

    η_max = 2|g|²/[(1 + 1/n) gᵀHg + |g|² tr H/n] of E ΔU = -η|g|² + (η²/2)[...]: the number of parameters enters by tr H
    alone.

    Args:
        gradient: g, (N,).
        hessian: H, (N, N).
        samples: n, at least 1.

    Returns:
        η_max; ∞ where the bracket is not positive.

    Raises:
        ValueError: if n is below 1.

    Example:
        >>> round(largest_step(np.array([1.0, 0.0]), np.eye(2), 1), 3)
        0.5

    Reference: theory/README.md, "Low rank"; atlas, section 6; Malladi et al., MeZO, arXiv:2305.17333.
    """
    count = check_whole("samples", samples, 1)
    square = float(gradient @ gradient)
    bracket = (1 + 1 / count) * float(gradient @ hessian @ gradient) + square * float(np.trace(hessian)) / count
    return 2 * square / bracket if bracket > 0 else math.inf
