"""``difference``: split a function into its value with a tape, and its exact change from the tape."""

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ._bounds import displacement_bounds
from ._graph import Graph, build_graph
from ._propagate import change_graph, evaluate_graph, needed_values, without_rule
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

    Reference: this project; the identity for tanh is the subtraction formula of the hyperbolic tangent.
    """
    warned: set[str] = set()

    def graph_of(leaves: list[jax.Array], treedef: Any) -> tuple[Graph, Any]:
        for leaf in leaves:
            if not jnp.issubdtype(jnp.result_type(leaf), jnp.floating):
                raise TypeError(f"every argument must be floating point, got dtype {jnp.result_type(leaf)}")
        shapes = [jax.ShapeDtypeStruct(jnp.shape(leaf), jnp.result_type(leaf)) for leaf in leaves]
        flat = lambda *flat_args: function(*jax.tree.unflatten(treedef, flat_args))  # noqa: E731
        closed, out_shape = jax.make_jaxpr(flat, return_shape=True)(*shapes)
        graph = build_graph(closed, [None] * len(leaves))
        missing = without_rule(graph) - warned
        if missing:
            warned.update(missing)
            warnings.warn(
                f"no exact-change rule for {sorted(missing)}: recomputed in float64 or subtracted; decisions may flip",
                UserWarning,
                stacklevel=3,
            )
        return graph, jax.tree.structure(out_shape)

    def start(*args: Any) -> tuple[Any, Any]:
        leaves, treedef = jax.tree.flatten(args)
        graph, out_tree = graph_of(leaves, treedef)
        outputs, values = evaluate_graph(graph, leaves)
        needed = needed_values(graph, values, leaves, _bounds(graph, bound), shortcut=shortcut)
        kept = {key: values[key] for key in needed if key not in graph.inputs}
        return jax.tree.unflatten(out_tree, outputs), (args, kept)

    def change(tape: Any, *displacements: Any) -> tuple[Any, Any]:
        args, kept = tape
        leaves, treedef = jax.tree.flatten(args)
        graph, out_tree = graph_of(leaves, treedef)
        moved = jax.tree.leaves(displacements)
        values = kept | dict(zip(graph.inputs, leaves, strict=True))
        changes, new_kept = change_graph(graph, values, moved, _bounds(graph, bound), kept, shortcut=shortcut)
        new_args = jax.tree.map(jnp.add, args, displacements)
        return jax.tree.unflatten(out_tree, changes), (new_args, new_kept)

    def cheaper(*args: Any) -> bool:
        graph, _ = graph_of(*jax.tree.flatten(args))
        return not shortcut and has_shortcut(graph, _bounds(graph, bound), HALF)

    return Difference(start, change, cheaper)


def _bounds(graph: Graph, bound: float) -> dict[int, float]:
    return displacement_bounds(graph, [bound] * len(graph.inputs))
