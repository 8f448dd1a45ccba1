"""What a loss must give for its gradient sides: a derivative, and one that is not zero everywhere."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ._told import warn
from ._types import Params, Scalar

PLACES = 3
REACH = 0.3  # of the size of a parameter plus the root mean square of all


def check_gradient(loss: Callable[[Params], Scalar], params: Params, scale: Any = None) -> None:
    """Refuse a loss without a derivative, and warn where the derivative is zero wherever one looks.

    Looks at the start and at places around it, all parameters moved by about a third of their size: zero at a minimum,
    or for a layer behind weights that start at zero, is zero at one place only.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        params: start parameters.
        scale: a tree like the parameters, 0 where they are frozen and need no gradient; None where all move.

    Raises:
        ValueError: if the loss cannot be differentiated, with the reason, or its gradient is not finite at the start.

    Example:
        >>> check_gradient(lambda x: jnp.sum(x**2), jnp.ones(2))
    """
    gradient = jax.grad(loss)
    try:
        jax.eval_shape(gradient, params)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        cure = ""
        if "while_loop" in str(error):
            cure = " Use a loop with a fixed number of rounds (lax.scan, or fori_loop between Python integers)."
        raise ValueError(
            f"the gradient sides (descent, twin) cannot differentiate this loss: {reason}{cure} Mutation needs no"
            " gradient: run(mutation(loss, ...), ...) alone"
        ) from error
    compiled = jax.jit(gradient)
    still = {_name(path) for path, leaf in jax.tree_util.tree_leaves_with_path(scale) if not np.any(leaf)}
    _refuse_infinite(compiled(params), still)
    silent = {name: zero for name, zero in _without_gradient(compiled, params).items() if name not in still}
    if all(silent.values()):
        warn(
            "the gradient of the loss is exactly zero at the start and around it, so descent and twin stay where they"
            " are (twin: noise alone); a loss of steps, such as an error count, argmax, sign or rounding, has no"
            " gradient. Compare mutation with descent on a smooth loss in its place (cross-entropy, a sigmoid), or run"
            " mutation alone: with rule='barker' at small beta it descends the loss smoothed over its own steps, which"
            ' has a gradient (theory/README.md, "Weight perturbation")',
            stacklevel=3,
        )
    elif any(silent.values()):
        names = [name for name, zero in silent.items() if zero]
        warn(
            f"{', '.join(names[:5])}{', ...' if len(names) > 5 else ''}: the loss has no gradient there, at the start"
            " or around it; mutation moves them at random all the same. If they are running statistics or other state,"
            " close over them; to freeze them give mutation_std as a tree with 0 there",
            stacklevel=3,
        )


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path) or "params"


def _refuse_infinite(gradient: Params, still: set[str]) -> None:
    leaves = jax.tree_util.tree_leaves_with_path(gradient)
    bad = [_name(path) for path, leaf in leaves if _name(path) not in still and not np.all(np.isfinite(leaf))]
    if bad:
        raise ValueError(
            f"the loss is finite at the start and its gradient is not, in {', '.join(bad[:5])}: jnp.where hands on the"
            " NaN of the branch it does not take, so guard the argument as well, where(x > 0, log(where(x > 0, x, 1)),"
            " 0); mutation needs no gradient: run(mutation(loss, ...), ...) alone"
        )


def _without_gradient(gradient: Callable[[Params], Params], params: Params) -> dict[str, bool]:
    """For each leaf that holds numbers, whether its gradient is exactly zero at every place."""
    flat, unravel = ravel_pytree(params)
    fine = np.asarray(flat, np.float64)
    scale = REACH * (np.abs(fine) + math.sqrt(np.mean(fine**2)) + (not fine.any()))
    draws = np.random.default_rng(0).normal(size=(PLACES, len(fine)))
    places = [flat, *(jnp.asarray(fine + scale * draw, flat.dtype) for draw in draws)]
    zero: dict[str, bool] = {}
    for place in places:
        for path, leaf in jax.tree_util.tree_leaves_with_path(gradient(unravel(place))):
            if leaf.size:
                name = _name(path)
                zero[name] = zero.get(name, True) and not np.asarray(leaf).any()
        if not any(zero.values()):
            break
    return zero
