"""How far a variable can move, known before the run from a bound on the displacement of the inputs."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.core import Tracer

from ._flow import is_float
from ._graph import Constant, Graph, Node

_NO_LARGER = (
    "neg copy copy_p convert_element_type reshape broadcast_in_dim transpose squeeze expand_dims rev slice"
    " dynamic_slice concatenate max min abs tanh sin cos atan logistic reduce_max reduce_min"
)
NO_LARGER = frozenset(_NO_LARGER.split())


def displacement_bounds(graph: Graph, inputs: Sequence[float]) -> dict[int, float]:
    """Largest possible |Δ| of every variable; ``inf`` where nothing is known beforehand."""
    bounds = dict(zip(graph.inputs, map(float, inputs), strict=True))
    for node in graph.nodes:
        bound = _node_bound(node, [_bound_of(ref, bounds) for ref in node.inputs])
        # What is not floating point jumps.
        bounds.update({key: bound if is_float(graph.avals[key]) else math.inf for key in node.outputs})
    return bounds


def _bound_of(ref: Any, bounds: dict[int, float]) -> float:
    return 0.0 if isinstance(ref, Constant) else bounds[ref]


def _node_bound(node: Node, moved: list[float]) -> float:
    name = node.primitive.name
    if name in NO_LARGER:
        return max(moved)
    if name in {"add", "add_any", "sub"}:
        return sum(moved)
    if name in {"mul", "dot_general"} and any(isinstance(ref, Constant) for ref in node.inputs):
        factor = next(ref for ref in node.inputs if isinstance(ref, Constant))
        return max(moved) * _largest(factor.value) * _contracted(node, factor)
    return math.inf


def _contracted(node: Node, factor: Constant) -> int:
    if node.primitive.name == "mul":
        return 1
    (left, right), _ = node.params["dimension_numbers"]
    axes = left if node.inputs[0] is factor else right
    return math.prod(np.shape(factor.value)[axis] for axis in axes)


def _largest(value: Any) -> float:
    if isinstance(value, Tracer):
        return math.inf
    return float(np.max(np.abs(np.asarray(value)), initial=0.0))
