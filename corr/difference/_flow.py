"""What can move in a graph, and what may be infinite or NaN on the way to a good result.

A guard such as ``where(x > 0, log(x), x - 1)`` passes through a value that is not finite and does not use it. No change
can be added to such a value. Where one can arise and can be swallowed, the variables in between are guarded: there the
change of an element whose old value is not finite stands for its new value.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.extend import core

from ._graph import Constant, Graph, Node, Ref
from ._ranges import ranges, stays_finite

STRUCTURE = (
    "reshape broadcast_in_dim transpose squeeze expand_dims rev slice dynamic_slice dynamic_update_slice gather scatter"
    " scatter-add scatter-sub concatenate pad split stack unstack tile name copy copy_p stop_gradient device_put"
    " reshard optimization_barrier convert_element_type reduce_precision real imag complex conj fft"
)
LINEAR = "add add_any sub neg mul dot_general conv_general_dilated square reduce_sum cumsum reduce_prod cumprod"
_TAME = (
    "abs max min clamp select_n reduce_max reduce_min cummax cummin cumlogsumexp sort top_k tanh logistic sin cos atan"
    " atan2 asinh erf erfc cbrt sign floor ceil round nextafter scatter-max scatter-min reduce_window_max"
    " reduce_window_min reduce_window_sum bessel_i0e bessel_i1e scan cond while"
)
_CARRY = "abs select_n log log1p sqrt cbrt sin cos tan sinh cosh asinh"
# Finite arguments give a finite result, overflow of sums and products apart.
TAME = frozenset(f"{STRUCTURE} {LINEAR} {_TAME}".split())
# An argument that is not finite gives a result that is not.
CARRY = frozenset(f"{STRUCTURE} {LINEAR} {_CARRY}".split())


# Operand whose relative error counts.
SHARP = {**dict.fromkeys(["log", "sqrt", "rsqrt", "cbrt", "pow", "lgamma", "digamma", "integer_pow"], 0), "div": 1}
# Evaluated from new values; the exponentials ask no more of their argument than the sum of old value and change has.
ENDS = frozenset({"exp", "exp2", "logistic"})
_DIRECT = (
    "add add_any sub neg mul div square integer_pow sqrt rsqrt abs max min reduce_sum reshape broadcast_in_dim"
    " transpose squeeze slice gather copy stop_gradient"
)
DIRECT = ENDS | frozenset(_DIRECT.split())


class Flow(NamedTuple):
    """What a change pass must know of the variables of a graph.

    Attributes:
        moving: they may change.
        guarded: their change may stand for a new value.
        direct: by which node their new value is evaluated, since the rounding of old value plus change would be large
            beside a new value that is much smaller.
    """

    moving: frozenset[int]
    guarded: frozenset[int]
    direct: dict[int, Node]


def flow(graph: Graph, loop: Iterable[tuple[Ref, int]], moving: set[int], failing: set[int], caught: set[Any]) -> Flow:
    """The flow through a graph, to be repeated where outputs come back as inputs.

    Args:
        graph: the graph.
        loop: pairs (output, input variable) of a loop's body; empty outside one.
        moving: inputs that move.
        failing: inputs that may be not finite.
        caught: outputs whose values that are not finite may be swallowed later.

    Returns:
        The ``Flow`` that no further turn of the loop extends.
    """
    loop, size, sources = list(loop), -1, _sources(graph)
    moved, failed, lost = set(moving), set(failing), set(caught)
    while size != len(moved) + len(failed) + len(lost):
        size = len(moved) + len(failed) + len(lost)
        moved = moved | _moving(graph, moved)
        failed = failed | _failing(graph, failed, sources)
        lost = lost | _caught(graph, lost, moved)
        for output, start in loop:
            if isinstance(output, Constant):
                failed |= set() if finite(output) else {start}
                continue
            moved |= {start} if output in moved else set()
            failed |= {start} if output in failed else set()
            lost |= {output} if start in lost else set()
    guarded = frozenset(key for key in failed & lost if is_float(graph.avals[key]))
    return Flow(frozenset(moved), guarded, _direct(graph))


def is_float(aval: Any) -> bool:
    """Whether a variable of this shape and dtype is floating point (or complex)."""
    return jnp.issubdtype(aval.dtype, jnp.inexact)


def among(ref: Ref, keys: frozenset[int]) -> bool:
    """Whether a reference is a variable of ``keys``."""
    return isinstance(ref, int) and ref in keys


def finite(constant: Constant) -> bool:
    """Whether a constant is known to hold finite numbers only (one that is being traced counts as finite)."""
    value = constant.value
    if isinstance(value, Tracer) or not jnp.issubdtype(jnp.result_type(value), jnp.inexact):
        return True
    return bool(np.all(np.isfinite(np.asarray(value))))


def _moving(graph: Graph, moved: set[int]) -> set[int]:
    found = set(moved)
    for node in graph.nodes:
        if any(ref in found for ref in node.inputs if isinstance(ref, int)):
            found.update(node.outputs)
    return found


def _direct(graph: Graph) -> dict[int, Node]:
    """Variables whose relative error counts, back from every logarithm, root and divisor to exponentials and sums."""
    found, wanted = {}, set()
    for node in reversed(graph.nodes):
        name = node.primitive.name
        asked = wanted.intersection(node.outputs)
        if asked and name in DIRECT and is_float(graph.avals[node.outputs[0]]):
            found[node.outputs[0]] = node
            wanted.update(ref for ref in node.inputs if isinstance(ref, int) and name not in ENDS)
        sharp = None if name == "integer_pow" and node.params["y"] > 0 else SHARP.get(name)
        if sharp is not None and isinstance(ref := node.inputs[sharp], int):
            wanted.add(ref)
    return found


def _sources(graph: Graph) -> set[int]:
    """Floating-point outputs of nodes that may make an infinity of finite variables."""
    found, known = set(), ranges(graph)
    for node in graph.nodes:
        harmed = any(_harms(node, ref) for ref in node.inputs if isinstance(ref, Constant))
        if harmed or not (_tame(node.primitive.name, node.params) or stays_finite(node, known)):
            found.update(key for key in node.outputs if is_float(graph.avals[key]))
    return found


def _failing(graph: Graph, failed: set[int], sources: set[int]) -> set[int]:
    found = failed | sources
    for node in graph.nodes:
        if any(ref in found for ref in node.inputs if isinstance(ref, int)):
            found.update(key for key in node.outputs if is_float(graph.avals[key]))
    return found


def _harms(node: Node, constant: Constant) -> bool:
    """Whether a constant may make a result that is not finite; -∞ starts a maximum, ∞ a minimum."""
    start = {"max": -np.inf, "min": np.inf}.get(node.primitive.name)
    if start is None or finite(constant):
        return not finite(constant)
    value = np.asarray(constant.value)
    return not bool(np.all(np.isfinite(value) | (value == start)))


def _caught(graph: Graph, lost: set[int], moved: set[int]) -> set[int]:
    found = set(lost)
    for node in reversed(graph.nodes):
        if not _carries(graph, node, moved) or any(key in found for key in node.outputs):
            found.update(ref for ref in node.inputs if isinstance(ref, int))
    return found


def _tame(name: str, params: dict[str, Any]) -> bool:
    if name == "integer_pow":
        return params["y"] >= 0
    inner = [jaxpr for value in params.values() for jaxpr in _jaxprs(value)]
    if name not in TAME and not inner:
        return False
    return all(_tame_jaxpr(jaxpr) for jaxpr in inner)


def _tame_jaxpr(jaxpr: Any) -> bool:
    for eqn in jaxpr.eqns:
        if not any(is_float(atom.aval) for atom in eqn.outvars):
            continue
        literals = [Constant(atom.val) for atom in eqn.invars if isinstance(atom, core.Literal)]
        if not all(map(finite, literals)) or not _tame(eqn.primitive.name, eqn.params):
            return False
    return True


def _jaxprs(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [jaxpr for item in value for jaxpr in _jaxprs(item)]
    inner = getattr(value, "jaxpr", value)
    return [inner] if hasattr(inner, "eqns") else []


def _carries(graph: Graph, node: Node, moved: set[int]) -> bool:
    name = node.primitive.name
    if name not in CARRY and not (name == "integer_pow" and node.params["y"] > 0):
        return False
    varying = [ref for ref in node.inputs if isinstance(ref, int) and ref in moved]
    return all(is_float(graph.avals[key]) for key in [*node.outputs, *varying])
