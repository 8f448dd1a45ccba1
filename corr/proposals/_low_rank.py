"""Mutations of low rank, which cost few random numbers, and mutations whose tensors share theirs."""

import math

import jax
import jax.numpy as jnp

from .._checks import check_count, check_positive
from .._precision import wide
from .._types import Params
from ._law import Proposal


def low_rank(std: float, rank: int) -> Proposal:
    """Every matrix by ε = σ A Bᵀ/√r with A, B of independent normals and r columns; other tensors by N(0, σ²).

    Its covariance is σ² for every r, so that at finite β, and with raw fitness, the drift is the gradient's; at β = ∞,
    and with ranks, it is a spectral map that lifts small singular values (``theory.low_rank``).

    Args:
        std: σ > 0, of one component.
        rank: r, at least 1, at most the smaller side of every matrix.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ or r is out of range; when drawn from, if r is above the smaller side of a matrix.
        TypeError: if r is no integer.

    Example:
        >>> drawn = low_rank(0.1, 1).draw(jax.random.key(0), {"w": jnp.zeros((3, 4)), "b": jnp.zeros(3)})
        >>> int(jnp.linalg.matrix_rank(drawn["w"])), drawn["b"].shape
        (1, (3,))

    Reference: Sarkar et al., EGGROLL, arXiv:2511.16652; theory/README.md, "Low rank".
    """
    std, count = check_positive("std", std), check_count("rank", rank)

    def drawn(key: jax.Array, leaf: jax.Array) -> jax.Array:
        kind = wide(leaf.dtype)
        if leaf.ndim != 2:
            return (std * jax.random.normal(key, leaf.shape, kind)).astype(leaf.dtype)
        if count > min(leaf.shape):
            raise ValueError(f"rank {count} is above the smaller side of a matrix of shape {leaf.shape}")
        left, right = jax.random.split(key)
        a = jax.random.normal(left, (leaf.shape[0], count), kind)
        b = jax.random.normal(right, (leaf.shape[1], count), kind)
        return (std / math.sqrt(count) * (a @ b.T)).astype(leaf.dtype)

    def draw(key: jax.Array, params: Params) -> Params:
        leaves, tree = jax.tree.flatten(params)
        keys = jax.random.split(key, len(leaves))
        return jax.tree.unflatten(tree, [drawn(one, jnp.asarray(leaf)) for one, leaf in zip(keys, leaves, strict=True)])

    return Proposal(draw)


def same_seed(std: float) -> Proposal:
    """N(0, σ²) with ONE seed for all tensors, which then share their numbers: a trap of code that seeds each anew.

    Component k of every tensor is the same normal number, so that the covariance C couples them and the drift follows
    C g, at β = ∞ -σ C g/√(2π gᵀC g) (``theory.proposals.covariance_drift``).

    Args:
        std: σ > 0.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> drawn = same_seed(0.1).draw(jax.random.key(0), {"a": jnp.zeros(3), "b": jnp.zeros(2)})
        >>> bool(jnp.all(drawn["a"][:2] == drawn["b"]))
        True

    Reference: theory/README.md, "Low rank"; the first code of arXiv:2509.24372.
    """
    scale = check_positive("std", std)

    def draw(key: jax.Array, params: Params) -> Params:
        longest = max(leaf.size for leaf in jax.tree.leaves(params))
        shared = jax.random.normal(key, (longest,), wide(jnp.result_type(*jax.tree.leaves(params))))
        return jax.tree.map(
            lambda leaf: (scale * shared[: leaf.size]).reshape(jnp.shape(leaf)).astype(leaf.dtype), params
        )

    return Proposal(draw)
