"""Mutations of some components only: each with a probability, or one at a time."""

import jax
import jax.numpy as jnp

from .._checks import check_positive, real_number
from ._gaussian import largest_normal
from ._law import Proposal, flat_law


def sparse(std: float, probability: float) -> Proposal:
    """Each component mutates with probability p, by N(0, σ²); its variance is pσ².

    Args:
        std: σ > 0, of the components that mutate.
        probability: p in (0, 1].

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ or p is out of range.

    Example:
        >>> drawn = sparse(1.0, 0.25).draw(jax.random.key(0), jnp.zeros(1000))
        >>> 200 < int(jnp.sum(drawn != 0)) < 300
        True

    Reference: theory/README.md, "Other mutations".
    """
    std, probability = check_positive("std", std), real_number("probability", probability)
    if not 0 < probability <= 1:
        raise ValueError(f"probability must lie in (0, 1], got {probability}")

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        which, size = jax.random.split(key)
        chosen = jax.random.bernoulli(which, probability, flat.shape)
        return jnp.where(chosen, jax.random.normal(size, flat.shape, flat.dtype), 0) * std

    return flat_law(draw, lambda dtype: std * largest_normal(dtype))


def one_coordinate(std: float) -> Proposal:
    """One component, chosen uniformly, mutates by N(0, σ²).

    Args:
        std: σ > 0 of the component that mutates.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> int(jnp.sum(one_coordinate(0.1).draw(jax.random.key(0), jnp.zeros(9)) != 0))
        1

    Reference: theory/README.md, "Other mutations".
    """
    std = check_positive("std", std)

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        which, size = jax.random.split(key)
        chosen = jnp.arange(flat.size) == jax.random.randint(which, (), 0, flat.size)
        return jnp.where(chosen, std * jax.random.normal(size, (), flat.dtype), jnp.zeros_like(flat))

    return flat_law(draw, lambda dtype: std * largest_normal(dtype))
