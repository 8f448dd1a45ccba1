"""What a rule sees of one node: old values, changes, new values, all read on demand."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from ._flow import Flow
from ._graph import Constant, Node, evaluate
from ._sums import tree_sum


class Values:
    """Old values and changes of all variables of a graph; a change of None means unchanged.

    What is not floating point has its new value in place of a change, and so has every element of a ``guarded``
    variable whose old value is not finite. New values of the outputs of ``direct`` nodes are evaluated from new values.
    ``missing`` collects the names of primitives without a rule.
    """

    def __init__(
        self,
        values: Mapping[int, Any],
        changes: dict[int, Any],
        avals: dict[int, Any],
        bounds: dict[int, float],
        shortcut: bool,
        course: Flow,
        missing: set[str],
    ):
        self.values, self.changes, self.avals, self.bounds, self.shortcut = values, changes, avals, bounds, shortcut
        self.guarded, self.direct, self.missing = course.guarded, course.direct, missing
        self._new: dict[int, Any] = {}

    def new(self, key: int) -> Any:
        """The value after the displacement."""
        if self.changes[key] is None:
            return self.values[key]
        if not jnp.issubdtype(self.avals[key].dtype, jnp.inexact):
            return self.changes[key]
        if key not in self._new and key in self.direct:
            self._new[key] = self._evaluated(self.direct[key])
        if key not in self._new:
            old, change = self.values[key], self.changes[key]
            moved = old + change
            self._new[key] = jnp.where(jnp.isfinite(old), moved, change) if key in self.guarded else moved
        return self._new[key]

    def _evaluated(self, node: Node) -> Any:
        new = [ref.value if isinstance(ref, Constant) else self.new(ref) for ref in node.inputs]
        if node.primitive.name == "reduce_sum":
            return tree_sum(new[0], tuple(node.params["axes"]))
        return evaluate(node.primitive, new, node.params)[0]


class Operands:
    """Inputs and outputs of one node."""

    def __init__(self, node: Node, store: Values):
        self.node, self.store = node, store
        self.params, self.count = node.params, len(node.inputs)

    def change(self, k: int) -> Any:
        """Δ of input k (its new value if it is not floating point), None if it does not change."""
        ref = self.node.inputs[k]
        return None if isinstance(ref, Constant) else self.store.changes[ref]

    def value(self, k: int) -> Any:
        """Input k before the displacement."""
        ref = self.node.inputs[k]
        return ref.value if isinstance(ref, Constant) else self.store.values[ref]

    def new(self, k: int) -> Any:
        """Input k after the displacement."""
        ref = self.node.inputs[k]
        return ref.value if isinstance(ref, Constant) else self.store.new(ref)

    def is_guarded(self, k: int) -> bool:
        """Whether Δ of input k stands for its new value where the old one is not finite."""
        ref = self.node.inputs[k]
        return isinstance(ref, int) and ref in self.store.guarded

    def is_direct(self, k: int) -> bool:
        """Whether the new value of input k is evaluated from new values, and not old value plus change."""
        ref = self.node.inputs[k]
        return isinstance(ref, int) and ref in self.store.direct

    def gives_guarded(self, k: int) -> bool:
        """Whether Δ of output k must stand for its new value where the old one is not finite."""
        return self.node.outputs[k] in self.store.guarded

    def out(self, k: int = 0) -> Any:
        """Output k before the displacement."""
        return self.store.values[self.node.outputs[k]]

    def bound(self, k: int) -> float:
        """A number that |Δ| of input k never exceeds, ``inf`` if none is known."""
        ref = self.node.inputs[k]
        return 0.0 if isinstance(ref, Constant) else self.store.bounds.get(ref, float("inf"))

    @property
    def shortcut(self) -> bool:
        """Whether a rule may give NaN for a large displacement where that makes it cheaper."""
        return self.store.shortcut

    def out_avals(self) -> list[Any]:
        """Shapes and dtypes of all outputs, as the node itself has them."""
        return [self.store.avals[key] for key in self.node.outputs]

    def out_shape(self) -> tuple[int, ...]:
        """Shape of the first output."""
        return self.store.avals[self.node.outputs[0]].shape

    def out_dtypes(self) -> list[Any]:
        """Dtypes of all outputs."""
        return [self.store.avals[key].dtype for key in self.node.outputs]

    def is_float(self, k: int) -> bool:
        """Whether input k is floating point."""
        ref = self.node.inputs[k]
        dtype = jnp.result_type(ref.value) if isinstance(ref, Constant) else self.store.avals[ref].dtype
        return jnp.issubdtype(dtype, jnp.inexact)

    def change_or_zeros(self, k: int) -> jax.Array:
        """Δ of input k as an array, zeros if it does not change."""
        change = self.change(k)
        return jnp.zeros_like(self.value(k)) if change is None else change

    def apply(self, *args: Any) -> Any:
        """The node's own primitive on other arguments."""
        out = evaluate(self.node.primitive, list(args), self.params)
        return out if self.node.primitive.multiple_results else out[0]
