"""Gated recurrent networks that read the features of every point as a sequence."""

from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from .._checks import check_count
from ._bias import over_points
from ._layers import PointsLastDense, check_points, kernel_init

GATES = {"gru": ("reset", "update", "candidate"), "lstm": ("input", "forget", "output", "candidate")}


class Sequence(nn.Module):
    """A GRU or LSTM that starts at h = 0 and reads a point step by step, with outputs C h + d of its last state.

    With s = σ(W x + b + V h) for every gate s, x the features of a step:
    GRU: n = tanh(W x + b + reset (V h + c)), h ← (1 - update) n + update h;
    LSTM: g = tanh(W x + b + V h), m ← forget m + input g, h ← output tanh(m).

    Args:
        cell: ``"gru"`` or ``"lstm"``.
        units: number of units of h.
        steps: number of steps; of an image's features, row by row, its rows.
        inputs: number of features of a point, ``steps`` times those of one step.
        outputs: number of outputs.

    Called with points of shape (inputs, K), it returns outputs of shape (outputs, K). Kernels have shape (out, in).

    Raises:
        ValueError: for an unknown cell, features that the steps do not divide, or points of another shape.

    Example:
        >>> from corr.networks import functional
        >>> network = functional(Sequence("lstm", units=5, steps=8, inputs=64, outputs=10), variance="glorot")
        >>> params = jax.eval_shape(network.init, jax.random.key(0))
        >>> jax.eval_shape(network.apply, params, jnp.ones((64, 3))).shape
        (10, 3)

    Reference: Cho et al. (2014), Learning phrase representations; Hochreiter and Schmidhuber (1997), Long short-term
    memory.
    """

    cell: str = "gru"
    units: int = 8
    steps: int = 8
    inputs: int = 8
    outputs: int = 1

    def __post_init__(self) -> None:
        if self.cell not in GATES:
            raise ValueError(f"cell must be one of {', '.join(GATES)}, got {self.cell!r}")
        if self.inputs % check_count("steps", self.steps):
            raise ValueError(f"inputs must be a multiple of the {self.steps} steps, got {self.inputs}")
        super().__post_init__()

    @nn.compact
    def __call__(self, points: jax.Array) -> jax.Array:
        check_points(points, self.inputs)
        names, count = GATES[self.cell], points.shape[-1]
        rows = points.reshape(self.steps, -1, count).transpose(1, 0, 2).reshape(-1, self.steps * count)
        drives = {
            name: PointsLastDense(self.units, name=name)(rows).reshape(self.units, self.steps, count).transpose(1, 0, 2)
            for name in names
        }
        recurrent = {name: self.param(f"recurrent_{name}", kernel_init, (self.units, self.units)) for name in names}
        hidden = jnp.zeros_like(drives["candidate"][0])
        if self.cell == "gru":
            bias = self.param("recurrent_bias", nn.initializers.zeros_init(), (self.units,))
            last, _ = jax.lax.scan(partial(_gru, recurrent, over_points(bias, hidden)), (hidden,), drives)
        else:
            last, _ = jax.lax.scan(partial(_lstm, recurrent), (hidden, hidden), drives)
        return PointsLastDense(self.outputs, name="last")(last[0])


def _gru(recurrent: Any, bias: jax.Array, carry: tuple[jax.Array], drive: Any) -> tuple[tuple[jax.Array], None]:
    (hidden,) = carry
    reset, update = (jax.nn.sigmoid(drive[name] + recurrent[name] @ hidden) for name in ("reset", "update"))
    candidate = jnp.tanh(drive["candidate"] + reset * (recurrent["candidate"] @ hidden + bias))
    return ((1 - update) * candidate + update * hidden,), None


def _lstm(recurrent: Any, carry: tuple[jax.Array, jax.Array], drive: Any) -> tuple[tuple[jax.Array, jax.Array], None]:
    hidden, memory = carry
    gates = {name: drive[name] + recurrent[name] @ hidden for name in GATES["lstm"]}
    taken, kept, shown = (jax.nn.sigmoid(gates[name]) for name in ("input", "forget", "output"))
    memory = kept * memory + taken * jnp.tanh(gates["candidate"])
    return (shown * jnp.tanh(memory), memory), None
