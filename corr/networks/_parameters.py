"""Parameters of another network are refused by name, where flax would pass over those that it does not ask for."""

from typing import Any

import jax
import jax.numpy as jnp

Shapes = dict[str, tuple[int, ...]]


def shapes_of(params: Any) -> Shapes:
    """The shape of every array by its place in the tree."""
    leaves = jax.tree_util.tree_leaves_with_path(params)
    return {jax.tree_util.keystr(path): jnp.shape(leaf) for path, leaf in leaves}


def check_params(params: Any, expected: Shapes) -> None:
    """Refuses parameters with another tree or other shapes than the network's start.

    Raises:
        ValueError: naming the first array that is missing, of another shape, or not the network's.
    """
    found = shapes_of(params)
    for name in (*expected, *found):
        if found.get(name) != expected.get(name):
            is_there = f"shape {found[name]}" if name in found else "none"
            wanted = f"shape {expected[name]}" if name in expected else "none: the network has no such parameter"
            raise ValueError(
                f"params are not of this network: for {name} got {is_there}, expected {wanted}. Give those of its init"
            )
