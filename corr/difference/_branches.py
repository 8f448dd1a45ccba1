"""The change of a cond: the branch that is entered after the step, plus the gap where that is another one."""

from typing import Any

import jax
import jax.numpy as jnp

from ._body import Body, build_body, change_body, entering, evaluate_body, handed, leaving
from ._flow import Flow, is_float
from ._guards import between
from ._operands import Operands


def change_cond(op: Operands, course: Flow) -> list[Any]:
    """Δ = [g(x + Δ) - g(x)] + [g(x) - f(x)] from branch f to branch g; no tape, the branch is evaluated anew."""
    last = len(op.params["branches"]) - 1
    caught = [k for k in range(len(op.node.outputs)) if op.gives_guarded(k)]
    given = handed(op.node.inputs[1:], course, built_in=True)
    bodies = [build_body(branch, given, caught, {}) for branch in op.params["branches"]]
    before, after = (jnp.clip(jnp.asarray(index, jnp.int32), 0, last) for index in (op.value(0), op.new(0)))
    values, changes = jax.lax.switch(after, [_branch(op, body) for body in bodies])
    if op.change(0) is None:
        return changes
    new = op.apply(after, *[op.new(k) for k in range(1, op.count)])
    return [
        _crossed(op, k, before == after, value, change, late) if is_float(late) else late
        for k, (value, change, late) in enumerate(zip(values, changes, new, strict=True))
    ]


def _branch(op: Operands, body: Body) -> Any:
    """Outputs of one branch at the old operands, and their changes in the form of the cond's own outputs."""

    def taken() -> tuple[list[Any], list[Any]]:
        outputs, values = evaluate_body(body, [op.value(k) for k in range(1, op.count)])
        moved = [entering(op, k + 1, body.guards(k)) if body.moves(k) else None for k in range(op.count - 1)]
        changes, _ = change_body(body, values, moved, (), op.store.missing)
        left = [leaving(body, values, k, change, op.gives_guarded(k)) for k, change in enumerate(changes)]
        typed = [jnp.asarray(value, aval.dtype) for value, aval in zip(outputs, op.out_avals(), strict=True)]
        return typed, left

    return taken


def _crossed(op: Operands, k: int, same: Any, value: Any, change: Any, new: Any) -> Any:
    """Through g(x) where all is finite: near a border without a jump g(x) - f(x) is small. Else from f to g at once."""
    old = op.out(k)
    known = jnp.isfinite(old) & jnp.isfinite(value) & jnp.isfinite(change)
    through = jnp.where(known, (value - old) + change, between(old, new, op.gives_guarded(k)))
    return jnp.where(same, change, through)
