"""Rules for running products, extrema and log-sum-exp: one (value, change) pair is carried along the axis.

Error: a few units of rounding, per entry, of the terms that make up the change.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ._cases import larger
from ._operands import Operands

Pair = tuple[Any, Any]
Combine = Callable[[Pair, Pair], Pair]


def _product(total: Pair, entry: Pair) -> Pair:
    (p, dp), (a, da) = total, entry
    return p * a, dp * a + (p + dp) * da


def _maximum(total: Pair, entry: Pair) -> Pair:
    return jnp.maximum(total[0], entry[0]), larger(*total, *entry)


def _minimum(total: Pair, entry: Pair) -> Pair:
    (a, da), (b, db) = total, entry
    return jnp.minimum(a, b), -larger(-a, -da, -b, -db)


def _log_sum(total: Pair, entry: Pair) -> Pair:
    """log(w e^Δa + (1 - w) e^Δb), w the old weight of a: by log1p for short steps, from the new winner beyond."""
    (a, da), (b, db) = total, entry
    old = jnp.logaddexp(a, b)
    weight_a, weight_b = jnp.exp(a - old), jnp.exp(b - old)
    short = (jnp.abs(da) < 1 / 2) & (jnp.abs(db) < 1 / 2)
    near = jnp.log1p(weight_a * jnp.expm1(jnp.where(short, da, 0)) + weight_b * jnp.expm1(jnp.where(short, db, 0)))
    wins = a + da >= b + db
    gap = jnp.abs((a - b) + (da - db))
    # The old sum less the winner by log1p too: their difference would have the rounding of the sum.
    far = jnp.where(wins, da - jax.nn.softplus(b - a), db - jax.nn.softplus(a - b)) + jnp.log1p(jnp.exp(-gap))
    return old, jnp.where(old == -jnp.inf, 0, jnp.where(short, near, far))


def _along(values: jax.Array, changes: jax.Array, combine: Combine) -> jax.Array:
    """Changes of the running result along the first axis, which has an entry at least."""

    def step(total: Pair, entry: Pair) -> tuple[Pair, Any]:
        total = combine(total, entry)
        return total, total[1]

    _, rest = jax.lax.scan(step, (values[0], changes[0]), (values[1:], changes[1:]))
    return jnp.concatenate([changes[:1], rest])


def _running(combine: Combine):
    def rule(op: Operands) -> Any:
        axis, backward = op.params["axis"], op.params["reverse"]
        values, changes = (jnp.moveaxis(part, axis, 0) for part in (op.value(0), op.change(0)))
        if backward:
            values, changes = values[::-1], changes[::-1]
        if not len(values):
            return op.change(0)
        moved = _along(values, changes, combine)
        return jnp.moveaxis(moved[::-1] if backward else moved, 0, axis)

    return rule


def _reduce_prod(op: Operands) -> Any:
    axes = tuple(op.params["axes"])
    values, changes = (
        jnp.moveaxis(part, axes, range(len(axes))).reshape(-1, *op.out_shape()) for part in (op.value(0), op.change(0))
    )
    return _along(values, changes, _product)[-1] if len(values) else jnp.zeros_like(op.out())


RULES = {
    "cumprod": _running(_product),
    "cummax": _running(_maximum),
    "cummin": _running(_minimum),
    "cumlogsumexp": _running(_log_sum),
    "reduce_prod": _reduce_prod,
}
