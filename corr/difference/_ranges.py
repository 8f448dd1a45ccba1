"""Between which numbers a variable lies at any parameters: what keeps log, exp, sqrt and a quotient finite."""

import math
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ._graph import Constant, Graph, Node, Ref

Range = tuple[float, float]
ANY: Range = (-math.inf, math.inf)
# A divisor of this size or more overflows for no number that a loss holds.
AWAY_FROM_ZERO = 1e-12
LARGEST_EXPONENT = {"exp": 80.0, "expm1": 80.0, "exp2": 120.0, "sinh": 80.0, "cosh": 80.0}

_SAME = (
    "reshape broadcast_in_dim transpose squeeze expand_dims rev slice dynamic_slice gather copy copy_p stop_gradient"
    " convert_element_type split reduce_max reduce_min"
)
_UNION = "concatenate select_n"
SAME, UNION = frozenset(_SAME.split()), frozenset(_UNION.split())
FIXED: dict[str, Range] = {"tanh": (-1, 1), "sin": (-1, 1), "cos": (-1, 1), "erf": (-1, 1), "logistic": (0, 1)}


def ranges(graph: Graph) -> dict[int, Range]:
    """The range of every variable of a graph whose inputs are any finite numbers."""
    found: dict[int, Range] = {}
    made = {key: node for node in graph.nodes for key in node.outputs}
    for node in graph.nodes:
        operands = [_range(ref, found) for ref in node.inputs]
        own = _node_range(node, operands, graph, made)
        found.update(dict.fromkeys(node.outputs, own))
    return found


def stays_finite(node: Node, found: dict[int, Range]) -> bool:
    """Whether the ranges of a node's operands keep its result finite."""
    name = node.primitive.name
    low, high = _range(node.inputs[0], found)
    if name in LARGEST_EXPONENT:
        return high <= LARGEST_EXPONENT[name] and (name not in {"sinh", "cosh"} or low >= -LARGEST_EXPONENT[name])
    if name == "div":
        below, above = _range(node.inputs[1], found)
        return below >= AWAY_FROM_ZERO or above <= -AWAY_FROM_ZERO
    if name == "pow":
        least, _ = _range(node.inputs[1], found)
        return low >= AWAY_FROM_ZERO or (low >= 0 and least >= 0)
    least = {"sqrt": 0.0, "log1p": AWAY_FROM_ZERO - 1}.get(name, AWAY_FROM_ZERO)
    return name in {"log", "log1p", "sqrt", "rsqrt", "lgamma", "digamma", "integer_pow"} and low >= least


def _range(ref: Ref, found: dict[int, Range]) -> Range:
    if not isinstance(ref, Constant):
        return found.get(ref, ANY)
    dtype = jnp.result_type(ref.value)
    if isinstance(ref.value, Tracer) or not (jnp.issubdtype(dtype, jnp.floating) or jnp.issubdtype(dtype, jnp.integer)):
        return ANY
    value = np.asarray(ref.value, float)
    return (float(value.min()), float(value.max())) if value.size and np.all(np.isfinite(value)) else ANY


def _node_range(node: Node, operands: list[Range], graph: Graph, made: dict[int, Node]) -> Range:
    name = node.primitive.name
    if name in FIXED:
        return FIXED[name]
    if name in SAME:
        return operands[0]
    if name in UNION:
        cases = operands[1:] if name == "select_n" else operands
        return min(low for low, _ in cases), max(high for _, high in cases)
    if name == "integer_pow":
        return (0.0, math.inf) if node.params["y"] % 2 == 0 else ANY
    if name == "reduce_sum":
        return _sum_range(node, operands[0], graph, made)
    if name == "sub" and _peak(node, made) is not None:
        return -math.inf, 0.0
    if name == "mul" and node.inputs[0] is node.inputs[1]:
        return 0.0, math.inf
    return ARITHMETIC[name](*operands) if name in ARITHMETIC else ANY


def _sum_range(node: Node, part: Range, graph: Graph, made: dict[int, Node]) -> Range:
    """n times the range of a part; at least 1 for a sum of exp(x - max x), of which one is exp(0)."""
    ref = node.inputs[0]
    if not isinstance(ref, int):
        return ANY
    axes = tuple(node.params["axes"])
    number = math.prod(graph.avals[ref].shape[axis] for axis in axes)
    if not number:
        return 0.0, 0.0
    low, high = (_times(bound, float(number)) for bound in part)
    exponential = made.get(ref)
    if exponential is not None and exponential.primitive.name in {"exp", "exp2"}:
        difference = made.get(exponential.inputs[0]) if isinstance(exponential.inputs[0], int) else None
        if difference is not None and difference.primitive.name == "sub" and _peak(difference, made) == axes:
            return 1.0, high
    return low, high


def _peak(node: Node, made: dict[int, Node]) -> tuple[int, ...] | None:
    """The axes of a maximum that is taken off the very array it is the maximum of, else None."""
    array, ref = node.inputs
    while isinstance(ref, int) and ref in made:
        maker = made[ref]
        if maker.primitive.name == "reduce_max":
            return tuple(maker.params["axes"]) if maker.inputs[0] == array and isinstance(array, int) else None
        if maker.primitive.name in {"select_n", "max"}:  # the maximum where it is finite, or of an empty array
            ref = maker.inputs[-1]
        elif maker.primitive.name in {"reshape", "broadcast_in_dim", "expand_dims", "stop_gradient"}:
            ref = maker.inputs[0]
        else:
            return None
    return None


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def _mul(a: Range, b: Range) -> Range:
    products = [_times(x, y) for x in a for y in b]
    return min(products), max(products)


def _div(a: Range, b: Range) -> Range:
    return _mul(a, (1 / b[1], 1 / b[0])) if b[0] > 0 or b[1] < 0 else ANY


def _abs(a: Range) -> Range:
    return (0.0 if a[0] <= 0 <= a[1] else min(map(abs, a))), max(map(abs, a))


def _exp(a: Range) -> Range:
    return (0.0, math.exp(a[1])) if a[1] <= LARGEST_EXPONENT["exp"] else (0.0, math.inf)


def _square(a: Range) -> Range:
    low, high = _abs(a)
    return _times(low, low), _times(high, high)


def _sqrt(a: Range) -> Range:
    return math.sqrt(max(a[0], 0)), math.sqrt(max(a[1], 0))


ARITHMETIC: dict[str, Callable[..., Range]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "add_any": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "sub": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "neg": lambda a: (-a[1], -a[0]),
    "mul": _mul,
    "div": _div,
    "abs": _abs,
    "square": _square,
    "exp": _exp,
    "sqrt": _sqrt,
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "clamp": lambda low, x, high: (max(low[0], min(x[0], high[0])), min(high[1], max(x[1], low[1]))),
}
