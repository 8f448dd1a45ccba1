"""The change of a while loop: old values and changes advance together as long as both loops go on."""

from typing import Any

import jax
import jax.numpy as jnp

from ._body import Body, Handed, build_body, change_body, entering, evaluate_body, handed, leaving
from ._flow import Flow, is_float
from ._guards import recoded
from ._operands import Operands

NAME = "while (the number of turns depends on the parameters)"


def change_while(op: Operands, course: Flow) -> list[Any]:
    """Changes of the carry; where one loop ends first, the other goes on alone and the ends are subtracted."""
    first = op.params["cond_nconsts"]
    last, number = first + op.params["body_nconsts"], len(op.node.outputs)
    test, body, varies = _bodies(op, course, first, last)
    flags = [body.guards(last - first + k) or body.guards_output(k) for k in range(number)]
    moving = [body.moves(last - first + k) for k in range(number)]
    consts = [op.value(k) for k in range(last)]

    def going_on(state: Any) -> tuple[Any, Any]:
        carry, changes = state
        alive, values = evaluate_body(test, [*consts[:first], *carry])
        if not varies:
            return alive[0], alive[0]
        moved = [entering(op, k, test.guards(k)) if test.moves(k) else None for k in range(first)]
        moved += [
            recoded(*pair, flag, test.guards(first + k))
            for k, (*pair, flag) in enumerate(zip(carry, changes, flags, strict=True))
        ]
        return alive[0], leaving(test, values, 0, change_body(test, values, moved, (), op.store.missing)[0][0], False)

    def turn(state: Any) -> Any:
        carry, changes = state
        outputs, values = evaluate_body(body, [*consts[first:], *carry])
        fixed = [entering(op, k, body.guards(k - first)) if body.moves(k - first) else None for k in range(first, last)]
        moved = [
            recoded(old, change, flag, body.guards(last - first + k))
            for k, (old, change, flag) in enumerate(zip(carry, changes, flags, strict=True))
        ]
        out, _ = change_body(body, values, [*fixed, *moved], (), op.store.missing)
        after = [leaving(body, values, k, out[k], flags[k]) if moving[k] else None for k in range(number)]
        return [jnp.asarray(value, aval.dtype) for value, aval in zip(outputs, op.out_avals(), strict=True)], after

    start = [entering(op, last + k, flags[k]) if moving[k] else None for k in range(number)]
    state = jax.lax.while_loop(
        lambda state: jnp.logical_and(*going_on(state)), turn, ([op.value(last + k) for k in range(number)], start)
    )
    if not varies:
        return [recoded(op.out(k), change, flags[k], op.gives_guarded(k)) for k, change in enumerate(state[1])]
    op.store.missing.add(NAME)
    return _ends(op, last, state, flags, going_on(state))


def _ends(op: Operands, last: int, state: Any, flags: list[bool], alive: tuple[Any, Any]) -> list[Any]:
    """The longer loop to its end; the changes where both ended together."""
    carry, changes = state
    new = [_new(old, change, flag) for old, change, flag in zip(carry, changes, flags, strict=True)]
    ends = op.apply(*[op.new(k) for k in range(last)], *new)
    apart, found = jnp.logical_xor(*alive), []
    for k, (late, change, flag) in enumerate(zip(ends, changes, flags, strict=True)):
        if not is_float(late):
            found.append(late)
            continue
        early, guarded = op.out(k), op.gives_guarded(k)
        alone = jnp.where(jnp.isfinite(early), late - early, late) if guarded else late - early
        found.append(jnp.where(apart, alone, recoded(early, change, flag, guarded)))
    return found


def _new(old: Any, change: Any, guarded: bool) -> Any:
    if not is_float(old):
        return change
    return jnp.where(jnp.isfinite(old), old + change, change) if guarded else old + change


def _bodies(op: Operands, course: Flow, first: int, last: int) -> tuple[Body, Body, bool]:
    """The loop's test and body, and whether the number of turns moves; then the whole carry does."""
    refs, number = op.node.inputs, len(op.node.outputs)
    fixed, carry = handed(refs[:last], course, built_in=True), handed(refs[last:], course, built_in=False)
    carried = {k: last - first + k for k in range(number)}

    def build(carry: list[Handed]) -> tuple[Body, Body]:
        body = build_body(op.params["body_jaxpr"], [*fixed[first:], *carry], range(number), carried)
        inside = [Handed(None, body.moves(at), body.guards(at) or body.guards_output(k)) for k, at in carried.items()]
        return build_body(op.params["cond_jaxpr"], [*fixed[:first], *inside], (), {}), body

    test, body = build(carry)
    varies = test.moves_output(0)
    if varies:
        test, body = build([one._replace(moves=True) for one in carry])
    return test, body, varies
