"""A function with every float promoted to float64: the referee of accept/reject decisions."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from ._graph import Constant, Graph, Node, build_graph

# In float64 these mean another function, or draw other numbers: evaluated in their own precision, then widened.
OWN_PRECISION = {"random_gamma", "nextafter"}


def promote(function: Callable[..., Any], *like: Any) -> Callable[..., list[Any]]:
    """The same sequence of operations in float64, traced now at the precision of ``like``; call it where x64 is on.

    The referee evaluates the same function with the same constants and differs in the rounding of its operations only.
    An operation that has no form in float64 (the bits of a number, a callback) is evaluated in its own precision.

    Args:
        function: any JAX function of pytrees of arrays.
        *like: pytrees like its arguments, whose leaves have a shape and a dtype.

    Returns:
        A function of the same arguments that returns a flat list of arrays, float64 where they were floating point.
    """
    leaves, treedef = jax.tree.flatten(like)
    shapes = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in leaves]
    closed = jax.make_jaxpr(lambda *flat: function(*jax.tree.unflatten(treedef, flat)))(*shapes)
    graph = build_graph(closed, [None] * len(leaves))
    return lambda *args: _evaluate(graph, jax.tree.leaves(args))


def in_float64(function: Callable[..., Any], traced_at: Any = jnp.float32) -> Callable[..., list[Any]]:
    """``promote`` with every argument traced at one dtype, float32 or float64, when it is called."""
    own = jnp.dtype(traced_at)

    def promoted(*args: Any) -> list[Any]:
        like = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(jnp.shape(leaf), own), args)
        with jax.enable_x64(own == np.float64):
            evaluated = promote(function, *like)
        return evaluated(*args)

    return promoted


def wide_dtype(dtype: Any) -> Any:
    """The 64-bit dtype that stands for a floating-point one; any other dtype as it is."""
    if jnp.issubdtype(dtype, jnp.complexfloating):
        return np.dtype(np.complex128)
    return np.dtype(np.float64) if jnp.issubdtype(dtype, jnp.floating) else dtype


def wide(value: Any) -> Any:
    """A value in float64 (complex128) where it is floating point."""
    dtype = jnp.result_type(value)
    return jnp.asarray(value, wide_dtype(dtype)) if jnp.issubdtype(dtype, jnp.inexact) else value


def _evaluate(graph: Graph, leaves: list[Any]) -> list[Any]:
    values = dict(zip(graph.inputs, map(wide, leaves), strict=True))

    def read(ref: Any) -> Any:
        return wide(ref.value) if isinstance(ref, Constant) else values[ref]

    for node in graph.nodes:
        args = [read(ref) for ref in node.inputs]
        rule = CONTROL.get(node.primitive.name)
        outputs = _apply(graph, node, args) if rule is None else rule(node, args)
        values.update(zip(node.outputs, outputs, strict=True))
    return [read(ref) for ref in graph.outputs]


def _apply(graph: Graph, node: Node, args: list[Any]) -> list[Any]:
    """The primitive in float64, or in its own precision where it has no such form."""
    outputs = apply_wide(node, args, [graph.avals[key] for key in node.outputs])
    if outputs is not None:
        return outputs
    narrow = [_like(arg, ref, graph) for arg, ref in zip(args, node.inputs, strict=True)]
    return [wide(out) for out in _bind(node, narrow, node.params)]


def apply_wide(node: Node, args: list[Any], avals: list[Any]) -> list[Any] | None:
    """The primitive on float64 arguments, None where it has no form in float64; ``avals`` are its own outputs."""
    if node.primitive.name in OWN_PRECISION:
        return None
    try:
        outputs = _bind(node, args, {name: _wide_param(name, value) for name, value in node.params.items()})
    except (TypeError, ValueError, NotImplementedError):  # JAX says all three of a type that a primitive does not take
        return None
    expected = [(aval.shape, wide_dtype(aval.dtype)) for aval in avals]
    return outputs if [(out.shape, out.dtype) for out in outputs] == expected else None


def _bind(node: Node, args: list[Any], params: dict[str, Any]) -> list[Any]:
    out = node.primitive.bind(*args, **params)
    return list(out) if node.primitive.multiple_results else [out]


def _like(arg: Any, ref: Any, graph: Graph) -> Any:
    if isinstance(ref, Constant):
        return ref.value
    dtype = graph.avals[ref].dtype
    return arg.astype(dtype) if jnp.issubdtype(dtype, jnp.inexact) else arg


def _wide_param(name: str, value: Any) -> Any:
    """A parameter that names a float dtype as float64, a jaxpr (the update of a scatter) retraced in float64."""
    if name in {"precision", "preferred_element_type"}:  # a dtype asked for by name is refused once x64 is off
        return None
    if isinstance(value, core.ClosedJaxpr):
        return core.ClosedJaxpr(_wide_param(name, value.jaxpr), [wide(const) for const in value.consts])
    if isinstance(value, core.Jaxpr):
        graph = build_graph(core.ClosedJaxpr(value, ()), [None] * len(value.invars))
        avals = [graph.avals[key] for key in graph.inputs]
        shapes = [jax.ShapeDtypeStruct(aval.shape, wide_dtype(aval.dtype)) for aval in avals]
        return jax.make_jaxpr(lambda *args: _evaluate(graph, list(args)))(*shapes).jaxpr
    return wide_dtype(value) if isinstance(value, np.dtype) else value


def _body(closed: core.ClosedJaxpr, refs: Any, args: list[Any]) -> Callable[..., list[Any]]:
    """A jaxpr inside a primitive as a function of the arguments after ``refs``, which come first and stay."""
    fixed = [ref.value if isinstance(ref, Constant) else None for ref in refs]
    graph = build_graph(closed, fixed + [None] * (len(closed.jaxpr.invars) - len(fixed)))
    varying = [arg for arg, value in zip(args, fixed, strict=True) if value is None]
    return lambda *rest: _evaluate(graph, [*varying, *rest])


def _scan(node: Node, args: list[Any]) -> list[Any]:
    first = node.params["num_consts"]
    last, params = first + node.params["num_carry"], node.params
    body = _body(params["jaxpr"], node.inputs[:first], args[:first])

    def step(carry: list[Any], xs: list[Any]) -> tuple[list[Any], list[Any]]:
        outputs = body(*carry, *xs)
        return outputs[: last - first], outputs[last - first :]

    end, ys = jax.lax.scan(step, args[first:last], args[last:], params["length"], params["reverse"])
    return [*end, *ys]


def _cond(node: Node, args: list[Any]) -> list[Any]:
    branches = [_body(branch, node.inputs[1:], args[1:]) for branch in node.params["branches"]]
    return jax.lax.switch(args[0], branches)


def _while(node: Node, args: list[Any]) -> list[Any]:
    params, first = node.params, node.params["cond_nconsts"]
    last = first + params["body_nconsts"]
    test = _body(params["cond_jaxpr"], node.inputs[:first], args[:first])
    body = _body(params["body_jaxpr"], node.inputs[first:last], args[first:last])
    return jax.lax.while_loop(lambda carry: test(*carry)[0], lambda carry: body(*carry), args[last:])


CONTROL = {"scan": _scan, "cond": _cond, "while": _while}
