"""Gauss-Legendre quadrature in panels."""

import jax
import jax.numpy as jnp
from numpy.polynomial.legendre import leggauss

ORDER = 16
NODES, WEIGHTS = leggauss(ORDER)


def panels(edges: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Points and weights of ``ORDER`` nodes in each interval between ascending ``edges``, flattened."""
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    nodes, weights = (jnp.asarray(part, edges.dtype)[None, :] for part in (NODES, WEIGHTS))
    return (middle[:, None] + half[:, None] * nodes).ravel(), (half[:, None] * weights).ravel()
