"""Rows of recorded numbers as parameters again."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._types import Params


def unflatten(params: Params, rows: Any) -> Params:
    """Recorded numbers, such as ``data.path`` or ``data["mean"]``, as a pytree like the parameters.

    Args:
        params: the start parameters of the run, or any pytree of their structure, shapes and dtypes.
        rows: numbers with the parameters on the last axis, shape (..., N); an array or an xarray DataArray.

    Returns:
        A pytree like ``params`` whose leaves have shape (..., *leaf.shape) and the leaf's dtype.

    Raises:
        ValueError: if the last axis does not have as many numbers as the parameters.

    Example:
        >>> unflatten({"a": jnp.zeros(()), "b": jnp.zeros((1, 2))}, np.arange(6.0).reshape(2, 3))["b"].tolist()
        [[[1.0, 2.0]], [[4.0, 5.0]]]
    """
    rows = np.asarray(rows)
    leaves, treedef = jax.tree.flatten(params)
    sizes = [math.prod(np.shape(leaf)) for leaf in leaves]
    if rows.ndim == 0 or rows.shape[-1] != sum(sizes):
        raise ValueError(f"rows have shape {rows.shape}, expected (..., {sum(sizes)}): one number per parameter")
    parts = np.split(rows, np.cumsum(sizes)[:-1], axis=-1)
    shaped = [
        jnp.asarray(part.reshape((*rows.shape[:-1], *np.shape(leaf))), jnp.result_type(leaf))
        for part, leaf in zip(parts, leaves, strict=True)
    ]
    return jax.tree.unflatten(treedef, shaped)
