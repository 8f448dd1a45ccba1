"""A loss with its exact change, and the checks a loss must pass before anything is compiled."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._told import warn
from ._types import Objective, Params, Scalar
from .difference import difference


def objective(loss: Callable[[Params], Scalar], *, bound: float = math.inf, shortcut: bool = False) -> Objective:
    """A loss U together with its exact change U(x + ε) - U(x).

    Args:
        loss: a JAX function ``params -> scalar``, floating point. Primitives without an exact-change rule are
            recomputed in float64, with a warning that names them.
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
        loss: a JAX function ``params -> scalar``.

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
    """The parameters as JAX arrays; refuses what is no real number, not finite or empty, warns of batch statistics."""
    try:
        leaves = jax.tree_util.tree_leaves_with_path(params)
    except ValueError as error:
        raise TypeError(f"params are no pytree: {error}; give the keys of each dictionary one type") from error
    for path, leaf in leaves:
        _check_leaf(jax.tree_util.keystr(path) or "params", leaf)
    if sum(np.size(leaf) for _, leaf in leaves) == 0:
        raise ValueError("params hold no numbers: give a pytree of at least one floating-point array")
    statistics = _not_weights(params)
    if statistics:
        warn(
            f"params hold {', '.join(statistics)}: running statistics or other state, not weights, but they would be"
            " mutated as weights. Give the weights alone and close over the rest: loss = lambda weights:"
            " U(module.apply({'params': weights, **rest}, ...))",
            stacklevel=3,
        )
    return jax.tree.map(jnp.asarray, params)


def _check_leaf(name: str, leaf: Any) -> None:
    if isinstance(leaf, (str, bytes)) or callable(leaf):
        raise TypeError(
            f"{name} is a {type(leaf).__name__}, expected an array of numbers: leave it out of params, the loss can"
            " close over it"
        )
    try:
        dtype = jnp.result_type(leaf)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} is a {type(leaf).__name__}, expected an array of floating-point numbers") from error
    if jnp.issubdtype(dtype, jnp.complexfloating):
        raise TypeError(f"{name} has dtype {dtype}, expected real numbers: give real and imaginary part as two leaves")
    if not jnp.issubdtype(dtype, jnp.floating):
        raise TypeError(
            f"{name} has dtype {dtype}, expected floating point: write 1.0 for 1, convert an array with astype(float),"
            " or, if it is no weight, leave it out and close over it"
        )
    if not np.all(np.isfinite(np.asarray(leaf, np.float64))):
        raise ValueError(f"{name} holds a number that is not finite")


def _not_weights(params: Params) -> list[str]:
    """Parts of the parameters that hold no weights: flax's collections beside ``params``, and batch statistics."""
    found = []
    if isinstance(params, Mapping) and "params" in params:
        found = [repr(name) for name in params if name != "params"]
    paths = jax.tree_util.tree_leaves_with_path(params, is_leaf=lambda node: type(node).__name__ == "BatchStat")
    for path, node in paths:
        keys = [str(getattr(key, "key", getattr(key, "name", ""))) for key in path]
        if ("batch_stats" in keys and "'batch_stats'" not in found) or type(node).__name__ == "BatchStat":
            found.append("'batch_stats'" if "batch_stats" in keys else jax.tree_util.keystr(path))
    return found


def check_loss(loss: Callable[[Params], Scalar], params: Params) -> float:
    """U at the start; refuses a loss that is not a finite floating-point scalar there."""
    if not callable(loss):
        raise TypeError(f"loss must be a function params -> scalar, got {type(loss).__name__}")
    try:
        out = jax.eval_shape(loss, params)
    except jax.errors.JAXTypeError as error:
        raise TypeError(
            f"the loss is no JAX function: {str(error).splitlines()[0]} Use jax.numpy in place of numpy, and"
            " jnp.where or jax.lax.cond in place of an if on parameters"
        ) from error
    if not hasattr(out, "shape"):
        raise TypeError(
            f"loss must return one scalar array, got {jax.tree.structure(out)}: return the loss alone, without"
            " auxiliary outputs"
        )
    if out.shape != ():
        raise ValueError(f"loss must return a scalar, got an array of shape {out.shape}: take its mean or sum")
    if jnp.issubdtype(out.dtype, jnp.complexfloating):
        raise TypeError(f"loss must return a real number, got dtype {out.dtype}: take its real part, or abs(...)**2")
    if not jnp.issubdtype(out.dtype, jnp.floating):
        raise TypeError(
            f"loss must return a floating-point number, got dtype {out.dtype}: convert it with astype(float) (a count"
            " of errors has no gradient, so only mutation can use it)"
        )
    value = float(loss(params))
    if not math.isfinite(value):
        raise ValueError(f"loss is {value} at the start parameters, expected a finite number")
    return value
