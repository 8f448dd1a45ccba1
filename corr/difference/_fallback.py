"""For primitives without a rule: recompute in float64 where that can be, else subtract."""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from ._graph import Node, evaluate
from ._operands import Operands
from ._promote import apply_wide, wide


def recompute(op: Operands) -> list[Any]:
    """f(x + Δ) - f(x) from two evaluations; for outputs that are not floating point, their new values."""
    before, after = two_values(op)
    pairs = zip(after, before, op.out_dtypes(), strict=True)
    return [
        narrowed(late - early, dtype) if jnp.issubdtype(dtype, jnp.inexact) else late for late, early, dtype in pairs
    ]


def two_values(op: Operands) -> tuple[list[Any], list[Any]]:
    """The outputs before and after the step, in float64, or in the node's own precision where that cannot be."""
    avals, goes_wide = op.out_avals(), _goes_wide(op)
    with jax.enable_x64(True):
        old = [wide(op.value(k)) if op.is_float(k) else op.value(k) for k in range(op.count)]
        new = [_moved(op, k, old[k]) for k in range(op.count)]
        if goes_wide:
            before, after = apply_wide(op.node, old, avals), apply_wide(op.node, new, avals)
            if before is not None and after is not None:
                return before, after
    own = [evaluate(op.node.primitive, [at(k) for k in range(op.count)], op.node.params) for at in (op.value, op.new)]
    return own[0], own[1]


def narrowed(value: Any, dtype: Any) -> Any:
    """A float64 result in the node's own dtype."""
    with jax.enable_x64(True):
        return value.astype(dtype)


def _moved(op: Operands, k: int, old: Any) -> Any:
    change = op.change(k)
    if not op.is_float(k):
        return op.new(k)
    if change is None:
        return old
    moved = old + wide(change)
    return jnp.where(jnp.isfinite(old), moved, wide(change)) if op.is_guarded(k) else moved


_LOWERS: dict[Any, bool] = {}


def _goes_wide(op: Operands) -> bool:
    """Whether the primitive can be batched and compiled in float64 inside a program for which x64 is off.

    Some primitives are written in JAX themselves and take the precision of the whole program when they are batched or
    compiled, after this context is left: they fail, or warn that they are cut down to float32. Tried once for every
    primitive and kind of arguments.
    """
    if jnp.result_type(float) == np.float64:
        return True
    node, avals = op.node, op.out_avals()
    shapes = [jax.ShapeDtypeStruct(jnp.shape(arg), jnp.result_type(arg)) for arg in map(op.value, range(op.count))]
    key = (node.primitive, tuple(shapes), str(node.params))
    if key not in _LOWERS:
        _LOWERS[key] = _is_compiled_wide(node, shapes, avals)
    return _LOWERS[key]


def _is_compiled_wide(node: Node, shapes: list[Any], avals: list[Any]) -> bool:
    def widened(*args: Any) -> list[Any]:
        with jax.enable_x64(True):
            outputs = apply_wide(node, [wide(arg) for arg in args], avals)
            if outputs is None:
                raise TypeError(f"{node.primitive} has no form in float64")
            return [out.astype(aval.dtype) for out, aval in zip(outputs, avals, strict=True)]

    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            alone = core.jaxpr_as_fun(jax.make_jaxpr(widened)(*shapes))
            batch = [jax.ShapeDtypeStruct((1, *shape.shape), shape.dtype) for shape in shapes]
            jax.jit(jax.vmap(alone)).lower(*batch)
        except (TypeError, ValueError, NotImplementedError, UserWarning):  # JAX says all four of what it cannot lower
            return False
    return True
