"""Recurrent networks, read along a sequence."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from ._layers import PointsLastDense, kernel_init


class Recurrent(nn.Module):
    """A recurrent tanh network, h_k = tanh(W h_{k-1} + V θ_k + b) from h_{-1} = 0, with outputs C h_k + d.

    Args:
        units: number of units of h.
        inputs: number of input features of each step of the sequence.
        outputs: number of outputs at each step.

    Called with a sequence of shape (inputs, K), whose points are its K steps in order, it returns outputs of shape
    (outputs, K). Kernels have shape (out, in).

    Example:
        >>> params = Recurrent(units=8).init(jax.random.key(0), jnp.zeros((1, 1)))["params"]
        >>> sum(leaf.size for leaf in jax.tree.leaves(params))
        89

    Reference: Elman (1990), Finding structure in time.
    """

    units: int = 8
    inputs: int = 1
    outputs: int = 1

    @nn.compact
    def __call__(self, points: jax.Array) -> jax.Array:
        if points.ndim != 2 or points.shape[0] != self.inputs:
            raise ValueError(f"this network takes a sequence of shape ({self.inputs}, K), got {points.shape}")
        recurrent = self.param("recurrent", kernel_init, (self.units, self.units))
        drive = PointsLastDense(self.units, name="first")(points)

        def step(hidden: jax.Array, drive: jax.Array) -> tuple[jax.Array, jax.Array]:
            hidden = jnp.tanh(recurrent @ hidden + drive)
            return hidden, hidden

        _, states = jax.lax.scan(step, jnp.zeros_like(drive[:, 0]), drive.T)
        return PointsLastDense(self.outputs, name="last")(states.T)
