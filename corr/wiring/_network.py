"""Links of all matrices of a network: drawn at the start, replaced, and what an optimizer remembers of them."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from .._types import Params
from ._links import erdos_renyi, grown, pruned


def rewired(
    key: jax.Array, params: Params, links: Params, *, share: float, fresh: float | None, by_size: bool = True,
    slopes: Params | None = None,
) -> tuple[Params, Params, Params]:  # fmt: skip
    """One replacement: parameters and links without the weakest and with as many new ones.

    Args:
        key: a typed key.
        params: any pytree.
        links: like it, truth values; leaves with a single one stay.
        share: ζ in (0, 1).
        fresh: standard deviation of new weights; None for √(2/n), n the links into the unit.
        by_size: whether the weakest go; else any, as many of either sign.
        slopes: like the parameters, gradients by whose size links grow; None to grow at random.

    Returns:
        (params, links, survivors): the last are links that were not pruned, also where a pruned one grows again.

    Example:
        >>> links = {"w": jnp.ones((2, 3), bool).at[0].set(False)}
        >>> params, new, kept = rewired(jax.random.key(0), {"w": jnp.ones((2, 3))}, links, share=0.5, fresh=0.0)
        >>> int(new["w"].sum()), int(kept["w"].sum())
        (3, 2)

    Reference: as ``sparse``.
    """
    leaves, structure = jax.tree.flatten(params)
    keys = jax.random.split(key, len(leaves))
    steep = [None] * len(leaves) if slopes is None else jax.tree.leaves(slopes)
    found = [
        _rewired(one, leaf, there, share, fresh, by_size, slope)
        for one, leaf, there, slope in zip(keys, leaves, jax.tree.leaves(links), steep, strict=True)
    ]
    moved, new, kept = (jax.tree.unflatten(structure, [one[side] for one in found]) for side in range(3))
    return moved, new, kept


def _rewired(
    key: jax.Array, weights: jax.Array, links: jax.Array, share: float, fresh: float | None, by_size: bool,
    slopes: jax.Array | None,
) -> tuple[jax.Array, jax.Array, jax.Array]:  # fmt: skip
    if not links.ndim:
        return weights, links, links
    where, size, which = jax.random.split(key, 3)
    chances = jax.random.uniform(which, weights.shape, weights.dtype, minval=jnp.finfo(weights.dtype).tiny)
    kept = pruned(weights if by_size else jnp.where(weights < 0, -chances, chances), links, share)
    new = grown(where, kept, jnp.sum(links) - jnp.sum(kept), slopes)
    into = jnp.maximum(jnp.sum(new, axis=1, keepdims=True), 1).astype(weights.dtype)
    std = jnp.sqrt(2 / into) if fresh is None else jnp.full((len(weights), 1), fresh, weights.dtype)
    born = std * jax.random.normal(size, weights.shape, weights.dtype)
    return jnp.where(kept, weights, jnp.where(new, born, 0)), new, kept


def linked(params: Params, links: Params) -> Params:
    """Zero where no link is."""
    return jax.tree.map(lambda leaf, there: jnp.where(there, leaf, 0), params, links)


def drawn(key: jax.Array, params: Params, epsilon: Mapping[str, float]) -> Params:
    """Links of the matrices that are named, a single True of all else; ``ValueError`` where there is no such matrix."""
    paths = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in
             jax.tree_util.tree_leaves_with_path(params)}  # fmt: skip
    matrices = [path for path, leaf in paths.items() if jnp.ndim(leaf) == 2]
    unknown = sorted({*epsilon} - {*matrices})
    if unknown or not epsilon:
        raise ValueError(
            f"epsilon must name matrices of the parameters, {', '.join(matrices) or 'of which there are none'}; got"
            f" {', '.join(unknown) or 'none'}"
        )
    keys = dict(zip(paths, jax.random.split(key, len(paths)), strict=True))
    found = [erdos_renyi(keys[path], leaf.shape, epsilon[path]) if path in epsilon else jnp.array(True)
             for path, leaf in paths.items()]  # fmt: skip
    return jax.tree.unflatten(jax.tree.structure(params), found)


def remembered(memory: Any, kept: Params, params: Params) -> Any:
    """What is remembered of every weight, in trees like the parameters, is zero where a link is new."""
    like = jax.tree.structure(params)

    def is_like(node: Any) -> bool:
        return jax.tree.structure(node) == like and all(
            jnp.shape(one) == jnp.shape(leaf)
            for one, leaf in zip(jax.tree.leaves(node), jax.tree.leaves(params), strict=True)
        )

    return jax.tree.map(lambda node: linked(node, kept) if is_like(node) else node, memory, is_leaf=is_like)
