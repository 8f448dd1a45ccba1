"""One coordinate at a time by a Pareto size: at finite β the drift of each is a power of its slope."""

import math

import jax
import jax.numpy as jnp

from .._checks import check_positive, real_number
from ._law import Proposal, flat_law


def one_coordinate_pareto(smallest: float, exponent: float, largest: float = math.inf) -> Proposal:
    """One component, chosen uniformly, mutates by a size of density ∝ |ε|^{-2-H} between two ends, either sign.

    At finite β its drift on a linear loss goes as sign(g_i)(β|g_i|)^H for slopes between 1/(β largest) and
    1/(β smallest), as g_i below and as sign g_i above (``theory.stable.pareto_drift``).

    Args:
        smallest: a > 0, parameter units.
        exponent: H in (0, 1).
        largest: b > a, or ∞.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if a, b or H is out of range.

    Example:
        >>> drawn = one_coordinate_pareto(0.1, 0.5).draw(jax.random.key(0), jnp.zeros(9))
        >>> int(jnp.sum(drawn != 0)), bool(jnp.max(jnp.abs(drawn)) >= 0.1)
        (1, True)

    Reference: theory/README.md, "Heavy tails".
    """
    smallest, exponent = check_positive("smallest", smallest), real_number("exponent", exponent)
    if not 0 < exponent < 1:
        raise ValueError(f"exponent (H) must lie in (0, 1), got {exponent}")
    if not largest > smallest:
        raise ValueError(f"largest must lie above smallest = {smallest:g}, got {largest}")
    share = 1 - (smallest / largest) ** (1 + exponent)

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        which, size, side = jax.random.split(key, 3)
        chosen = jnp.arange(flat.size) == jax.random.randint(which, (), 0, flat.size)
        left = 1 - share * jax.random.uniform(size, (), flat.dtype)
        length = jnp.minimum(smallest * left ** (-1 / (1 + exponent)), largest)  # the power rounds beyond it
        return jnp.where(chosen, length * jax.random.rademacher(side, (), flat.dtype), jnp.zeros_like(flat))

    return flat_law(draw, lambda dtype: largest)
