"""Evaluate a graph, and propagate finite changes through it rule by rule."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ._fallback import recompute
from ._flow import Flow, among, is_float
from ._graph import Constant, Graph, Node, evaluate
from ._guards import guarded_changes, is_guarded
from ._operands import Operands, Values
from ._rules import DECISIONS, RULES, has_rule


class Taped(NamedTuple):
    """A primitive that keeps values of its own between steps.

    Attributes:
        evaluate: ``(node, arguments, course) -> (outputs, tape)``.
        change: ``(operands, tape, course) -> (changes, tape)``.
    """

    evaluate: Callable[[Node, list[Any], Flow], tuple[list[Any], Any]]
    change: Callable[[Operands, Any, Flow], tuple[list[Any], Any]]


# Filled by ``_control``: these primitives hold graphs, through which changes are propagated here.
CONTROL: dict[str, Callable[[Operands, Flow], list[Any]]] = {}
TAPED: dict[str, Taped] = {}


def evaluate_graph(graph: Graph, leaves: Iterable[Any], course: Flow) -> tuple[list[Any], dict[int, Any]]:
    """Outputs and the values of all variables (primitives with a tape keep it under a negative number)."""
    values: dict[int, Any] = dict(zip(graph.inputs, leaves, strict=True))
    for position, node in enumerate(graph.nodes):
        args = [ref.value if isinstance(ref, Constant) else values[ref] for ref in node.inputs]
        taped = TAPED.get(node.primitive.name)
        if taped is not None and any(among(ref, course.moving) for ref in node.inputs):
            outputs, values[_tape_key(position)] = taped.evaluate(node, args, course)
        else:
            outputs = evaluate(node.primitive, args, node.params)
        values.update(zip(node.outputs, outputs, strict=True))
    return [ref.value if isinstance(ref, Constant) else values[ref] for ref in graph.outputs], values


def change_graph(graph: Graph, store: Values, keep: Iterable[int], course: Flow) -> tuple[list[Any], dict[int, Any]]:
    """Changes of the outputs (None: unchanged) in a ``store`` of inputs, and the kept values after the step."""
    tapes: dict[int, Any] = {}
    for position, node in enumerate(graph.nodes):
        op, name = Operands(node, store), node.primitive.name
        if all(op.change(k) is None for k in range(op.count)):
            changes: list[Any] = [None] * len(node.outputs)
        elif name in TAPED:
            changes, tapes[_tape_key(position)] = TAPED[name].change(op, store.values[_tape_key(position)], course)
        elif name in CONTROL:
            changes = CONTROL[name](op, course)
        else:
            changes = _node_changes(graph, node, op)
        store.changes.update(zip(node.outputs, changes, strict=True))
    outputs = [None if isinstance(ref, Constant) else store.changes[ref] for ref in graph.outputs]
    return outputs, {key: tapes.get(key, store.values[key]) if key < 0 else store.new(key) for key in keep}


def _node_changes(graph: Graph, node: Node, op: Operands) -> list[Any]:
    """Changes of one node's outputs (for outputs that are not floating point: their new values)."""
    name, floating = node.primitive.name, any(is_float(graph.avals[key]) for key in node.outputs)
    if not floating and name not in DECISIONS:
        return evaluate(node.primitive, [op.new(k) for k in range(op.count)], node.params)
    if floating and not has_rule(graph, node):
        op.store.missing.add(name)
    rule = RULES.get(name, recompute) if floating else DECISIONS[name]
    if floating and is_guarded(op):
        return guarded_changes(op, rule)
    out = rule(op)
    return list(out) if isinstance(out, (list, tuple)) else [out]


def _tape_key(position: int) -> int:
    """Variables are numbered from 0; tapes take the negative numbers."""
    return -1 - position
