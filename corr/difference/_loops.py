"""The change of a while loop: old values and changes advance together as long as both loops go on."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ._body import Body, Handed, build_body, change_body, entering, evaluate_body, handed, leaving
from ._flow import Flow, is_float
from ._guards import between, recoded
from ._operands import Operands

NAME = "while (the number of turns depends on the parameters)"


class _Loop(NamedTuple):
    """A while node: test and body, whether the number of turns moves, and which carries are guarded."""

    op: Operands
    test: Body
    body: Body
    varies: bool
    guarded: list[bool]

    @property
    def parts(self) -> tuple[int, int]:
        """How many operands belong to the test, and how many to test and body."""
        first = self.op.params["cond_nconsts"]
        return first, first + self.op.params["body_nconsts"]


def change_while(op: Operands, course: Flow) -> list[Any]:
    """Changes of the carry; where one loop ends first, the other goes on alone and the ends are subtracted."""
    loop = _loop(op, course)
    first, last = loop.parts
    carry = [op.value(k) for k in range(last, op.count)]
    start = [
        entering(op, last + k, loop.guarded[k]) if loop.body.moves(last - first + k) else None
        for k in range(len(carry))
    ]
    state = jax.lax.while_loop(
        lambda state: jnp.logical_and(*_alive(loop, *state)), lambda state: _turn(loop, *state), (carry, start)
    )
    if loop.varies:
        op.store.missing.add(NAME)
        return _ends(loop, *state)
    return [_outside(loop, k, change) for k, change in enumerate(state[1])]


def _alive(loop: _Loop, carry: list[Any], changes: list[Any]) -> tuple[Any, Any]:
    """Whether the old loop goes on, and whether the new one does."""
    first, _ = loop.parts
    consts = [loop.op.value(k) for k in range(first)]
    (old,), values = evaluate_body(loop.test, [*consts, *carry])
    if not loop.varies:
        return old, old
    moved = _moved(loop, loop.test, 0, first, carry, changes)
    return old, leaving(
        loop.test, values, 0, change_body(loop.test, values, moved, (), loop.op.store.missing)[0][0], False
    )


def _turn(loop: _Loop, carry: list[Any], changes: list[Any]) -> tuple[list[Any], list[Any]]:
    """Old values and changes after one turn of both loops."""
    op, body, (first, last) = loop.op, loop.body, loop.parts
    outputs, values = evaluate_body(body, [*[op.value(k) for k in range(first, last)], *carry])
    out, _ = change_body(body, values, _moved(loop, body, first, last, carry, changes), (), op.store.missing)
    after = [
        leaving(body, values, k, change, loop.guarded[k]) if body.moves(last - first + k) else None
        for k, change in enumerate(out)
    ]
    return [jnp.asarray(value, aval.dtype) for value, aval in zip(outputs, op.out_avals(), strict=True)], after


def _moved(loop: _Loop, body: Body, first: int, last: int, carry: list[Any], changes: list[Any]) -> list[Any]:
    """Changes of all inputs of the test or the body, whose constants are the operands from ``first`` to ``last``."""
    fixed = [entering(loop.op, first + k, body.guards(k)) if body.moves(k) else None for k in range(last - first)]
    return fixed + [
        recoded(old, change, loop.guarded[k], body.guards(last - first + k))
        for k, (old, change) in enumerate(zip(carry, changes, strict=True))
    ]


def _ends(loop: _Loop, carry: list[Any], changes: list[Any]) -> list[Any]:
    """The longer loop to its end; the changes where both ended together."""
    op, (_, last) = loop.op, loop.parts
    pairs = zip(carry, changes, loop.guarded, strict=True)
    new = [_new(old, change, guarded) for old, change, guarded in pairs]
    ends = op.apply(*[op.new(k) for k in range(last)], *new)
    apart = jnp.logical_xor(*_alive(loop, carry, changes))
    return [
        jnp.where(apart, between(op.out(k), late, op.gives_guarded(k)), _outside(loop, k, change))
        if is_float(late)
        else late
        for k, (late, change) in enumerate(zip(ends, changes, strict=True))
    ]


def _outside(loop: _Loop, k: int, change: Any) -> Any:
    return recoded(loop.op.out(k), change, loop.guarded[k], loop.op.gives_guarded(k))


def _new(old: Any, change: Any, guarded: bool) -> Any:
    if not is_float(old):
        return change
    return jnp.where(jnp.isfinite(old), old + change, change) if guarded else old + change


def _loop(op: Operands, course: Flow) -> _Loop:
    """Where the number of turns moves, the whole carry does."""
    refs, first = op.node.inputs, op.params["cond_nconsts"]
    last = first + op.params["body_nconsts"]
    fixed, carry = handed(refs[:last], course, built_in=True), handed(refs[last:], course, built_in=False)
    carried = {k: last - first + k for k in range(len(carry))}

    def build(carry: list[Handed]) -> _Loop:
        body = build_body(op.params["body_jaxpr"], [*fixed[first:], *carry], carried, carried)
        guarded = [body.guards(at) or body.guards_output(k) for k, at in carried.items()]
        inside = [Handed(None, body.moves(at), guarded[k]) for k, at in carried.items()]
        test = build_body(op.params["cond_jaxpr"], [*fixed[:first], *inside], (), {})
        return _Loop(op, test, body, test.moves_output(0), guarded)

    loop = build(carry)
    return build([one._replace(moves=True) for one in carry])._replace(varies=True) if loop.varies else loop
