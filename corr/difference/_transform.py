"""``difference``: split a function into its value with a tape, and its exact change from the tape."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .._told import warn
from ._bounds import displacement_bounds
from ._flow import Flow, flow, is_float
from ._graph import Constant, Graph, Ref, build_graph
from ._guards import recoded
from ._operands import Values
from ._propagate import change_graph, evaluate_graph
from ._reading import values_read
from ._shortcut import has_shortcut
from ._smooth import HALF


class Difference(NamedTuple):
    """A function split in two, as ``jax.linearize`` splits it.

    Attributes:
        start: ``start(*args) -> (f(args), tape)``.
        change: ``change(tape, *displacements) -> (f(args + displacements) - f(args), new_tape)``, where ``new_tape``
            is the tape at the displaced arguments.
        shortcut: ``shortcut(*args)`` tells whether ``difference(f, shortcut=True)`` is cheaper than this.
    """

    start: Callable[..., tuple[Any, Any]]
    change: Callable[..., tuple[Any, Any]]
    shortcut: Callable[..., bool]


def difference(function: Callable[..., Any], *, bound: float = math.inf, shortcut: bool = False) -> Difference:
    """The exact finite change of a function of pytrees of floating-point arrays.

    ``change`` costs about one evaluation of the function and is accurate to rounding relative to the sizes of the terms
    that make up the change, however small the displacement is. The values kept in the tape are updated by adding their
    changes; call ``start`` again every few thousand accepted steps to shed the accumulated rounding.

    Args:
        function: any JAX function ``f(*args)`` whose outputs are floating-point arrays.
        bound: a number that no component of a displacement ever exceeds in size, in the units of the arguments; lets a
            small-argument form of tanh be chosen once, ``inf`` if unknown.
        shortcut: give NaN where the argument of a tanh moves by 1/4 or more; its tape is half as large.

    Returns:
        A ``Difference(start, change, shortcut)``.

    Raises:
        TypeError: if an argument is not floating point.

    Example:
        >>> f = difference(lambda x: jnp.sum(jnp.tanh(x) ** 2))
        >>> value, tape = f.start(jnp.ones(3))
        >>> change, tape = f.change(tape, jnp.full(3, 1e-7))
        >>> f"{change:.4e}"
        '1.9191e-07'

    Reference: subtraction formulas, such as that of the hyperbolic tangent.
    """
    warned: set[str] = set()

    def graph_of(leaves: list[jax.Array], treedef: Any) -> tuple[Graph, Flow, Any]:
        for leaf in leaves:
            if not jnp.issubdtype(jnp.result_type(leaf), jnp.floating):
                raise TypeError(f"every argument must be floating point, got dtype {jnp.result_type(leaf)}")
        shapes = [jax.ShapeDtypeStruct(jnp.shape(leaf), jnp.result_type(leaf)) for leaf in leaves]
        flat = lambda *flat_args: function(*jax.tree.unflatten(treedef, flat_args))  # noqa: E731
        closed, out_shape = jax.make_jaxpr(flat, return_shape=True)(*shapes)
        graph = build_graph(closed, [None] * len(leaves))
        return graph, flow(graph, (), set(graph.inputs), set(), set()), jax.tree.structure(out_shape)

    def changes_of(graph: Graph, course: Flow, values: Any, moved: list[Any], keep: Any) -> tuple[list[Any], Any]:
        missing: set[str] = set()
        changes = dict(zip(graph.inputs, moved, strict=True))
        bounds = _bounds(graph, bound)
        store = Values(values, changes, graph.avals, bounds, shortcut, course, missing)
        moves, kept = change_graph(graph, store, keep, course)
        _warn(missing - warned)
        warned.update(missing)
        return [_plain(ref, move, store) for ref, move in zip(graph.outputs, moves, strict=True)], kept

    def start(*args: Any) -> tuple[Any, Any]:
        leaves, treedef = jax.tree.flatten(args)
        graph, course, out_tree = graph_of(leaves, treedef)
        outputs, values = evaluate_graph(graph, leaves, course)
        needed = values_read(lambda known, keep: changes_of(graph, course, known, leaves, keep), values)
        kept = {key: values[key] for key in needed if key not in graph.inputs}
        return jax.tree.unflatten(out_tree, outputs), (args, kept)

    def change(tape: Any, *displacements: Any) -> tuple[Any, Any]:
        args, kept = tape
        leaves, treedef = jax.tree.flatten(args)
        graph, course, out_tree = graph_of(leaves, treedef)
        values = kept | dict(zip(graph.inputs, leaves, strict=True))
        changes, new_kept = changes_of(graph, course, values, jax.tree.leaves(displacements), kept)
        new_args = jax.tree.map(jnp.add, args, displacements)
        return jax.tree.unflatten(out_tree, changes), (new_args, new_kept)

    def cheaper(*args: Any) -> bool:
        graph, course, _ = graph_of(*jax.tree.flatten(args))
        return not shortcut and not course.guarded and has_shortcut(graph, _bounds(graph, bound), HALF)

    return Difference(start, change, cheaper)


def _plain(ref: Ref, change: Any, store: Values) -> Any:
    """The change of an output as a difference, also where it is an integer."""
    if isinstance(ref, Constant):
        return jnp.zeros_like(ref.value)
    aval = store.avals[ref]
    if is_float(aval):
        if change is None:
            return jnp.zeros(aval.shape, aval.dtype)
        return recoded(store.values[ref], change, True, False) if ref in store.guarded else change
    old = store.values[ref]
    if jnp.issubdtype(aval.dtype, jnp.integer):
        return jnp.zeros_like(old) if change is None else change - old
    return old if change is None else change


def _warn(missing: set[str]) -> None:
    if missing:
        warn(
            f"no exact-change rule for {sorted(missing)}: recomputed in float64 or subtracted; decisions may flip."
            " Write the loss with operations listed in corr/difference/__init__.py, or run it in float64",
            stacklevel=4,
        )


def _bounds(graph: Graph, bound: float) -> dict[int, float]:
    return displacement_bounds(graph, [bound] * len(graph.inputs))
