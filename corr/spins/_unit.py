"""Unit vectors: what is one, how they are made, what is at right angles to them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ._magnet import Magnet


def check_spins(magnet: Magnet, spins: Any) -> jax.Array:
    """Spins as an array, of a shape and, where they are known before tracing, of lengths that fit.

    |S| may miss 1 by 8 roundings of the dtype.

    Args:
        magnet: of the lattice.
        spins: shape (3, *magnet.shape).

    Returns:
        The spins.

    Raises:
        ValueError: if the shape is another, or one is not of length 1.
        TypeError: if they are not floating point.

    Example:
        >>> check_spins(Magnet((2, 2)), jnp.zeros((3, 2, 2)).at[2].set(1.0)).shape
        (3, 2, 2)
    """
    spins = jnp.asarray(spins)
    if not jnp.issubdtype(spins.dtype, jnp.floating):
        raise TypeError(f"spins must be floating point, got dtype {spins.dtype}")
    if spins.shape != (3, *magnet.shape):
        raise ValueError(f"spins must have shape {(3, *magnet.shape)}, components first, got {spins.shape}")
    if not isinstance(spins, Tracer):
        lengths = np.linalg.norm(np.asarray(spins, np.float64), axis=0)
        worst = lengths.flat[np.argmax(np.where(np.isnan(lengths), np.inf, np.abs(lengths - 1)))]
        if not abs(worst - 1) <= 8 * float(jnp.finfo(spins.dtype).eps):
            raise ValueError(f"every spin must have length 1, got one of {worst}: use corr.spins.normalized(spins)")
    return spins


def normalized(vectors: jax.Array) -> jax.Array:
    """Unit vectors, S = x/|x|.

    Args:
        vectors: x, shape (3, ...), none of them zero.

    Returns:
        S, of the same shape.

    Example:
        >>> normalized(jnp.array([3.0, 0.0, 4.0])).round(3).tolist()
        [0.6000000238418579, 0.0, 0.800000011920929]
    """
    return vectors / jnp.sqrt(jnp.sum(vectors * vectors, axis=0, keepdims=True))


def tangent(spins: jax.Array, vectors: jax.Array) -> jax.Array:
    """v_⊥ = v - (v·S) S, at every site.

    Args:
        spins: S, shape (3, ...), of length 1.
        vectors: v, of the same shape.

    Returns:
        v_⊥, of the same shape.

    Example:
        >>> tangent(jnp.array([0.0, 0.0, 1.0]), jnp.array([1.0, 2.0, 3.0])).tolist()
        [1.0, 2.0, 0.0]
    """
    return vectors - jnp.sum(vectors * spins, axis=0, keepdims=True) * spins


def toward(spins: jax.Array, vectors: jax.Array) -> jax.Array:
    """v/|v|, and the old spin where v is zero."""
    size = jnp.sqrt(jnp.sum(vectors * vectors, axis=0, keepdims=True))
    return jnp.where(size == 0, spins, vectors / jnp.where(size == 0, 1, size))
