"""Evaluate a graph, and propagate finite changes through it rule by rule."""

from collections.abc import Iterable
from typing import Any

from ._branches import change_cond
from ._fallback import recompute
from ._flow import Flow, among, is_float
from ._graph import Constant, Graph, Node, evaluate
from ._guards import guarded_changes, is_guarded
from ._loops import change_while
from ._operands import Operands, Values
from ._rules import DECISIONS, RULES, has_rule
from ._scan import change_scan, evaluate_scan

SCAN = "scan"
CONTROL = {"cond": change_cond, "while": change_while}


def evaluate_graph(graph: Graph, leaves: Iterable[Any], course: Flow) -> tuple[list[Any], dict[int, Any]]:
    """Outputs and the values of all variables (scans keep their own tapes under negative numbers)."""
    values: dict[int, Any] = dict(zip(graph.inputs, leaves, strict=True))
    for position, node in enumerate(graph.nodes):
        args = [ref.value if isinstance(ref, Constant) else values[ref] for ref in node.inputs]
        if node.primitive.name == SCAN and any(among(ref, course.moving) for ref in node.inputs):
            outputs, values[_tape_key(position)] = evaluate_scan(node, args, course)
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
        elif name == SCAN:
            changes, tapes[_tape_key(position)] = change_scan(op, store.values[_tape_key(position)], course)
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
    """Variables are numbered from 0; the tapes of scans take the negative numbers."""
    return -1 - position
