"""The forward pass of genomes of NEAT: what is connected as arrays, activations as neat-python has them."""

import dataclasses
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np

from .._types import Params

Array = jax.Array | np.ndarray

FAR = 60.0  # where neat-python holds the arguments of its exponentials
GAUSS_FAR = 3.4

# neat-python's own scales: its sigmoid is σ(5z), and a node that divides a link is no neutral one.
ACTIVATIONS: Mapping[str, Callable[[jax.Array], jax.Array]] = {
    "sigmoid": lambda z: jax.nn.sigmoid(jnp.clip(5 * z, -FAR, FAR)),
    "tanh": lambda z: jnp.tanh(jnp.clip(2.5 * z, -FAR, FAR)),
    "sin": lambda z: jnp.sin(jnp.clip(5 * z, -FAR, FAR)),
    "gauss": lambda z: jnp.exp(-5 * jnp.clip(z, -GAUSS_FAR, GAUSS_FAR) ** 2),
    "relu": lambda z: jnp.maximum(z, 0),
    "identity": lambda z: z,
}


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Wires:
    """What is connected, nodes in an order in which each comes after all that it hears.

    Attributes:
        rows, columns: node that each link goes to, and input or node that it comes from, (L,).
        there: 1 for each link, 0 for what fills up to L, (L,).
        kinds: place of each node's activation among ``activations``, (n,).
        outputs: places of the outputs among the nodes, (outputs,).
        inputs: how many.
        activations: their names.
    """

    rows: Array
    columns: Array
    there: Array
    kinds: Array
    outputs: Array
    inputs: int = dataclasses.field(metadata={"static": True})
    activations: tuple[str, ...] = dataclasses.field(metadata={"static": True})


def outputs(wires: Wires, params: Params, points: jax.Array) -> jax.Array:
    """The forward pass, v_j = f_j(b_j + r_j Σ_i w_ij v_i), by a strictly lower triangular matrix of weights.

    Args:
        wires: of one network.
        params: ``weights`` (L,), ``biases`` and ``responses`` (n,).
        points: (inputs, K).

    Returns:
        (outputs, K).

    Raises:
        ValueError: if points have another number of inputs.

    Example:
        >>> one = jnp.array([0])
        >>> wires = Wires(one, one, jnp.ones(1), one, one, inputs=1, activations=("relu",))
        >>> params = {"weights": jnp.array([2.0]), "biases": jnp.zeros(1), "responses": jnp.ones(1)}
        >>> outputs(wires, params, jnp.array([[-1.0, 1.0]])).tolist()
        [[0.0, 2.0]]

    Reference: as ``network_of``.
    """
    if jnp.ndim(points) != 2 or len(points) != wires.inputs:
        raise ValueError(f"points must have shape ({wires.inputs}, K), one row an input, got {jnp.shape(points)}")
    count, weights = len(wires.kinds), params["weights"]
    shape = (count, wires.inputs + count)
    dense = jnp.zeros(shape, weights.dtype).at[wires.rows, wires.columns].add(weights * wires.there)
    values = points
    for node in range(count):
        heard = dense[node, : wires.inputs + node] @ values
        total = params["biases"][node] + params["responses"][node] * heard
        values = jnp.concatenate([values, _activated(wires, node, total)[None]])
    return values[wires.inputs + wires.outputs]


def _activated(wires: Wires, node: int, total: jax.Array) -> jax.Array:
    made = [ACTIVATIONS[name](total) for name in wires.activations]
    found = made[0]
    for place, other in enumerate(made[1:], start=1):
        found = jnp.where(wires.kinds[node] == place, other, found)
    return found
