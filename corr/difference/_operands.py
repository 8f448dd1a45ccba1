"""What a rule sees of one node: old values, changes, new values, all read on demand."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from ._graph import Constant, Node, evaluate


class Values:
    """Old values and changes of all variables of a graph; a change of None means unchanged."""

    def __init__(
        self,
        values: Mapping[int, Any],
        changes: dict[int, Any],
        avals: dict[int, Any],
        bounds: dict[int, float],
        shortcut: bool,
    ):
        self.values, self.changes, self.avals, self.bounds, self.shortcut = values, changes, avals, bounds, shortcut
        self._new: dict[int, Any] = {}

    def new(self, key: int) -> Any:
        """The value after the displacement."""
        if self.changes[key] is None:
            return self.values[key]
        if not jnp.issubdtype(self.avals[key].dtype, jnp.inexact):
            return self.changes[key]
        if key not in self._new:
            self._new[key] = self.values[key] + self.changes[key]
        return self._new[key]


class Operands:
    """Inputs and outputs of one node."""

    def __init__(self, node: Node, store: Values):
        self.node, self._store = node, store
        self.params, self.count = node.params, len(node.inputs)

    def change(self, k: int) -> Any:
        """Δ of input k (its new value if it is not floating point), None if it does not change."""
        ref = self.node.inputs[k]
        return None if isinstance(ref, Constant) else self._store.changes[ref]

    def value(self, k: int) -> Any:
        """Input k before the displacement."""
        ref = self.node.inputs[k]
        return ref.value if isinstance(ref, Constant) else self._store.values[ref]

    def new(self, k: int) -> Any:
        """Input k after the displacement."""
        ref = self.node.inputs[k]
        return ref.value if isinstance(ref, Constant) else self._store.new(ref)

    def out(self) -> Any:
        """The first output before the displacement."""
        return self._store.values[self.node.outputs[0]]

    def bound(self, k: int) -> float:
        """A number that |Δ| of input k never exceeds, ``inf`` if none is known."""
        ref = self.node.inputs[k]
        return 0.0 if isinstance(ref, Constant) else self._store.bounds.get(ref, float("inf"))

    @property
    def shortcut(self) -> bool:
        """Whether a rule may give NaN for a large displacement where that makes it cheaper."""
        return self._store.shortcut

    def out_shape(self) -> tuple[int, ...]:
        """Shape of the first output."""
        return self._store.avals[self.node.outputs[0]].shape

    def out_dtypes(self) -> list[Any]:
        """Dtypes of all outputs."""
        return [self._store.avals[key].dtype for key in self.node.outputs]

    def is_float(self, k: int) -> bool:
        """Whether input k is floating point."""
        ref = self.node.inputs[k]
        dtype = jnp.result_type(ref.value) if isinstance(ref, Constant) else self._store.avals[ref].dtype
        return jnp.issubdtype(dtype, jnp.inexact)

    def change_or_zeros(self, k: int) -> jax.Array:
        """Δ of input k as an array, zeros if it does not change."""
        change = self.change(k)
        return jnp.zeros_like(self.value(k)) if change is None else change

    def apply(self, *args: Any) -> Any:
        """The node's own primitive on other arguments."""
        out = evaluate(self.node.primitive, list(args), self.params)
        return out if self.node.primitive.multiple_results else out[0]
