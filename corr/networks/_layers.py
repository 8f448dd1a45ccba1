"""What the layers of the networks here share: affine maps of points on the last axis, and what follows them."""

from collections.abc import Callable
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp

from .._checks import real_number
from ._bias import over_points

ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "gelu": partial(jax.nn.gelu, approximate=False),
    "sigmoid": jax.nn.sigmoid,
}
NORMALIZATIONS = (None, "batch", "layer")

# Kernels have shape (out, in), those of convolutions (out, in, height, width).
kernel_init = nn.initializers.lecun_normal(in_axis=-1, out_axis=-2)


class PointsLastDense(nn.Module):
    """An affine layer W h + b on features of shape (in, points)."""

    features: int
    use_bias: bool = True

    @nn.compact
    def __call__(self, hidden: jax.Array) -> jax.Array:
        kernel = self.param("kernel", kernel_init, (self.features, hidden.shape[0]))
        if not self.use_bias:
            return kernel @ hidden
        bias = self.param("bias", nn.initializers.zeros_init(), (self.features,))
        return kernel @ hidden + over_points(bias, hidden)


class Activation(nn.Module):
    """Normalization, then a function of every unit, then dropout, of units of shape (units, K).

    Images have shape (height, width, channels, K): their channels are the units, normalized over all places, and
    dropped at all places at once.
    """

    function: str = "tanh"
    normalization: str | None = None
    dropout: float = 0.0

    @nn.compact
    def __call__(self, hidden: jax.Array, training: int | None = None) -> jax.Array:
        places = tuple(range(hidden.ndim - 2))
        if self.normalization is not None:
            hidden = self._normalized(hidden, places, training)
        hidden = ACTIVATIONS[self.function](hidden)
        if not self.dropout:
            return hidden
        dropout = nn.Dropout(self.dropout, broadcast_dims=places, deterministic=not self.has_rng("dropout"))
        return dropout(hidden)

    def _normalized(self, hidden: jax.Array, places: tuple[int, ...], training: int | None) -> jax.Array:
        """γ (h - mean) / √(variance + 1e-5) + β over the points, or the first ``training`` of them, or over units."""
        units, points = hidden.ndim - 2, hidden.ndim - 1
        batch = self.normalization == "batch"
        # flax's LayerNorm takes the axes it is told, and a mask: over the points it is batch normalization without
        # running averages.
        layer = nn.LayerNorm(
            epsilon=1e-5,
            reduction_axes=(*places, points if batch else units),
            feature_axes=units,
            param_dtype=hidden.dtype,
            use_fast_variance=False,
            name="normalization",
        )
        if not batch or training is None:
            return layer(hidden)
        counted = jnp.arange(hidden.shape[-1]) < training
        return layer(hidden, mask=counted.reshape((1,) * points + (-1,)))


def check_layers(activation: str, normalization: str | None, dropout: float) -> None:
    """Refuses what ``Activation`` does not know.

    Raises:
        ValueError: for an unknown activation or normalization, or a dropout outside [0, 1).
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
    if normalization not in NORMALIZATIONS:
        raise ValueError(f'normalization must be "batch", "layer" or None, got {normalization!r}')
    if not 0 <= real_number("dropout", dropout) < 1:
        raise ValueError(f"dropout, the share of units that is dropped, must lie in [0, 1), got {dropout}")


def check_points(points: jax.Array, inputs: int) -> None:
    """Refuses points that are not of shape (inputs, K)."""
    if points.ndim != 2 or points.shape[0] != inputs:
        raise ValueError(f"this network takes points of shape ({inputs}, K), got {points.shape}")
