"""Moves of single spins: symmetric laws that depend on the angle between old and new spin alone."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from .._checks import check_positive
from ._unit import normalized


class Move(NamedTuple):
    """A symmetric law of new spins.

    Attributes:
        draw: ``draw(key, spins) -> spins``, one new direction for every spin of (3, ...).
        text: what fixes the law.
    """

    draw: Callable[[jax.Array, jax.Array], jax.Array]
    text: str


def gaussian_move(std: float) -> Move:
    """S → (S + σξ)/|S + σξ|, ξ three independent normal numbers.

    Args:
        std: σ > 0, in radians where it is small.

    Returns:
        A ``Move``.

    Raises:
        ValueError, TypeError: for a bad σ.

    Example:
        >>> gaussian_move(0.1).draw(jax.random.key(0), jnp.array([0.0, 0.0, 1.0])).shape
        (3,)

    Reference: Nowak, Chantrell and Kennedy, PRL 84, 163 (2000).
    """
    size = check_positive("std", std)

    def draw(key: jax.Array, spins: jax.Array) -> jax.Array:
        return normalized(spins + size * jax.random.normal(key, spins.shape, spins.dtype))

    return Move(draw, f"gaussian {size!r}")


def cone_move(angle: float) -> Move:
    """A new spin, uniform on the cap of half-angle θ around the old one.

    Args:
        angle: θ in (0, π], in radians; π: uniform on the sphere.

    Returns:
        A ``Move``.

    Raises:
        ValueError, TypeError: for a bad θ.

    Example:
        >>> new = cone_move(0.1).draw(jax.random.key(0), jnp.array([0.0, 0.0, 1.0]))
        >>> bool(new[2] >= jnp.cos(0.1))
        True
    """
    half = check_positive("angle", angle)
    if half > math.pi:
        raise ValueError(f"angle must be at most pi, got {angle}")

    def draw(key: jax.Array, spins: jax.Array) -> jax.Array:
        tilt_key, turn_key = jax.random.split(key)
        # 1 - cos keeps its digits for narrow cones, where cos itself is nearly 1.
        fall = 2 * math.sin(half / 2) ** 2 * jax.random.uniform(tilt_key, (1, *spins.shape[1:]), spins.dtype)
        turn = 2 * math.pi * jax.random.uniform(turn_key, (1, *spins.shape[1:]), spins.dtype)
        first, second = _frame(spins)
        aside = jnp.cos(turn) * first + jnp.sin(turn) * second
        return normalized((1 - fall) * spins + jnp.sqrt(fall * (2 - fall)) * aside)

    return Move(draw, f"cone {half!r}")


def _frame(spins: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Two unit vectors at right angles to every spin and to each other, without a pole (Duff et al., 2017)."""
    x, y, z = spins
    sign = jnp.where(z >= 0, 1, -1).astype(z.dtype)
    a = -1 / (sign + z)
    b = x * y * a
    return jnp.stack([1 + sign * x * x * a, sign * b, -sign * x]), jnp.stack([b, sign + y * y * a, -y])
