"""Evaluate a graph, and propagate finite changes through it rule by rule."""

from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from ._fallback import recompute
from ._graph import Constant, Graph, Node, evaluate
from ._operands import Operands, Values
from ._rules import DECISIONS, RULES, has_rule
from ._scan import change_scan, evaluate_scan

SCAN = "scan"


def without_rule(graph: Graph) -> set[str]:
    """Names of the primitives that fall back on recomputation."""
    nodes = [node for node in graph.nodes if _is_float(graph, node) and node.primitive.name != SCAN]
    return {node.primitive.name for node in nodes if not has_rule(graph, node)}


def evaluate_graph(graph: Graph, leaves: Iterable[Any]) -> tuple[list[Any], dict[int, Any]]:
    """Outputs and the values of all variables (scans keep their own tapes under negative numbers)."""
    values: dict[int, Any] = dict(zip(graph.inputs, leaves, strict=True))
    for position, node in enumerate(graph.nodes):
        args = [ref.value if isinstance(ref, Constant) else values[ref] for ref in node.inputs]
        if node.primitive.name == SCAN:
            outputs, values[_tape_key(position)] = evaluate_scan(node, args)
        else:
            outputs = evaluate(node.primitive, args, node.params)
        values.update(zip(node.outputs, outputs, strict=True))
    return [ref.value if isinstance(ref, Constant) else values[ref] for ref in graph.outputs], values


def change_graph(
    graph: Graph,
    values: Mapping[int, Any],
    moved: Iterable[Any],
    bounds: dict[int, float],
    keep: Iterable[int],
    *,
    shortcut: bool = False,
) -> tuple[list[Any], dict[int, Any]]:
    """Changes of the outputs for changes ``moved`` of the inputs (None: unchanged), and the kept values after it."""
    store = Values(values, dict(zip(graph.inputs, moved, strict=True)), graph.avals, bounds, shortcut)
    tapes: dict[int, Any] = {}
    for position, node in enumerate(graph.nodes):
        key = _tape_key(position)
        if node.primitive.name == SCAN:
            store.changes.update(zip(node.outputs, _scan_changes(store, node, key, tapes), strict=True))
        else:
            store.changes.update(zip(node.outputs, node_changes(graph, node, store), strict=True))
    outputs = [_output_change(ref, store) for ref in graph.outputs]
    return outputs, {key: tapes[key] if key < 0 else store.new(key) for key in keep}


def node_changes(graph: Graph, node: Node, store: Values) -> list[Any]:
    """Changes of one node's outputs (for outputs that are not floating point: their new values)."""
    operands = Operands(node, store)
    if all(operands.change(k) is None for k in range(len(node.inputs))):
        return [None] * len(node.outputs)
    name = node.primitive.name
    if not _is_float(graph, node) and name not in DECISIONS:
        return evaluate(node.primitive, [operands.new(k) for k in range(len(node.inputs))], node.params)
    out = DECISIONS[name](operands) if name in DECISIONS else RULES.get(name, recompute)(operands)
    return list(out) if isinstance(out, (list, tuple)) else [out]


def needed_values(
    graph: Graph, values: Mapping[int, Any], moved: list[Any], bounds: dict[int, float], *, shortcut: bool = False
) -> tuple[int, ...]:
    """Which values the change pass reads, found by tracing it once without computing anything.

    ``moved`` stands for the changes of the inputs, None where an input never changes.
    """
    read: set[int] = set()

    def dry_run(known: dict[int, Any], moved: list[Any]) -> Any:
        return change_graph(graph, _Recorder(known, read), moved, bounds, (), shortcut=shortcut)[0]

    jax.eval_shape(dry_run, dict(values), moved)
    return tuple(sorted(read))


class _Recorder(Mapping):
    """A mapping that notes what is read from it."""

    def __init__(self, known: Mapping[int, Any], read: set[int]):
        self._known, self._read = known, read

    def __getitem__(self, key: int) -> Any:
        self._read.add(key)
        return self._known[key]

    def __iter__(self):
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _scan_changes(store: Values, node: Node, key: int, tapes: dict[int, Any]) -> list[Any]:
    operands = Operands(node, store)
    changes = [operands.change(k) for k in range(len(node.inputs))]
    outputs, tapes[key] = change_scan(node, store.values[key], changes)
    return outputs


def _output_change(ref: Any, store: Values) -> Any:
    if isinstance(ref, Constant):
        return jnp.zeros_like(ref.value)
    aval = store.avals[ref]
    return jnp.zeros(aval.shape, aval.dtype) if store.changes[ref] is None else store.changes[ref]


def _tape_key(position: int) -> int:
    """Variables are numbered from 0; the tapes of scans take the negative numbers."""
    return -1 - position


def _is_float(graph: Graph, node: Node) -> bool:
    return any(jnp.issubdtype(graph.avals[k].dtype, jnp.inexact) for k in node.outputs)
