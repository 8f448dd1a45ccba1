"""A loss with its exact change, and the checks a loss must pass before anything is compiled."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._types import Objective, Params, Scalar
from .difference import difference


def objective(loss: Callable[[Params], Scalar], *, bound: float = math.inf, shortcut: bool = False) -> Objective:
    """A loss U together with its exact change U(x + ε) - U(x).

    Args:
        loss: any JAX function ``params -> scalar``.
        bound: a number that no component of ε exceeds in size (parameter units); ``inf`` if unknown.
        shortcut: give NaN for a change that the cheaper form does not cover (see ``difference``).

    Returns:
        An ``Objective(value, start, change)``.

    Raises:
        TypeError: if ``loss`` is not callable.

    Example:
        >>> U = objective(lambda x: jnp.sum(x**2))
        >>> _, tape = U.start(jnp.ones(2))
        >>> f"{U.change(tape, jnp.array([1e-8, 0.0]))[0]:.3e}"
        '2.000e-08'
    """
    if not callable(loss):
        raise TypeError(f"loss must be a function params -> scalar, got {type(loss).__name__}")
    split = difference(loss, bound=bound, shortcut=shortcut)
    return Objective(loss, split.start, split.change, split.shortcut)


def subtracted(loss: Callable[[Params], Scalar]) -> Objective:
    """A loss whose change is the difference of two evaluations, with the rounding error that brings.

    Args:
        loss: any JAX function ``params -> scalar``.

    Returns:
        An ``Objective`` whose tape holds the parameters and their loss.

    Example:
        >>> U = subtracted(lambda x: jnp.sum(x**2))
        >>> _, tape = U.start(jnp.ones(2))
        >>> f"{U.change(tape, jnp.array([1e-8, 0.0]))[0]:.3e}"
        '0.000e+00'
    """

    def start(params: Params) -> tuple[Scalar, Any]:
        value = loss(params)
        return value, (params, value)

    def change(tape: Any, displacement: Params) -> tuple[Scalar, Any]:
        params, value = tape
        new_value, new_tape = start(jax.tree.map(jnp.add, params, displacement))
        return new_value - value, new_tape

    return Objective(loss, start, change)


def check_params(params: Params) -> Params:
    """The parameters as JAX arrays; refuses empty, integer or non-finite ones."""
    leaves = jax.tree.leaves(params)
    if sum(np.size(leaf) for leaf in leaves) == 0:
        raise ValueError("params hold no numbers: give a pytree of at least one floating-point array")
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        dtype = jnp.result_type(leaf)
        if not jnp.issubdtype(dtype, jnp.floating):
            name = jax.tree_util.keystr(path) or "params"
            raise TypeError(f"{name} has dtype {dtype}, expected floating point: convert it with astype(float)")
        if not np.all(np.isfinite(np.asarray(leaf, np.float64))):
            raise ValueError(f"{jax.tree_util.keystr(path) or 'params'} holds a number that is not finite")
    return jax.tree.map(jnp.asarray, params)


def check_loss(loss: Callable[[Params], Scalar], params: Params) -> float:
    """U at the start; refuses a loss that is not a finite floating-point scalar there."""
    if not callable(loss):
        raise TypeError(f"loss must be a function params -> scalar, got {type(loss).__name__}")
    out = jax.eval_shape(loss, params)
    if not hasattr(out, "shape"):
        raise TypeError(f"loss must return one scalar array, got {jax.tree.structure(out)}")
    if out.shape != ():
        raise ValueError(f"loss must return a scalar, got an array of shape {out.shape}: take its mean or sum")
    if not jnp.issubdtype(out.dtype, jnp.floating):
        raise TypeError(f"loss must return a floating-point number, got dtype {out.dtype}")
    value = float(loss(params))
    if not math.isfinite(value):
        raise ValueError(f"loss is {value} at the start parameters, expected a finite number")
    return value
