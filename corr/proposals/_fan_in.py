"""One σ a layer: what a unit's input moves by is the same in wide and in narrow layers."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import check_positive


def by_fan_in(params: Any, mutation_std: float, *, inputs_last: bool = True) -> Any:
    """σ/√n for the links of a unit with n of them, σ for everything else (biases, scales).

    Of inputs of mean square one, the sum that a unit takes then moves by σ, whatever n is.

    Args:
        params: parameters; arrays of two dimensions or more are links.
        mutation_std: σ, positive, in the units of the parameters.
        inputs_last: kernels have shape (out, in) or (out, in, height, width), as those of ``corr.networks``; False for
            (..., in, out), as those of flax's own layers, a convolution's window first.

    Returns:
        A pytree like ``params`` of numbers, for ``mutation(loss, mutation_std=...)``.

    Raises:
        ValueError: if σ is not positive and finite.
        TypeError: if it is no number.

    Example:
        >>> by_fan_in({"kernel": jnp.zeros((3, 4)), "bias": jnp.zeros(3)}, 0.1)
        {'bias': Array(0.1, dtype=float32), 'kernel': Array(0.05, dtype=float32)}

    Reference: LeCun et al. (1998), Efficient backprop, section 4.6.
    """
    std = check_positive("mutation_std", mutation_std)

    def size(leaf: Any) -> jax.Array:
        shape = np.shape(leaf)
        links = shape[1:] if inputs_last else shape[:-1]
        return jnp.asarray(std / math.sqrt(math.prod(links) if len(shape) > 1 else 1), jnp.result_type(float))

    return jax.tree.map(size, params)
