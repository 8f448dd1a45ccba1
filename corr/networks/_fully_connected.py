"""Fully connected tanh networks of any depth and width."""

from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp

from ._bias import over_points


class FullyConnected(nn.Module):
    """A tanh network with biases everywhere, h_{l+1} = tanh(W_l h_l + b_l) and a linear last layer.

    Args:
        widths: numbers of units of the hidden layers, first to last.
        inputs: number of input features.
        outputs: number of outputs.

    Called with points of shape (inputs, K), it returns outputs of shape (outputs, K). Kernels have shape (out, in).

    Example:
        >>> module = FullyConnected(widths=(32,) * 8)
        >>> params = module.init(jax.random.key(0), jnp.zeros((1, 1)))["params"]
        >>> sum(leaf.size for leaf in jax.tree.leaves(params))
        7489

    Reference: Whitelam et al. (2021), Figs. 3-5 (8 hidden layers of 32 units, N = 7489).
    """

    widths: Sequence[int] = (32,) * 8
    inputs: int = 1
    outputs: int = 1

    @nn.compact
    def __call__(self, points: jax.Array) -> jax.Array:
        if points.ndim != 2 or points.shape[0] != self.inputs:
            raise ValueError(f"this network takes points of shape ({self.inputs}, K), got {points.shape}")
        hidden = points
        for number, width in enumerate(self.widths):
            hidden = jnp.tanh(PointsLastDense(width, name=f"dense_{number}")(hidden))
        return PointsLastDense(self.outputs, name=f"dense_{len(self.widths)}")(hidden)


class PointsLastDense(nn.Module):
    """An affine layer W h + b on features of shape (in, points)."""

    features: int

    @nn.compact
    def __call__(self, hidden: jax.Array) -> jax.Array:
        kernel_init = nn.initializers.lecun_normal(in_axis=-1, out_axis=-2)
        kernel = self.param("kernel", kernel_init, (self.features, hidden.shape[0]))
        bias = self.param("bias", nn.initializers.zeros_init(), (self.features,))
        return kernel @ hidden + over_points(bias, hidden)
