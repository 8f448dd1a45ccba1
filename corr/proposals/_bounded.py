"""Mutations that never exceed a bound: uniform, two-valued, and on a sphere."""

import math

import jax
import jax.numpy as jnp

from .._checks import check_positive
from ._law import Proposal, flat_law


def uniform(std: float) -> Proposal:
    """Independent components, uniform on [-√3 σ, √3 σ].

    Args:
        std: σ > 0.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> float(jnp.max(jnp.abs(uniform(1.0).draw(jax.random.key(0), jnp.zeros(99))))) <= 3**0.5
        True

    Reference: theory/README.md, "Other mutations".
    """
    edge = math.sqrt(3) * check_positive("std", std)
    return flat_law(lambda key, flat: jax.random.uniform(key, flat.shape, flat.dtype, -edge, edge), lambda dtype: edge)


def rademacher(std: float) -> Proposal:
    """Independent components, +σ or -σ. Losses can tie exactly: equal ones are accepted.

    Args:
        std: σ > 0.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> sorted(set(rademacher(0.5).draw(jax.random.key(0), jnp.zeros(9)).tolist()))
        [-0.5, 0.5]

    Reference: theory/README.md, "Other mutations".
    """
    std = check_positive("std", std)
    return flat_law(lambda key, flat: std * jax.random.rademacher(key, flat.shape, flat.dtype), lambda dtype: std)


def sphere(std: float) -> Proposal:
    """Uniform on the sphere of radius σ√N.

    Args:
        std: σ > 0.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> round(float(jnp.linalg.norm(sphere(1.0).draw(jax.random.key(0), jnp.zeros(4)))), 5)
        2.0

    Reference: theory/README.md, "Other mutations".
    """
    std = check_positive("std", std)

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        direction = jax.random.normal(key, flat.shape, flat.dtype)
        length = jnp.linalg.norm(direction)
        return std * math.sqrt(flat.size) * direction / jnp.where(length > 0, length, 1)

    return flat_law(draw)
