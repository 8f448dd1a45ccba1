"""A jaxpr flattened into a list of primitive applications that depend on the inputs; everything else is a constant."""

from typing import Any, NamedTuple

import jax
from jax.core import Tracer
from jax.extend import core

CALLS = {
    "jit",
    "pjit",
    "closed_call",
    "core_call",
    "remat",
    "remat2",
    "checkpoint",
    "custom_jvp_call",
    "custom_vjp_call",
}


class Constant(NamedTuple):
    """A value that does not depend on the inputs."""

    value: Any


Ref = int | Constant


class Node(NamedTuple):
    """One primitive applied to variables (numbered) and constants."""

    primitive: core.Primitive
    inputs: tuple[Ref, ...]
    outputs: tuple[int, ...]
    params: dict[str, Any]


class Graph(NamedTuple):
    """Nodes in order of evaluation; variables are numbered, ``avals`` holds their shapes and dtypes."""

    inputs: tuple[int, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Ref, ...]
    avals: dict[int, Any]


def build_graph(closed: core.ClosedJaxpr, inputs: list[Any | None]) -> Graph:
    """Flatten a jaxpr. ``inputs[k]`` is None where input k varies, else its constant value."""
    nodes: list[Node] = []
    avals: dict[int, Any] = {}

    def fresh(aval: Any) -> int:
        avals[len(avals)] = aval
        return len(avals) - 1

    def walk(jaxpr: core.Jaxpr, consts: Any, refs: list[Ref]) -> list[Ref]:
        env: dict[core.Var, Ref] = dict(zip(jaxpr.invars, refs, strict=True))
        env.update(zip(jaxpr.constvars, map(Constant, consts), strict=True))
        for eqn in jaxpr.eqns:
            args = [Constant(v.val) if isinstance(v, core.Literal) else env[v] for v in eqn.invars]
            inner = inner_jaxpr(eqn)
            if inner is not None:
                outs = walk(inner.jaxpr, inner.consts, args)
            elif len(fixed := [arg.value for arg in args if isinstance(arg, Constant)]) == len(args):
                outs = [Constant(value) for value in evaluate(eqn.primitive, fixed, eqn.params)]
            else:
                outs = [fresh(v.aval) for v in eqn.outvars]
                nodes.append(Node(eqn.primitive, tuple(args), tuple(outs), eqn.params))
            env.update(zip(eqn.outvars, outs, strict=True))
        return [Constant(v.val) if isinstance(v, core.Literal) else env[v] for v in jaxpr.outvars]

    refs: list[Ref] = [
        fresh(var.aval) if value is None else Constant(value)
        for var, value in zip(closed.jaxpr.invars, inputs, strict=True)
    ]
    outputs = walk(closed.jaxpr, closed.consts, refs)
    varying = tuple(ref for ref in refs if not isinstance(ref, Constant))
    return Graph(varying, tuple(nodes), tuple(outputs), avals)


def inner_jaxpr(eqn: core.JaxprEqn) -> core.ClosedJaxpr | None:
    """The jaxpr of a call that can be inlined, or None for any other primitive."""
    if eqn.primitive.name not in CALLS:
        return None
    inner = next(eqn.params[name] for name in ("jaxpr", "call_jaxpr", "fun_jaxpr") if name in eqn.params)
    return inner if isinstance(inner, core.ClosedJaxpr) else core.ClosedJaxpr(inner, ())


def evaluate(primitive: core.Primitive, args: list[Any], params: dict[str, Any]) -> list[Any]:
    """Apply a primitive; concrete arguments give concrete results even while JAX is tracing."""
    if any(isinstance(arg, Tracer) for arg in args):
        out = primitive.bind(*args, **params)
    else:
        with jax.ensure_compile_time_eval():
            out = primitive.bind(*args, **params)
    return list(out) if primitive.multiple_results else [out]
