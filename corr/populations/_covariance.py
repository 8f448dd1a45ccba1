"""What CMA-ES learns of its steps: their covariance and their size."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..difference._sums import tree_sum
from ._children import weighted


class Learned(NamedTuple):
    """What CMA-ES remembers, over the N parameters in the order of ``jax.flatten_util.ravel_pytree``.

    Attributes:
        generation: g, from 0.
        std: σ.
        covariance: C, (N, N).
        std_path: p_σ, (N,).
        path: p_c, (N,).
    """

    generation: jax.Array
    std: jax.Array
    covariance: jax.Array
    std_path: jax.Array
    path: jax.Array


def coloured(covariance: jax.Array, normals: jax.Array) -> jax.Array:
    """C^{1/2} z for each row of (n, N), by the symmetric root; one by one, so that no more than N² numbers are held."""
    values, vectors = _eigh(covariance)
    roots = jnp.sqrt(jnp.maximum(values, 0))

    def one(z: jax.Array) -> jax.Array:
        return weighted(roots * weighted(z, vectors), vectors.T)

    return jax.lax.map(one, normals)


# One matrix at a time: batches of two devices can wait for each other's threads for ever (jaxlib 0.10, N = 90).
_eigh = jax.custom_batching.sequential_vmap(lambda matrix: tuple(jnp.linalg.eigh(matrix)))


def adapted(old: Learned, weights: jax.Array, normals: jax.Array, steps: jax.Array, selected: float) -> Learned:
    """The next σ, C and paths from rows y = C^{1/2} z of weights w, with μ_eff = ``selected``."""
    size, at = len(old.path), old.generation.astype(old.std.dtype) + 1
    fast = (selected + 2) / (size + selected + 5)  # c_σ
    damping = 1 + 2 * max(0.0, math.sqrt((selected - 1) / (size + 1)) - 1) + fast
    slow = (4 + selected / size) / (size + 4 + 2 * selected / size)  # c_c
    one = 2 / ((size + 1.3) ** 2 + selected)  # c_1
    many = min(1 - one, 2 * (0.25 + selected + 1 / selected - 2) / ((size + 2) ** 2 + selected))  # c_μ
    length = math.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size**2))  # E|z|

    # With the symmetric root C^{-1/2} Σ w y is Σ w z.
    std_path = (1 - fast) * old.std_path + math.sqrt(fast * (2 - fast) * selected) * weighted(weights, normals)
    ratio = jnp.sqrt(tree_sum(std_path * std_path, (0,))) / length
    steady = (ratio < (1.4 + 2 / (size + 1)) * jnp.sqrt(1 - (1 - fast) ** (2 * at))).astype(old.std.dtype)  # h_σ
    gain = steady * math.sqrt(slow * (2 - slow) * selected)
    path = (1 - slow) * old.path + gain * weighted(weights, steps)

    def add(total: jax.Array, row: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        weight, y = row
        return total + weight * (y[:, None] * y[None, :]), None

    spread = jax.lax.scan(add, jnp.zeros_like(old.covariance), (weights, steps))[0]
    kept = 1 + one * (1 - steady) * slow * (2 - slow) - one - many * tree_sum(weights, (0,))
    covariance = kept * old.covariance + one * (path[:, None] * path[None, :]) + many * spread
    std = old.std * jnp.exp(fast / damping * (ratio - 1))
    return Learned(old.generation + 1, std, covariance, std_path, path)
