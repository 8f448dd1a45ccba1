"""A jaxpr flattened into a list of primitive applications that depend on the inputs; everything else is a constant."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jax.core import Tracer
from jax.extend import core

CALLS = {
    "jit",
    "pjit",
    "closed_call",
    "core_call",
    "composite",
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
            inner = _inlined(eqn, args)
            if inner is not None:
                outs = walk(inner[0].jaxpr, inner[0].consts, inner[1])
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


def _inlined(eqn: core.JaxprEqn, args: list[Ref]) -> tuple[core.ClosedJaxpr, list[Ref]] | None:
    """The jaxpr that stands for an equation, with its arguments; None for a primitive of its own."""
    name, params = eqn.primitive.name, eqn.params
    if name in CALLS:
        inner = next(params[key] for key in ("jaxpr", "call_jaxpr", "fun_jaxpr") if key in params)
        return inner if isinstance(inner, core.ClosedJaxpr) else core.ClosedJaxpr(inner, ()), args
    if name == "custom_linear_solve":
        lengths, solve = params["const_lengths"], params["jaxprs"].solve
        first = lengths.matvec + lengths.vecmat
        return solve, [*args[first : first + lengths.solve], *args[sum(lengths) :]]
    if name == "cond":
        branch = _known_branch(params, args[0])
        return None if branch is None else (params["branches"][branch], args[1:])
    return None


def _known_branch(params: dict[str, Any], index: Ref) -> int | None:
    """Which branch of a cond is taken wherever the inputs lie, None where they decide."""
    platforms = params.get("branches_platforms")
    if platforms is not None:
        here = {jax.default_backend()} | ({"cuda", "rocm"} if jax.default_backend() == "gpu" else set())
        return next(k for k, names in enumerate(platforms) if names is None or here & set(names))
    if isinstance(index, Constant) and not isinstance(index.value, Tracer):
        return int(np.clip(int(index.value), 0, len(params["branches"]) - 1))
    return None


def evaluate(primitive: core.Primitive, args: list[Any], params: dict[str, Any]) -> list[Any]:
    """Apply a primitive; concrete arguments give concrete results even while JAX is tracing."""
    if any(isinstance(arg, Tracer) for arg in args):
        out = primitive.bind(*args, **params)
    else:
        with jax.ensure_compile_time_eval():
            out = primitive.bind(*args, **params)
    return list(out) if primitive.multiple_results else [out]
