"""The change of a scan: a scan of changes, with one tape for every iteration."""

from collections.abc import Mapping
from typing import Any

import jax

from ._body import Body, build_body, change_body, entering, evaluate_body, handed, leaving
from ._flow import Flow, among
from ._graph import Node
from ._guards import recoded
from ._operands import Operands
from ._reading import values_read


def evaluate_scan(node: Node, args: list[Any], course: Flow) -> tuple[list[Any], Any]:
    """Outputs of the scan and its tape: the kept values of every iteration, stacked."""
    body, first, last = _body(node, course)

    def step(carry: list[Any], xs: list[Any]) -> tuple[list[Any], Any]:
        items = [*args[:first], *carry, *xs]
        outputs, values = evaluate_body(body, items)
        moved = [item if body.moves(position) else None for position, item in enumerate(items)]
        needed = values_read(lambda known, keep: _step(node, body, course, known, moved, keep, set()), values)
        return outputs[: last - first], (outputs[last - first :], {key: values[key] for key in needed})

    final, (ys, kept) = jax.lax.scan(step, list(args[first:last]), list(args[last:]), **_turns(node))
    return [*final, *ys], kept


def change_scan(op: Operands, kept: Any, course: Flow) -> tuple[list[Any], Any]:
    """Changes of the outputs (None: unchanged), and the new tape."""
    node, missing = op.node, op.store.missing
    body, first, last = _body(node, course)
    number = last - first
    flags = [_carry_guarded(body, first, k) for k in range(number)]
    moving = [body.moves(first + k) for k in range(number)]
    consts = [entering(op, k, body.guards(k)) if body.moves(k) else None for k in range(first)]
    start = [entering(op, first + k, flags[k]) if moving[k] else None for k in range(number)]
    xs = [entering(op, k, body.guards(k)) if body.moves(k) else None for k in range(last, op.count)]

    def step(carry: list[Any], slices: Any) -> tuple[list[Any], Any]:
        moved_xs, values = slices
        changes, new = _step(node, body, course, values, [*consts, *carry, *moved_xs], values, missing)
        return changes[:number], (changes[number:], new)

    final, (ys, new) = jax.lax.scan(step, start, (xs, kept), **_turns(node))
    guarded = [op.gives_guarded(k) for k in range(number)]
    ends = [
        recoded(op.out(k), change, flags[k], guarded[k]) if flags[k] != guarded[k] else change
        for k, change in enumerate(final)
    ]
    return [*ends, *ys], new


def _step(
    node: Node, body: Body, course: Flow, values: Mapping[int, Any], moved: list[Any], keep: Any, missing: set[str]
) -> tuple[list[Any], Any]:
    """Changes of one iteration's outputs in the form of the carry and of the scan's outputs, None where none moves."""
    changes, new = change_body(body, values, moved, keep, missing)
    first, number = node.params["num_consts"], node.params["num_carry"]
    out = []
    for k, change in enumerate(changes):
        guarded = _carry_guarded(body, first, k) if k < number else among(node.outputs[k], course.guarded)
        moves = body.moves(first + k) if k < number else body.moves_output(k)
        out.append(leaving(body, values, k, change, guarded) if moves else None)
    return out, new


def _body(node: Node, course: Flow) -> tuple[Body, int, int]:
    first, number = node.params["num_consts"], node.params["num_carry"]
    caught = [k for k, key in enumerate(node.outputs) if key in course.guarded]
    given = handed(node.inputs[:first], course, built_in=True) + handed(node.inputs[first:], course, built_in=False)
    body = build_body(node.params["jaxpr"], given, caught, {k: first + k for k in range(number)})
    return body, first, first + number


def _carry_guarded(body: Body, first: int, k: int) -> bool:
    return body.guards(first + k) or body.guards_output(k)


def _turns(node: Node) -> dict[str, Any]:
    return {"length": node.params["length"], "reverse": node.params["reverse"]}
