"""A function with every float promoted to float64: the referee of accept/reject decisions."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from .difference._graph import inner_jaxpr


def in_float64(function: Callable[..., Any], traced_at: Any = jnp.float32) -> Callable[..., list[Any]]:
    """The same sequence of operations in float64; call it where x64 is enabled.

    The jaxpr is traced at the arguments' own precision, so the referee evaluates the same function with the same
    constants and differs in the rounding of its operations only.

    Args:
        function: any JAX function of arrays.
        traced_at: dtype of its arguments, float32 or float64.

    Returns:
        A function of the same arguments that returns a flat list of float64 arrays.
    """

    own = jnp.dtype(traced_at)

    def promoted(*args: Any) -> list[Any]:
        with jax.enable_x64(own == np.float64):
            shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(jnp.shape(leaf), own), args)
            closed = jax.make_jaxpr(function)(*shapes)
        return _evaluate(closed, [_wide(leaf) for leaf in jax.tree.leaves(args)])

    return promoted


def _wide(value: Any) -> Any:
    if jnp.issubdtype(jnp.result_type(value), jnp.floating):
        return jnp.asarray(value, jnp.float64)
    return value


def _evaluate(closed: core.ClosedJaxpr, args: list[Any]) -> list[Any]:
    jaxpr = closed.jaxpr
    env: dict[core.Var, Any] = dict(zip(jaxpr.invars, args, strict=True))
    env.update(zip(jaxpr.constvars, map(_wide, closed.consts), strict=True))

    def read(atom: Any) -> Any:
        return _wide(np.asarray(atom.val)) if isinstance(atom, core.Literal) else env[atom]

    for eqn in jaxpr.eqns:
        values = [read(atom) for atom in eqn.invars]
        inner = inner_jaxpr(eqn)
        outputs = _evaluate(inner, values) if inner is not None else _apply(eqn, values)
        env.update(zip(eqn.outvars, outputs, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _apply(eqn: core.JaxprEqn, values: list[Any]) -> list[Any]:
    params = eqn.params
    if eqn.primitive.name == "scan":
        consts, carry = params["num_consts"], params["num_consts"] + params["num_carry"]
        split = carry - consts

        def body(carried: list[Any], xs: list[Any]) -> tuple[list[Any], list[Any]]:
            outputs = _evaluate(params["jaxpr"], [*values[:consts], *carried, *xs])
            return outputs[:split], outputs[split:]

        end, ys = jax.lax.scan(body, values[consts:carry], values[carry:], params["length"], params["reverse"])
        return [*end, *ys]
    if eqn.primitive.name == "cond":
        branches = [lambda *ops, branch=branch: _evaluate(branch, list(ops)) for branch in params["branches"]]
        return jax.lax.switch(values[0], branches, *values[1:])
    if eqn.primitive.name == "while":
        return _while(params, values)
    out = eqn.primitive.bind(*values, **{name: _wide_dtype(value) for name, value in params.items()})
    return list(out) if eqn.primitive.multiple_results else [out]


def _while(params: dict[str, Any], values: list[Any]) -> list[Any]:
    first, second = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    return jax.lax.while_loop(
        lambda carry: _evaluate(params["cond_jaxpr"], [*values[:first], *carry])[0],
        lambda carry: _evaluate(params["body_jaxpr"], [*values[first:second], *carry]),
        values[second:],
    )


def _wide_dtype(value: Any) -> Any:
    """A parameter that names a 32-bit float dtype as the 64-bit one, a jaxpr (the update of a scatter) retraced."""
    if isinstance(value, core.Jaxpr):
        avals: list[Any] = [var.aval for var in value.invars]
        shapes = [jax.ShapeDtypeStruct(aval.shape, jnp.float64) for aval in avals]
        return jax.make_jaxpr(lambda *args: _evaluate(core.ClosedJaxpr(value, ()), list(args)))(*shapes).jaxpr
    return np.dtype(np.float64) if isinstance(value, np.dtype) and value == np.float32 else value
