"""Symmetric stable mutations, whose tails fall as a power: their drift is the power gradient."""

import math

import jax
import jax.numpy as jnp

from .._checks import check_positive, real_number
from ._law import Proposal, flat_law


def stable(scale: float, alpha: float) -> Proposal:
    """Independent symmetric stable components, E e^{iuε} = e^{-|σu|^α}, by Chambers, Mallows and Stuck.

    ε = σ sin(αV)/cos(V)^{1/α} (cos((1 - α)V)/W)^{(1-α)/α} with V even in (-π/2, π/2) and W exponential. On a linear
    loss the drift at small β is that of sign(g)|g|^{α-1}, at β = ∞ that of sign(g)|g|^{α-1}/‖g‖_α^{α-1}
    (``theory.stable``); for α < 2 steps have no variance, so that means over n trajectories converge as n^{-(1-1/α)}.
    Medians of blocks say more of symmetric steps alone: those accepted at β = ∞ are skewed.

    Args:
        scale: σ > 0, parameter units; at α = 2 the standard deviation is σ√2.
        alpha: α in (1, 2].

    Returns:
        A ``Proposal``. V has 24 bits: of one component in 10^7 the size is coarse.

    Raises:
        ValueError: if σ or α is out of range.

    Example:
        >>> stable(0.1, 1.5).draw(jax.random.key(0), jnp.zeros(3)).shape
        (3,)

    Reference: Chambers, Mallows and Stuck, J. Am. Stat. Assoc. 71, 340 (1976); theory/README.md, "Heavy tails".
    """
    scale, alpha = check_positive("scale", scale), real_number("alpha", alpha)
    if not 1 < alpha <= 2:
        raise ValueError(f"alpha must lie in (1, 2], got {alpha}: at 1 and below a component has no mean")

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        angle, size, side = jax.random.split(key, 3)
        # From the end of the half circle, where tails are made and where floats are dense; never 0.
        left = math.pi / 2 * (1 - jax.random.uniform(angle, flat.shape, flat.dtype))
        v = math.pi / 2 - left
        w = jnp.maximum(jax.random.exponential(size, flat.shape, flat.dtype), jnp.finfo(flat.dtype).tiny)
        found = jnp.sin(alpha * v) / jnp.sin(left) ** (1 / alpha) * (jnp.cos((1 - alpha) * v) / w) ** (1 / alpha - 1)
        return scale * found * jax.random.rademacher(side, flat.shape, flat.dtype)

    return flat_law(draw)
