"""The body of a loop or a branch as a graph of its own, and changes handed in and out of it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ._flow import Flow, among, finite, flow
from ._graph import Constant, Graph, Ref, build_graph
from ._guards import recoded, still
from ._operands import Operands, Values
from ._propagate import change_graph, evaluate_graph


class Body(NamedTuple):
    """A graph inside a primitive.

    Attributes:
        graph: its inputs are those that are not constants.
        slots: position of every graph input among the inputs of the jaxpr.
        course: what moves and what is guarded inside.
    """

    graph: Graph
    slots: tuple[int, ...]
    course: Flow

    def moves(self, position: int) -> bool:
        """Whether input ``position`` of the jaxpr moves."""
        return any(key in self.course.moving for key in self._at(position))

    def guards(self, position: int) -> bool:
        """Whether the change of input ``position`` may stand for a new value."""
        return any(key in self.course.guarded for key in self._at(position))

    def guards_output(self, k: int) -> bool:
        """Whether the change of output k may stand for a new value."""
        return among(self.graph.outputs[k], self.course.guarded)

    def moves_output(self, k: int) -> bool:
        """Whether output k moves."""
        return among(self.graph.outputs[k], self.course.moving)

    def inputs(self, items: Sequence[Any]) -> list[Any]:
        """Those of all inputs of the jaxpr that the graph takes."""
        return [items[position] for position in self.slots]

    def _at(self, position: int) -> list[int]:
        return [key for key, slot in zip(self.graph.inputs, self.slots, strict=True) if slot == position]


class Handed(NamedTuple):
    """What a primitive hands to one input of its body: its constant value or None, and whether it moves or may fail."""

    constant: Any
    moves: bool
    fails: bool


def handed(refs: Sequence[Ref], course: Flow, *, built_in: bool) -> list[Handed]:
    """The operands of a primitive in a graph with ``course``; constants are built into the body where that may be."""
    return [
        Handed(ref.value if built_in else None, False, not finite(ref))
        if isinstance(ref, Constant)
        else Handed(None, ref in course.moving, ref in course.guarded)
        for ref in refs
    ]


def build_body(closed: Any, given: Sequence[Handed], caught: Iterable[int], carried: Mapping[int, int]) -> Body:
    """The body of a primitive; outputs ``caught`` are guarded outside, output k comes back as input ``carried[k]``."""
    graph = build_graph(closed, [one.constant for one in given])
    slots = tuple(position for position, one in enumerate(given) if one.constant is None)
    key_at = dict(zip(slots, graph.inputs, strict=True))
    moving = {key for slot, key in key_at.items() if given[slot].moves}
    failing = {key for slot, key in key_at.items() if given[slot].fails}
    loop = [(graph.outputs[k], key_at[position]) for k, position in carried.items()]
    lost = {ref for ref in (graph.outputs[k] for k in caught) if isinstance(ref, int)}
    return Body(graph, slots, flow(graph, loop, moving, failing, lost))


def entering(op: Operands, k: int, guarded: bool) -> Any:
    """The change of operand k in the form the body takes; what stays gets the change of a variable that stays."""
    if op.change(k) is None:
        return still(op.value(k), guarded)
    return recoded(op.value(k), op.change(k), op.is_guarded(k), guarded) if op.is_float(k) else op.change(k)


def leaving(body: Body, values: Mapping[int, Any], k: int, change: Any, guarded: bool) -> Any:
    """The change of output k of a body in the form asked for."""
    ref = body.graph.outputs[k]
    if change is None:
        return still(ref.value if isinstance(ref, Constant) else values[ref], guarded)
    assert isinstance(ref, int)
    if body.guards_output(k) == guarded:
        return change
    return recoded(values[ref], change, body.guards_output(k), guarded)


def evaluate_body(body: Body, items: Sequence[Any]) -> tuple[list[Any], dict[int, Any]]:
    """Outputs and values of the body; ``items`` are all inputs of its jaxpr."""
    return evaluate_graph(body.graph, body.inputs(items), body.course)


def change_body(
    body: Body, values: Mapping[int, Any], moved: Sequence[Any], keep: Iterable[int], missing: set[str]
) -> tuple[list[Any], dict[int, Any]]:
    """Changes of the outputs for changes of all inputs of the jaxpr (None: unchanged), and the kept values."""
    changes = dict(zip(body.graph.inputs, body.inputs(moved), strict=True))
    bounds = dict.fromkeys(body.graph.avals, math.inf)
    store = Values(values, changes, body.graph.avals, bounds, False, body.course, missing)
    return change_graph(body.graph, store, keep, body.course)
