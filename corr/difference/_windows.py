"""Rules for the extrema of sliding windows (pooling): ``reduce_max`` in every window.

Error: as that of ``reduce_max``.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._operands import Operands
from ._sums import replaced


def _extremum(reduce: Callable[..., jax.Array], padding: float):
    def rule(op: Operands) -> Any:
        values, changes = _windows(op.params, op.value(0), padding), _windows(op.params, op.change(0), 0.0)
        axes = tuple(range(1, values.ndim, 2))
        return reduce(replaced(reduce(values, axes, keepdims=True), values, changes), axes)

    return rule


def _windows(params: dict[str, Any], array: jax.Array, padding: float) -> jax.Array:
    """Every axis replaced by two: which window, and where in it."""
    edges = zip(params["padding"], params["base_dilation"], strict=True)
    array = jax.lax.pad(array, jnp.asarray(padding, array.dtype), [(*edge, gap - 1) for edge, gap in edges])
    shapes = zip(params["window_dimensions"], params["window_strides"], params["window_dilation"], strict=True)
    for axis, (size, stride, dilation) in enumerate(shapes):
        number = (array.shape[2 * axis] - dilation * (size - 1) - 1) // stride + 1
        places = stride * np.arange(number)[:, None] + dilation * np.arange(size)
        array = jnp.take(array, places, axis=2 * axis)
    return array


RULES = {"reduce_window_max": _extremum(jnp.max, -np.inf), "reduce_window_min": _extremum(jnp.min, np.inf)}
