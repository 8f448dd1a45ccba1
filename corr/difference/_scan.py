"""The change of a scan: a scan of changes, with one tape for every iteration."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from . import _propagate
from ._graph import Constant, Graph, Node, build_graph


def evaluate_scan(node: Node, args: list[Any]) -> tuple[list[Any], Any]:
    """Outputs of the scan and its tape: the kept values of every iteration, stacked."""
    graph, groups = _body(node)
    consts, carry, xs = groups.split(args)
    varying_consts = [value for value, constant in zip(consts, groups.constants, strict=True) if constant is None]
    number = len(carry)

    def body(carry: list[Any], xs: list[Any]) -> tuple[list[Any], Any]:
        inputs = [*varying_consts, *carry, *xs]
        outputs, values = _propagate.evaluate_graph(graph, inputs)
        moved = groups.pattern(inputs)
        needed = _propagate.needed_values(graph, values, moved, _unbounded(graph))
        return outputs[:number], (outputs[number:], {key: values[key] for key in needed})

    final, (ys, kept) = jax.lax.scan(
        body, list(carry), list(xs), length=node.params["length"], reverse=node.params["reverse"]
    )
    return [*final, *ys], kept


def change_scan(node: Node, kept: Any, changes: list[Any]) -> tuple[list[Any], Any]:
    """Changes of the outputs for changes of the inputs (None: unchanged), and the new tape."""
    graph, groups = _body(node)
    d_consts, d_carry, d_xs = groups.split(changes)
    avals = [v.aval for v in node.params["jaxpr"].jaxpr.invars]
    a_consts, a_carry, a_xs = groups.split(avals)
    fixed = [
        _zeros(change, aval)
        for change, aval, constant in zip(d_consts, a_consts, groups.constants, strict=True)
        if constant is None
    ]
    start = [_zeros(change, aval) for change, aval in zip(d_carry, a_carry, strict=True)]
    number = len(start)

    def body(carry: list[Any], slices: Any) -> tuple[list[Any], Any]:
        moving, kept = slices
        moved_xs = [moving.get(k) for k in range(len(a_xs))]
        outputs, new = _propagate.change_graph(graph, kept, [*fixed, *carry, *moved_xs], _unbounded(graph), kept)
        return outputs[:number], (outputs[number:], new)

    moving = {k: change for k, change in enumerate(d_xs) if change is not None}
    final, (ys, new) = jax.lax.scan(
        body, start, (moving, kept), length=node.params["length"], reverse=node.params["reverse"]
    )
    return [*final, *ys], new


class _Groups:
    """How the flat inputs of a scan divide into constants, carry and scanned inputs, and which never change."""

    def __init__(self, node: Node):
        self._consts, self._carry = node.params["num_consts"], node.params["num_carry"]
        self.constants = [ref if isinstance(ref, Constant) else None for ref in node.inputs[: self._consts]]
        self._fixed_xs = [isinstance(ref, Constant) for ref in node.inputs[self._consts + self._carry :]]

    def split(self, items: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        end = self._consts + self._carry
        return items[: self._consts], items[self._consts : end], items[end:]

    def pattern(self, inputs: list[Any]) -> list[Any]:
        """``inputs`` with None for scanned inputs that never change."""
        first = len(inputs) - len(self._fixed_xs)
        return [
            *inputs[:first],
            *[None if fixed else x for fixed, x in zip(self._fixed_xs, inputs[first:], strict=True)],
        ]


def _body(node: Node) -> tuple[Graph, _Groups]:
    groups = _Groups(node)
    closed = node.params["jaxpr"]
    free = len(closed.jaxpr.invars) - len(groups.constants)
    inputs = [None if constant is None else constant.value for constant in groups.constants] + [None] * free
    return build_graph(closed, inputs), groups


def _unbounded(graph: Graph) -> dict[int, float]:
    return dict.fromkeys(graph.avals, math.inf)


def _zeros(change: Any, aval: Any) -> Any:
    return jnp.zeros(aval.shape, aval.dtype) if change is None else change
