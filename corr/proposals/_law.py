"""What a proposal is, and what its draws must be like."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from .._precision import wide
from .._types import Params

Flat = Callable[[jax.Array, jax.Array], jax.Array]


class Proposal(NamedTuple):
    """A symmetric law of displacements.

    Attributes:
        draw: ``draw(key, params) -> displacement`` like ``params``; only shapes and dtypes of ``params`` matter.
        bound: ``bound(dtype)``, a number that no component ever exceeds in size; ``inf`` if there is none.
    """

    draw: Callable[[jax.Array, Params], Params]
    bound: Callable[[Any], float] = lambda dtype: math.inf


def flat_law(draw: Flat, bound: Callable[[Any], float] = lambda dtype: math.inf) -> Proposal:
    """A proposal for any pytree from one for a flat vector."""

    def any_tree(key: jax.Array, params: Params) -> Params:
        flat, unravel = ravel_pytree(params)
        return unravel(draw(key, flat.astype(wide(flat.dtype))).astype(flat.dtype))

    return Proposal(any_tree, bound)


def check_draw(law: Proposal, params: Params) -> None:
    """Refuse a proposal whose draws are not like the parameters, without drawing from it."""
    drawn = jax.eval_shape(law.draw, jax.random.key(0), params)
    got, expected = jax.tree.structure(drawn), jax.tree.structure(params)
    if got != expected:
        raise ValueError(f"the proposal draws {got}, expected a tree like the parameters {expected}")
    for (path, leaf), like in zip(jax.tree_util.tree_leaves_with_path(drawn), jax.tree.leaves(params), strict=True):
        kind = (leaf.shape, leaf.dtype)
        if kind != (jnp.shape(like), jnp.result_type(like)):
            raise ValueError(
                f"the proposal draws shape {leaf.shape} and dtype {leaf.dtype} for"
                f" {jax.tree_util.keystr(path) or 'params'}, expected {jnp.shape(like)} and {jnp.result_type(like)}"
            )
