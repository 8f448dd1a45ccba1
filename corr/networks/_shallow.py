"""The paper's shallow network."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from ._bias import over_points


class Shallow(nn.Module):
    """One hidden tanh layer without output bias, f(θ) = Σ_{m<M} a_m tanh(b_m θ + c_m), N = 3M.

    Args:
        hidden_units: M, number of hidden units.

    Called with points of shape (1, K), it returns outputs of shape (1, K); parameters ``a``, ``b``, ``c`` have
    shape (M,).

    Example:
        >>> from corr.networks import initialize
        >>> params = initialize(Shallow(30), jax.random.key(0), variance=1e-4)
        >>> Shallow(30).apply({"params": params}, jnp.zeros((1, 5))).shape
        (1, 5)

    Reference: Whitelam et al. (2021), Fig. 1 (M = 30) and Fig. 6 (M = 256).
    """

    hidden_units: int = 30
    inputs = 1

    @nn.compact
    def __call__(self, points: jax.Array) -> jax.Array:
        if points.ndim != 2 or points.shape[0] != 1:
            raise ValueError(f"Shallow takes points of shape (1, K), got {points.shape}")
        init = nn.initializers.lecun_normal(in_axis=-1, out_axis=-2)

        def row(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
            return init(key, (1, *shape))[0]

        def column(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
            return init(key, (*shape, 1))[:, 0]

        a = self.param("a", row, (self.hidden_units,))
        b = self.param("b", column, (self.hidden_units,))
        c = self.param("c", nn.initializers.zeros_init(), (self.hidden_units,))
        hidden = b[:, None] @ points + over_points(c, points)
        return a[None, :] @ jnp.tanh(hidden)
