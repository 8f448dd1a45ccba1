"""Elementwise rules in half precision work in float32, and their result is rounded once."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from ._operands import Operands

Rule = Callable[[Operands], Any]


def in_single(rule: Rule) -> Rule:
    """``rule``, with the operands of a half-precision node widened to float32."""

    def widened(op: Operands) -> Any:
        dtype = op.out_dtypes()[0]
        if not jnp.issubdtype(dtype, jnp.floating) or jnp.finfo(dtype).bits > 16:
            return rule(op)
        return rule(_Single(op)).astype(dtype)

    return widened


class _Single(Operands):
    """The same node seen in float32."""

    def __init__(self, op: Operands):
        self._op, self.store = op, op.store
        self.node, self.params, self.count = op.node, op.params, op.count

    def _wide(self, k: int, value: Any) -> Any:
        return jnp.asarray(value).astype(jnp.float32) if value is not None and self.is_float(k) else value

    def change(self, k: int) -> Any:
        return self._wide(k, self._op.change(k))

    def value(self, k: int) -> Any:
        return self._wide(k, self._op.value(k))

    def new(self, k: int) -> Any:
        if not self.is_float(k) or self._op.change(k) is None:
            return self._wide(k, self._op.new(k))
        return self.value(k) + self.change(k)

    def out(self) -> Any:
        return self._op.out().astype(jnp.float32)

    def bound(self, k: int) -> float:
        return self._op.bound(k)

    @property
    def shortcut(self) -> bool:
        return self._op.shortcut

    def out_shape(self) -> tuple[int, ...]:
        return self._op.out_shape()

    def out_dtypes(self) -> list[Any]:
        return [jnp.dtype(jnp.float32) if jnp.issubdtype(d, jnp.floating) else d for d in self._op.out_dtypes()]

    def is_float(self, k: int) -> bool:
        return self._op.is_float(k)
