"""Comparisons, extremal indices and integer parts after the step, decided by (a - b) + (Δa - Δb).

The rounded a + Δa would not do. These are new values, not changes. At a tie or a kink the step decides,
however short it is.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ._operands import Operands
from ._sums import replaced, two_sum


def _comparison(compare: Callable[[Any, Any], Any]):
    def rule(op: Operands) -> Any:
        plain = op.apply(op.new(0), op.new(1))
        if not op.is_float(0) or jnp.iscomplexobj(op.value(0)):
            return plain
        apart = op.value(0) - op.value(1)
        gap = apart + (op.change_or_zeros(0) - op.change_or_zeros(1))
        settled = jnp.isfinite(gap)
        if op.is_direct(0) or op.is_direct(1):
            settled &= jnp.abs(gap) > 4 * float(jnp.finfo(gap.dtype).eps) * jnp.abs(apart)
        return jnp.where(settled, compare(gap, jnp.zeros_like(gap)), plain)

    return rule


def _extremal_index(extremum: Callable[..., jax.Array]):
    def rule(op: Operands) -> Any:
        value, new = op.value(0), op.new(0)
        if not op.is_float(0):
            return op.apply(new)
        axes = tuple(op.params["axes"])
        best = extremum(value, axes, keepdims=True)
        gap = jnp.where(jnp.isfinite(value), replaced(best, value, op.change(0)), new - best)
        return jnp.where(jnp.isfinite(jnp.squeeze(best, axes)), op.apply(gap), op.apply(new))

    return rule


def _integer_part(op: Operands) -> Any:
    """trunc(x + Δ): one less in size where x + Δ rounds to a whole number from below it."""
    plain = op.apply(op.new(0))
    if not op.is_float(0) or plain.dtype == bool or jnp.iscomplexobj(op.value(0)) or op.is_direct(0):
        return plain
    total, rest = two_sum(op.value(0), op.change(0))
    short = (total == jnp.trunc(total)) & (jnp.sign(total) * jnp.sign(rest) < 0)
    return jnp.where(short, plain - jnp.sign(total).astype(plain.dtype), plain)


RULES = {
    "convert_element_type": _integer_part,
    "gt": _comparison(jnp.greater),
    "ge": _comparison(jnp.greater_equal),
    "lt": _comparison(jnp.less),
    "le": _comparison(jnp.less_equal),
    "eq": _comparison(jnp.equal),
    "ne": _comparison(jnp.not_equal),
    "argmax": _extremal_index(jnp.max),
    "argmin": _extremal_index(jnp.min),
}
