"""Mutations with heavier tails than the Gaussian: Laplace and Student's t."""

import math
import warnings

import jax
import jax.numpy as jnp

from .._checks import check_positive
from ._law import Proposal, flat_law


def laplace(std: float) -> Proposal:
    """Independent components with density e^{-√2 |ε|/σ}/(√2 σ).

    Args:
        std: σ > 0.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> laplace(0.1).draw(jax.random.key(0), jnp.zeros(3)).shape
        (3,)

    Reference: theory/README.md, "Other mutations".
    """
    scale = check_positive("std", std) / math.sqrt(2)
    return flat_law(lambda key, flat: scale * jax.random.laplace(key, flat.shape, flat.dtype))


def student_t(std: float, degrees: float, *, joint: bool = False) -> Proposal:
    """Student's t with ν degrees of freedom, scaled to standard deviation σ where ν > 2.

    With ν <= 2 there is no variance: σ is then the scale, and a warning says that the drift is no multiple of the
    gradient: its tails are those of ``stable`` with α = ν, whose drift follows sign(g)|g|^{ν-1}.

    Args:
        std: σ > 0.
        degrees: ν > 0.
        joint: one common scale for all components (the multivariate t) instead of independent ones.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ or ν is out of range.

    Example:
        >>> student_t(0.1, 5.0).draw(jax.random.key(0), jnp.zeros(3)).shape
        (3,)

    Reference: theory/README.md, "Other mutations".
    """
    scale, degrees = check_positive("std", std), check_positive("degrees", degrees)
    if degrees > 2:
        scale *= math.sqrt((degrees - 2) / degrees)
    else:
        warnings.warn(
            f"Student's t with {degrees:g} <= 2 degrees of freedom has no variance: its drift is a power of the"
            " gradient, see corr.proposals.stable, whose law is known",
            stacklevel=2,
        )

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        top, bottom = jax.random.split(key)
        shape = () if joint else flat.shape
        chi = 2 * jax.random.gamma(bottom, degrees / 2, shape, flat.dtype)
        return scale * jax.random.normal(top, flat.shape, flat.dtype) * jnp.sqrt(degrees / chi)

    return flat_law(draw)
