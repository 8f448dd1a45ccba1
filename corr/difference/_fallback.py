"""For primitives without a rule: recompute in float64 where that can be, else subtract."""

from typing import Any

import jax
import jax.numpy as jnp

from ._graph import evaluate
from ._operands import Operands


def recompute(op: Operands) -> Any:
    """f(x + Δ) - f(x) from two evaluations, in float64 unless the primitive holds a jaxpr of its own."""
    if _has_inner_jaxpr(op.params):
        return _subtract(op, lambda k: op.value(k), lambda k: op.new(k))
    wide = [k for k in range(op.count) if op.is_float(k)]
    with jax.enable_x64(True):
        old = {k: jnp.asarray(op.value(k)).astype(jnp.float64) for k in wide}
        new = {
            k: old[k] + jnp.asarray(op.change(k)).astype(jnp.float64) if op.change(k) is not None else old[k]
            for k in wide
        }
        changes = _subtract(op, lambda k: old.get(k, op.value(k)), lambda k: new.get(k, op.new(k)))
        return [change.astype(dtype) for change, dtype in zip(changes, op.out_dtypes(), strict=True)]


def _subtract(op: Operands, value: Any, new: Any) -> list[Any]:
    before = evaluate(op.node.primitive, [value(k) for k in range(op.count)], op.params)
    after = evaluate(op.node.primitive, [new(k) for k in range(op.count)], op.params)
    return [
        late - early if jnp.issubdtype(dtype, jnp.inexact) else late
        for late, early, dtype in zip(after, before, op.out_dtypes(), strict=True)
    ]


def _has_inner_jaxpr(params: dict[str, Any]) -> bool:
    values = [item for value in params.values() for item in (value if isinstance(value, tuple) else (value,))]
    return any(hasattr(value, "eqns") or hasattr(value, "jaxpr") for value in values)
