"""Networks of rectified linear units with residual connections."""

import flax.linen as nn
import jax

from ._layers import PointsLastDense, check_points


class Residual(nn.Module):
    """A network of residual blocks, h ← h + V max(0, W h + b) + c, between two affine layers.

    Args:
        blocks: number of residual blocks.
        width: number of units of h and of the rectified layer of each block.
        inputs: number of input features.
        outputs: number of outputs.

    Called with points of shape (inputs, K), it returns outputs of shape (outputs, K). Kernels have shape (out, in).

    Example:
        >>> import jax.numpy as jnp
        >>> params = Residual(blocks=3, width=12).init(jax.random.key(0), jnp.zeros((1, 1)))["params"]
        >>> sum(leaf.size for leaf in jax.tree.leaves(params))
        973

    Reference: He et al. (2016), Deep residual learning for image recognition.
    """

    blocks: int = 3
    width: int = 12
    inputs: int = 1
    outputs: int = 1

    @nn.compact
    def __call__(self, points: jax.Array) -> jax.Array:
        check_points(points, self.inputs)
        hidden = PointsLastDense(self.width, name="first")(points)
        for number in range(self.blocks):
            bent = jax.nn.relu(PointsLastDense(self.width, name=f"inner_{number}")(hidden))
            hidden = hidden + PointsLastDense(self.width, name=f"outer_{number}")(bent)
        return PointsLastDense(self.outputs, name="last")(hidden)
