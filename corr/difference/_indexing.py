"""Rules for reading and writing at indices: linear in the arrays at given indices, exact where the indices move.

With new indices i', f(x + Δ, i') - f(x, i) = (f(x, i') - f(x, i)) + f(Δ, i'). Error: that of the difference of the two
numbers read.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ._fallback import recompute
from ._graph import Node, evaluate
from ._operands import Operands
from ._sums import replaced


def _linear_in(is_array: Callable[[int, int], bool], linear_params: Callable[[dict[str, Any]], dict[str, Any]] = dict):
    """Linear in the operands k of n for which ``is_array(k, n)``; the others are indices."""

    def rule(op: Operands) -> Any:
        places = range(op.count)
        arrays = [is_array(k, op.count) for k in places]
        moved = [op.change_or_zeros(k) if arrays[k] else op.new(k) for k in places]
        change = evaluate(op.node.primitive, moved, linear_params(op.params))[0]
        if all(arrays[k] or op.change(k) is None for k in places):
            return change
        elsewhere = op.apply(*[op.value(k) if arrays[k] else op.new(k) for k in places])
        return replaced(op.apply(*[op.value(k) for k in places]), elsewhere, change)

    return rule


def _unfilled(params: dict[str, Any]) -> dict[str, Any]:
    """A gather's fill value is a constant, which is not displaced."""
    return {**params, "fill_value": 0}


_gather = _linear_in(lambda k, n: k == 0, _unfilled)
_dynamic_slice = _linear_in(lambda k, n: k == 0)
_dynamic_update_slice = _linear_in(lambda k, n: k < 2)
_write = _linear_in(lambda k, n: k != 1)


def _scatter(op: Operands) -> Any:
    return _write(op) if replaces(op.node) else recompute(op)


def replaces(node: Node) -> bool:
    """Whether a scatter writes its updates as they are, and not a function of what stood there."""
    update = node.params["update_jaxpr"]
    return update is None or not update.eqns


def _scatter_extremum(op: Operands) -> Any:
    """max(x' - m, updates' - m) with m the old maximum at every place written to; the same for minima."""
    if op.change(1) is not None:
        return recompute(op)
    value, indices, updates = (op.value(k) for k in range(3))
    extremum = op.apply(value, indices, updates)
    stayed = replaced(extremum, value, op.change_or_zeros(0))
    written = replaced(_read_at(op, extremum), updates, op.change_or_zeros(2))
    return op.apply(stayed, indices, written)


def _read_at(op: Operands, array: jax.Array) -> jax.Array:
    """The entries of ``array`` at the places a scatter writes to: the transpose of adding there."""

    def add(updates: jax.Array) -> jax.Array:
        numbers, mode = op.params["dimension_numbers"], op.params["mode"]
        return jax.lax.scatter_add(jnp.zeros_like(array), op.value(1), updates, numbers, mode=mode)

    return jax.linear_transpose(add, op.value(2))(array)[0]


RULES = {
    "gather": _gather,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "scatter": _scatter,
    **dict.fromkeys(("scatter-add", "scatter-sub"), _write),
    **dict.fromkeys(("scatter-max", "scatter-min"), _scatter_extremum),
}
