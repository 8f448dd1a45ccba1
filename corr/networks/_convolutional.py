"""Small convolutional networks."""

import math
from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp

from ._layers import Activation, PointsLastDense, check_layers, check_points

STRIDE = 2


class Convolutional(nn.Module):
    """Convolutions that halve the image each, h_{l+1} = φ(W_l * h_l + b_l), and a linear layer of all that is left.

    Args:
        channels: numbers of channels of the hidden layers, first to last.
        shape: (height, width, channels) of the images.
        outputs: number of outputs.
        window: side of the square that a unit sees; borders are filled with zeros.
        activation, normalization: as in ``FullyConnected``; ``"batch"`` takes the statistics of a channel over all
            places and points, ``"layer"`` those of a point over all places and channels.
        dropout: share of the channels that a key drops, each at all places at once (spatial dropout), in [0, 1).

    Called with points of shape (height · width · channels, K), images read row by row as ``image.ravel()`` does, it
    returns outputs of shape (outputs, K). Kernels have shape (out, in, window, window), those of the last layer
    (out, in).

    Raises:
        ValueError: as ``FullyConnected``, and for a shape that is not three positive numbers.

    Example:
        >>> from corr.networks import functional
        >>> import jax.numpy as jnp
        >>> network = functional(Convolutional((4, 8), shape=(28, 28, 1)), variance="he")
        >>> params = jax.eval_shape(network.init, jax.random.key(0))
        >>> params["convolution_1"]["kernel"].shape, params["last"]["kernel"].shape
        ((8, 4, 3, 3), (10, 392))
        >>> jax.eval_shape(network.apply, params, jnp.zeros((784, 5))).shape
        (10, 5)

    Reference: Springenberg et al. (2015), Striving for simplicity (strides for pooling); Tompson et al. (2015),
    Efficient object localization (spatial dropout).
    """

    channels: Sequence[int] = (8, 16)
    shape: tuple[int, int, int] = (28, 28, 1)
    outputs: int = 10
    window: int = 3
    activation: str = "relu"
    dropout: float = 0.0
    normalization: str | None = None

    def __post_init__(self) -> None:
        check_layers(self.activation, self.normalization, self.dropout)
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ValueError(f"shape must be (height, width, channels) of the images, got {self.shape}")
        super().__post_init__()

    @property
    def inputs(self) -> int:
        return math.prod(self.shape)

    @nn.compact
    def __call__(self, points: jax.Array, training: int | None = None) -> jax.Array:
        check_points(points, self.inputs)
        hidden = points.reshape(*self.shape, -1)
        for number, channels in enumerate(self.channels):
            convolution = _Convolution(
                channels, self.window, self.normalization != "batch", name=f"convolution_{number}"
            )
            bend = Activation(self.activation, self.normalization, self.dropout, name=f"activation_{number}")
            hidden = bend(convolution(hidden), training)
        return PointsLastDense(self.outputs, name="last")(hidden.reshape(-1, points.shape[-1]))


class _Convolution(nn.Module):
    """Every second place of W * h + b on images of shape (height, width, channels, K)."""

    channels: int
    window: int
    use_bias: bool

    @nn.compact
    def __call__(self, images: jax.Array) -> jax.Array:
        size = (self.window, self.window)
        init = nn.initializers.variance_scaling(1.0, "fan_in", "truncated_normal", in_axis=1, out_axis=0)
        kernel = self.param("kernel", init, (self.channels, images.shape[2], *size))
        seen = _seen(images, self.window)
        # One long product of matrices: on CPU XLA convolves slowly with a kernel for each trajectory.
        rows = jnp.moveaxis(kernel, 1, -1).reshape(self.channels, -1)
        moved = (rows @ seen.reshape(rows.shape[1], -1)).reshape(self.channels, *seen.shape[1:])
        moved = jnp.moveaxis(moved, 0, 2)
        if not self.use_bias:
            return moved
        bias = self.param("bias", nn.initializers.zeros_init(), (self.channels,))
        return moved + jax.lax.broadcast_in_dim(bias, moved.shape, (2,))


def _seen(images: jax.Array, window: int) -> jax.Array:
    """What the unit at every second place sees, (window · window · channels, places down, places across, K)."""
    height, width, channels, points = images.shape
    sizes = [-(-side // STRIDE) for side in (height, width)]
    borders = [max((size - 1) * STRIDE + window - side, 0) for size, side in zip(sizes, (height, width), strict=True)]
    filled = [(border // 2, border - border // 2) for border in borders]
    padded = jnp.pad(jnp.moveaxis(images, 2, 0), ((0, 0), *filled, (0, 0)))
    down, across = ((size - 1) * STRIDE + 1 for size in sizes)
    return jnp.concatenate(
        [
            jax.lax.slice(
                padded, (0, row, column, 0), (channels, row + down, column + across, points), (1, STRIDE, STRIDE, 1)
            )
            for row in range(window)
            for column in range(window)
        ]
    )
