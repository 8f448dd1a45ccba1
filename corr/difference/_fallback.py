"""For primitives without a rule: recompute in float64 where that can be, else subtract."""

from typing import Any

import jax
import jax.numpy as jnp

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
    avals = op.out_avals()
    with jax.enable_x64(True):
        old = [wide(op.value(k)) if op.is_float(k) else op.value(k) for k in range(op.count)]
        new = [_moved(op, k, old[k]) for k in range(op.count)]
        if _lowers(op.node, old, avals):
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


def _lowers(node: Node, args: list[Any], avals: list[Any]) -> bool:
    """Whether the primitive can be compiled in float64 inside a program for which x64 is off.

    Some primitives are written in JAX themselves and take the precision of the whole program when it is compiled, after
    this context is left. Called with x64 on; tried once for every primitive and kind of arguments.
    """
    shapes = tuple(jax.ShapeDtypeStruct(jnp.shape(arg), jnp.result_type(arg)) for arg in args)
    key = (node.primitive, shapes, str(node.params))
    if key not in _LOWERS:
        traced = jax.jit(lambda *given: apply_wide(node, list(given), avals)).trace(*shapes)
        try:
            with jax.enable_x64(False):
                traced.lower()
            _LOWERS[key] = True
        except (TypeError, ValueError, NotImplementedError):
            _LOWERS[key] = False
    return _LOWERS[key]
