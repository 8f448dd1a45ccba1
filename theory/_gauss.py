"""Gauss-Legendre quadrature in panels."""

import math

import jax
import jax.numpy as jnp

ORDER = 16


def _legendre(x: float) -> tuple[float, float]:
    """P_n(x) and its derivative, n = ``ORDER``."""
    before, now = 1.0, x
    for k in range(2, ORDER + 1):
        before, now = now, ((2 * k - 1) * x * now - (k - 1) * before) / k
    return now, ORDER * (x * now - before) / (x * x - 1)


def _node(number: int) -> tuple[float, float]:
    """A zero of P_n by Newton's method from its cosine estimate, and its weight."""
    x = math.cos(math.pi * (number + 0.75) / (ORDER + 0.5))
    for _ in range(8):
        value, slope = _legendre(x)
        x -= value / slope
    return x, 2 / ((1 - x * x) * _legendre(x)[1] ** 2)


NODES, WEIGHTS = zip(*(_node(number) for number in range(ORDER)), strict=True)


def panels(edges: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Points and weights of ``ORDER`` nodes in each interval between ascending ``edges``, flattened."""
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    nodes, weights = (jnp.asarray(part, edges.dtype)[None, :] for part in (NODES, WEIGHTS))
    return (middle[:, None] + half[:, None] * nodes).ravel(), (half[:, None] * weights).ravel()
