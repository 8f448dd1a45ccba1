"""Few balanced digits, and tanh networks of any depth on them, with or without residual connections."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from corr import data, losses

from . import digits

WIDTH, PER_CLASS = 16, 10
Params = dict[str, dict[str, jax.Array]]


def images() -> data.Data:
    """As many of each class: log 10 is then the loss of whoever has learned nothing, biases of the output included."""
    with jax.ensure_compile_time_eval():
        learn, _ = digits.digits(0)
        labels = np.asarray(learn.targets)
        rows = np.concatenate([np.flatnonzero(labels == one)[:PER_CLASS] for one in range(digits.CLASSES)])
        return data.Data(learn.points[:, rows], learn.targets[rows])


def start(key: jax.Array, layers: int, scale: float) -> Params:
    """N(0, scale²/fan-in) on weights, zero biases; hidden layers in one array: a loop compiles as fast as one layer."""
    drawn = jax.tree.map(lambda leaf: scale * leaf, digits.network(*(WIDTH,) * layers).init(key))
    inner = [drawn[f"dense_{number}"] for number in range(1, layers)]
    hidden = jax.tree.map(lambda *leaves: jnp.stack(leaves), *inner)
    return {"first": drawn["dense_0"], "hidden": hidden, "last": drawn[f"dense_{layers}"]}


def outputs(params: Params, pixels: jax.Array, layers: Any, skip: float = 0.0) -> jax.Array:
    """Logits after hidden layers h ← tanh(Wh + b) + skip · h, the first without skip, and a linear last layer.

    Layers beyond so many hand on what they get: one program serves all depths.
    """

    def layer(carried: jax.Array, one: tuple[jax.Array, dict[str, jax.Array]]) -> tuple[jax.Array, None]:
        number, weights = one
        return jnp.where(number <= layers, jnp.tanh(_affine(weights, carried)) + skip * carried, carried), None

    begun = jnp.tanh(_affine(params["first"], pixels))
    numbers = jnp.arange(2, len(params["hidden"]["bias"]) + 2)
    return _affine(params["last"], jax.lax.scan(layer, begun, (numbers, params["hidden"]))[0])


def loss(layers: Any, skip: float = 0.0) -> Callable[[Params], jax.Array]:
    """Cross entropy of a network of so many hidden layers on the images."""
    apply = lambda params, pixels: outputs(params, pixels, layers, skip)  # noqa: E731
    return losses.mean(losses.cross_entropy(), apply, *images())


def _affine(layer: dict[str, jax.Array], carried: jax.Array) -> jax.Array:
    return layer["kernel"] @ carried + layer["bias"][:, None]
