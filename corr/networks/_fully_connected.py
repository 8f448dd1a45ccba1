"""Fully connected networks of any depth and width."""

from collections.abc import Sequence

import flax.linen as nn
import jax

from ._layers import Activation, PointsLastDense, check_layers, check_points


class FullyConnected(nn.Module):
    """A network with biases everywhere, h_{l+1} = φ(W_l h_l + b_l) and a linear last layer.

    Args:
        widths: numbers of units of the hidden layers, first to last.
        inputs: number of input features.
        outputs: number of outputs.
        activation: φ: ``"tanh"``, ``"relu"``, ``"gelu"`` (h Φ(h), Φ the normal distribution) or ``"sigmoid"``.
        dropout: share of the hidden units that a key drops, after φ, in [0, 1); the others are divided by one less
            this share, so that means stay.
        normalization: of the hidden layers before φ: ``"batch"``, each unit over the points (the layer then has no
            bias of its own), ``"layer"``, each point over the units, or None.

    Called with points of shape (inputs, K), it returns outputs of shape (outputs, K). Kernels have shape (out, in).
    How to drop and whose statistics to take is an argument of ``apply``, see ``functional``.

    Raises:
        ValueError: for an unknown activation or normalization, a dropout outside [0, 1) or points of another shape.

    Example:
        >>> import jax.numpy as jnp
        >>> module = FullyConnected(widths=(32,) * 8)
        >>> params = module.init(jax.random.key(0), jnp.zeros((1, 1)))["params"]
        >>> sum(leaf.size for leaf in jax.tree.leaves(params))
        7489
        >>> module = FullyConnected((16,), inputs=64, outputs=10, activation="gelu", normalization="layer")
        >>> sorted(jax.eval_shape(module.init, jax.random.key(0), jnp.zeros((64, 1)))["params"])
        ['activation_0', 'dense_0', 'dense_1']

    Reference: Whitelam et al. (2021), Figs. 3-5 (8 hidden layers of 32 units, N = 7489); Srivastava et al. (2014),
    Dropout; Ioffe and Szegedy (2015), Batch normalization; Ba et al. (2016), Layer normalization.
    """

    widths: Sequence[int] = (32,) * 8
    inputs: int = 1
    outputs: int = 1
    activation: str = "tanh"
    dropout: float = 0.0
    normalization: str | None = None

    def __post_init__(self) -> None:
        check_layers(self.activation, self.normalization, self.dropout)
        super().__post_init__()

    @nn.compact
    def __call__(self, points: jax.Array, training: int | None = None) -> jax.Array:
        check_points(points, self.inputs)
        hidden = points
        for number, width in enumerate(self.widths):
            affine = PointsLastDense(width, use_bias=self.normalization != "batch", name=f"dense_{number}")
            bend = Activation(self.activation, self.normalization, self.dropout, name=f"activation_{number}")
            hidden = bend(affine(hidden), training)
        return PointsLastDense(self.outputs, name=f"dense_{len(self.widths)}")(hidden)
