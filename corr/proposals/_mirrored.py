"""The opposite of another law's mutations, for antithetic pairs of trajectories."""

import jax

from .._types import Params
from ._law import Proposal


def mirrored(law: Proposal) -> Proposal:
    """The mutations -ε where ``law`` under the same key gives ε; the same law, since every law is symmetric.

    Mutation by ``law`` and by ``mirrored(law)`` under one root key, on purpose, makes antithetic pairs: the mean of
    trajectory i of both has a/(1 - a) times less variance than that of two independent trajectories, on a linear loss
    of many parameters at acceptance a. At β = ∞ that is 1, no gain: of ε and -ε one is accepted.

    Args:
        law: any proposal.

    Returns:
        A ``Proposal``.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr.proposals import normal
        >>> law, key = normal(0.1), jax.random.key(0)
        >>> bool(jnp.all(mirrored(law).draw(key, jnp.zeros(3)) == -law.draw(key, jnp.zeros(3))))
        True

    Reference: Hammersley and Morton (1956), Proc. Camb. Phil. Soc. 52, 449.
    """

    def draw(key: jax.Array, params: Params) -> Params:
        return jax.tree.map(lambda leaf: -leaf, law.draw(key, params))

    return Proposal(draw, law.bound)
