"""All rules by primitive, and which nodes have one. ``DECISIONS`` give new values, which are not floating point."""

from typing import Any

import jax.numpy as jnp

from . import (
    _angles,
    _cases,
    _comparisons,
    _cumulative,
    _derivative,
    _indexing,
    _linear,
    _logarithm,
    _products,
    _smooth,
    _solves,
    _sorting,
    _windows,
)
from ._derivative import by_derivative
from ._graph import Graph, Node
from ._half import Rule, in_single
from ._operands import Operands


def _of_one_variable(rule: Rule) -> Rule:
    """A smooth rule made for real numbers; complex ones go by the derivative."""
    real = in_single(rule)

    def chosen(op: Operands) -> Any:
        return by_derivative(op) if jnp.issubdtype(op.out_dtypes()[0], jnp.complexfloating) else real(op)

    return chosen


SMOOTH = {**_smooth.RULES, **_logarithm.RULES, **_angles.RULES, **_derivative.RULES}
RULES: dict[str, Rule] = {
    **_linear.RULES,
    **_indexing.RULES,
    **{name: rule if name in _products.BILINEAR else in_single(rule) for name, rule in _products.RULES.items()},
    **{name: _of_one_variable(rule) for name, rule in SMOOTH.items()},
    **_cases.RULES,
    **_cumulative.RULES,
    **_sorting.RULES,
    **_windows.RULES,
    **_solves.RULES,
}
DECISIONS: dict[str, Rule] = _comparisons.RULES


def has_rule(graph: Graph, node: Node) -> bool:
    """Whether the change of a node's outputs is exact."""
    name = node.primitive.name
    if name == "scatter":
        return _indexing.replaces(node)
    if name == "lu":
        return _solves.is_square(graph.avals[node.outputs[0]])
    return name in RULES
