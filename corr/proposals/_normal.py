"""Gaussian mutations: independent components with one σ or one each, or any covariance."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._gaussian import check_mutation_std, gaussian, largest_normal
from ._law import Proposal, flat_law


def normal(std: Any) -> Proposal:
    """Gaussian, ε_i ~ N(0, σ_i²) independent.

    Args:
        std: σ, or a pytree like the parameters of non-negative arrays of σ_i that broadcast to its leaves, for example
            one number per block or layer; 0 freezes.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError, TypeError: for a bad σ.

    Example:
        >>> normal(0.1).draw(jax.random.key(0), {"w": jnp.zeros(3)})["w"].shape
        (3,)

    Reference: Whitelam et al. (2021), step 2 and eq. 57.
    """
    check_mutation_std(std)
    largest = max(float(np.max(scale, initial=0)) for scale in jax.tree.leaves(std))
    return Proposal(lambda key, params: gaussian(key, params, std), lambda dtype: largest * largest_normal(dtype))


def covariance(factor: Any) -> Proposal:
    """Gaussian with full covariance C = L Lᵀ, ε = L z.

    Args:
        factor: L, shape (N, N), in the order of ``jax.flatten_util.ravel_pytree``; for example a Cholesky factor.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if L is not a finite square matrix, or (when drawn from) not of the parameters' size.

    Example:
        >>> covariance(jnp.diag(jnp.array([1.0, 0.0]))).draw(jax.random.key(0), jnp.zeros(2)).shape
        (2,)

    Reference: Whitelam et al. (2021), eq. 57, for any covariance.
    """
    matrix = np.asarray(factor)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.isfinite(matrix).all():
        raise ValueError(f"factor must be a finite square matrix, got shape {matrix.shape}")

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        if flat.size != len(matrix):
            raise ValueError(f"factor has shape {matrix.shape}, the parameters are {flat.size} numbers")
        return jnp.asarray(matrix, flat.dtype) @ jax.random.normal(key, flat.shape, flat.dtype)

    reach = float(np.abs(matrix).sum(axis=1).max())
    return flat_law(draw, lambda dtype: reach * largest_normal(dtype))
