"""What level 3 needs of a Hessian: from all its eigenvalues, or from Hessian-vector products by Lanczos."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

LARGEST_FULL = 2000
BREAKDOWN = 1e-6


class Spectrum(NamedTuple):
    """A gradient and a Hessian in the eigenbasis, or what stands for it.

    Attributes:
        values: eigenvalues h_j that the gradient sees, shape (M,), loss per parameter unit².
        gradient: components g_j of the gradient on them, shape (M,).
        basis: orthonormal columns, shape (N, M), with ∇U = basis @ gradient.
        all_values: eigenvalues of the whole spectrum, shape (K,).
        counts: how many directions each of them stands for, shape (K,), N together.
    """

    values: jax.Array
    gradient: jax.Array
    basis: jax.Array
    all_values: jax.Array
    counts: jax.Array


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

    Reference: this project, theory level 3.
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
    """Lanczos started at the gradient, and, for the rest of the spectrum, at random vectors orthogonal to that.

    The subspace reached from the gradient is exact; the eigenvalues of its complement are estimated by ``probes``
    quadratures of ``steps`` nodes each.

    Args:
        gradient: ∇U, shape (N,).
        product: v → Hv.
        key: for the probes.
        steps: Krylov dimension, at most N.
        probes: number of random probes.

    Returns:
        A ``Spectrum`` with M = ``steps`` and K = ``steps`` (1 + ``probes``).

    Example:
        >>> found = lanczos_spectrum(jnp.array([3.0, 4.0]), lambda v: jnp.array([1.0, 2.0]) * v,
        ...                          key=jax.random.key(0), steps=2)
        >>> [round(float(value), 4) for value in found.values]
        [1.0, 2.0]

    Reference: Golub and Meurant, Matrices, Moments and Quadrature (2010), chapters 7 and 11.
    """
    size = gradient.size
    steps = min(steps, size)
    values, weights, vectors = _lanczos(product, gradient, steps)
    reached = jnp.sum(vectors * vectors, axis=0)
    rest = size - jnp.sum(reached)

    def outside(vector: jax.Array) -> jax.Array:
        for _ in range(2):
            vector = vector - vectors @ (vectors.T @ vector)
        return vector

    def probe(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        start = outside(jax.random.normal(key, gradient.shape, gradient.dtype))
        nodes, shares, _ = _lanczos(lambda v: outside(product(outside(v))), start, steps)
        return nodes, jnp.square(shares)

    nodes, shares = jax.lax.map(probe, jax.random.split(key, probes))
    total = jnp.sum(shares, axis=1, keepdims=True)
    counts = rest / probes * jnp.where(total > 0, shares / jnp.where(total > 0, total, 1.0), 0.0)
    every = jnp.concatenate([values, nodes.ravel()])
    norm = jnp.sqrt(jnp.sum(gradient * gradient))
    return Spectrum(values, norm * weights, vectors, every, jnp.concatenate([reached, counts.ravel()]))


def _lanczos(
    product: Callable[[jax.Array], jax.Array], start: jax.Array, steps: int
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Ritz values, components of the start vector on the Ritz vectors, Ritz vectors; fully reorthogonalized."""
    size, dtype = start.size, start.dtype

    def unit(vector: jax.Array, scale: jax.Array) -> tuple[jax.Array, jax.Array]:
        length = jnp.sqrt(jnp.sum(vector * vector))
        alive = length > BREAKDOWN * scale
        return jnp.where(alive, vector / jnp.where(alive, length, 1.0), 0.0), jnp.where(alive, length, 0.0)

    first, _ = unit(start, jnp.zeros((), dtype))

    def advance(k: jax.Array, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        basis, diagonal, off, scale = carry
        image = product(basis[:, k])
        along = jnp.sum(image * basis[:, k])
        for _ in range(2):
            image = image - basis @ (basis.T @ image)
        scale = jnp.maximum(scale, jnp.abs(along))
        following, length = unit(image, scale)
        inside = k + 1 < steps
        basis = basis.at[:, k + 1].set(jnp.where(inside, following, 0.0), mode="drop")
        return basis, diagonal.at[k].set(along), off.at[k].set(jnp.where(inside, length, 0.0)), scale

    zeros = jnp.zeros(steps, dtype)
    begin = (jnp.zeros((size, steps), dtype).at[:, 0].set(first), zeros, zeros, jnp.zeros((), dtype))
    basis, diagonal, off, _ = jax.lax.fori_loop(0, steps, advance, begin)
    tridiagonal = jnp.diag(diagonal) + jnp.diag(off[:-1], 1) + jnp.diag(off[:-1], -1)
    values, vectors = jnp.linalg.eigh(tridiagonal)
    return values, vectors[0], basis @ vectors


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
