"""What level 3 needs of a Hessian: from all its eigenvalues, or from Hessian-vector products by Lanczos."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from .level1 import split

LARGEST_FULL = 2000
STILL_NEW = 0.5


class Spectrum(NamedTuple):
    """A gradient and a Hessian in the eigenbasis, or what stands for it.

    Attributes:
        values: eigenvalues h_j that the gradient sees, shape (M,), loss per parameter unit².
        gradient: components g_j of the gradient on them, shape (M,).
        basis: orthonormal columns, shape (N, M), with ∇U = basis @ gradient.
        all_values: eigenvalues of the whole spectrum, shape (K,).
        counts: how many directions each of them stands for, shape (K,), N together.
        without: the same with each random probe left out in turn, shape (probes, K), for the error that their number
            leaves; None where no probe was needed.
    """

    values: jax.Array
    gradient: jax.Array
    basis: jax.Array
    all_values: jax.Array
    counts: jax.Array
    without: jax.Array | None = None


def full_spectrum(gradient: jax.Array, hessian: jax.Array) -> Spectrum:
    """All eigenvalues and eigenvectors.

    Args:
        gradient: ∇U, shape (N,).
        hessian: H, shape (N, N), symmetric.

    Returns:
        A ``Spectrum`` with M = K = N.

    Example:
        >>> full_spectrum(jnp.array([3.0, 4.0]), jnp.diag(jnp.array([1.0, 2.0]))).values.tolist()
        [1.0, 2.0]

    Reference: theory/README.md, "Level 3".
    """
    values, vectors = jnp.linalg.eigh(hessian)
    return Spectrum(values, vectors.T @ gradient, vectors, values, jnp.ones_like(values))


def lanczos_spectrum(
    gradient: jax.Array,
    product: Callable[[jax.Array], jax.Array],
    *,
    key: jax.Array,
    steps: int = 64,
    probes: int = 4,
) -> Spectrum:
    """Lanczos started at the gradient, then at random vectors orthogonal to what was reached before.

    The subspace reached from the gradient is exact. A second one, reached from a random vector outside it, takes up the
    large eigenvalues that are left; those of the complement of both are estimated by ``probes`` quadratures of
    ``steps`` nodes each. On a broad signed spectrum that estimate is coarse (N = 1000, acceptance 0.383: 0.34 to 0.39
    over keys); ``level3.one_step`` states its error from the scatter of the probes.

    Args:
        gradient: ∇U, shape (N,).
        product: v → Hv.
        key: for the probes.
        steps: Krylov dimension, at most N.
        probes: number of random probes, at least 2.

    Returns:
        A ``Spectrum`` with M = ``steps`` and K = ``steps`` (2 + ``probes``).

    Raises:
        ValueError: for fewer than 2 probes, whose error cannot be told.

    Example:
        >>> found = lanczos_spectrum(jnp.array([3.0, 4.0]), lambda v: jnp.array([1.0, 2.0]) * v,
        ...                          key=jax.random.key(0), steps=2)
        >>> [round(float(value), 4) for value in found.values]
        [1.0, 2.0]

    Reference: Golub and Meurant, Matrices, Moments and Quadrature (2010), chapters 7 and 11.
    """
    if probes < 2:
        raise ValueError(f"probes must be at least 2, since their scatter gives their error, got {probes}")
    size = gradient.size
    steps = min(steps, size)
    nothing = jnp.zeros((size, 0), gradient.dtype)
    values, weights, vectors = _lanczos(product, gradient, nothing, steps)
    deflating, probing = jax.random.split(key)
    others, _, more = _lanczos(product, _drawn(deflating, gradient), vectors, steps)
    both = jnp.concatenate([vectors, more], axis=1)
    reached = jnp.sum(both * both, axis=0)

    def probe(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        nodes, shares, _ = _lanczos(product, _drawn(key, gradient), both, steps)
        return nodes, jnp.square(shares)

    nodes, shares = jax.lax.map(probe, jax.random.split(probing, probes))
    total = jnp.sum(shares, axis=1, keepdims=True)
    rest = (size - jnp.sum(reached)) / probes
    counts = rest * jnp.where(total > 0, shares / jnp.where(total > 0, total, 1.0), 0.0)
    every = jnp.concatenate([values, others, nodes.ravel()])
    norm = split(gradient)[1]
    others_left = (1 - jnp.eye(probes, dtype=counts.dtype)) * (probes / (probes - 1))
    without = (others_left[:, :, None] * counts[None]).reshape(probes, -1)
    fixed = jnp.broadcast_to(reached[None, :], (probes, reached.size))
    return Spectrum(
        values,
        norm * weights,
        vectors,
        every,
        jnp.concatenate([reached, counts.ravel()]),
        jnp.concatenate([fixed, without], axis=1),
    )


def _drawn(key: jax.Array, like: jax.Array) -> jax.Array:
    return jax.random.normal(key, like.shape, like.dtype)


def _lanczos(
    product: Callable[[jax.Array], jax.Array], start: jax.Array, taken: jax.Array, steps: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Ritz values, components of the start vector on the Ritz vectors, Ritz vectors; all orthogonal to ``taken``.

    Where nothing new is left the vectors, and their weights, are zero.
    """
    size, first = taken.shape

    def advance(k: jax.Array, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        basis, diagonal, off = carry
        vector = basis[:, first + k]
        image = product(vector)
        following, length = _new_direction(image, basis)
        basis = basis.at[:, first + k + 1].set(following, mode="drop")
        along = jnp.sum(image * vector)
        return basis, diagonal.at[k].set(along), off.at[k].set(length)

    basis = jnp.concatenate([taken, jnp.zeros((size, steps), taken.dtype)], axis=1)
    basis = basis.at[:, first].set(_new_direction(start, basis)[0])
    zeros = jnp.zeros(steps, taken.dtype)
    basis, diagonal, off = jax.lax.fori_loop(0, steps, advance, (basis, zeros, zeros))
    tridiagonal = jnp.diag(diagonal) + jnp.diag(off[:-1], 1) + jnp.diag(off[:-1], -1)
    values, vectors = jnp.linalg.eigh(tridiagonal)
    return values, vectors[0], basis[:, first:] @ vectors


def _new_direction(vector: jax.Array, basis: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Unit vector of what is orthogonal to the basis, and its length; zeros where only rounding errors are left.

    Normalized, rounding errors lie in the span of the basis again as much as not, and another projection shows them.
    """

    def outside(vector: jax.Array) -> jax.Array:
        return vector - basis @ (basis.T @ vector)

    unit, length = split(outside(outside(vector)))
    again, remaining = split(outside(unit))
    new = remaining > STILL_NEW
    return jnp.where(new, again, jnp.zeros_like(again)), jnp.where(new, length, jnp.zeros_like(length))


def hessian_product(loss: Callable[[jax.Array], jax.Array], position: jax.Array) -> Callable[[jax.Array], jax.Array]:
    """v → Hv at a point.

    Args:
        loss: U as a function of a flat vector of shape (N,).
        position: x, shape (N,).

    Returns:
        A function of vectors of shape (N,).

    Example:
        >>> hessian_product(lambda x: jnp.sum(x**2), jnp.ones(2))(jnp.array([1.0, 0.0])).tolist()
        [2.0, 0.0]

    Reference: Pearlmutter, Neural Computation 6, 147 (1994).
    """
    return lambda vector: jax.jvp(jax.grad(loss), (position,), (vector,))[1]
