"""The scaled complementary error function, e^{x²} erfc(x) for x >= 0."""

import math

import jax
import jax.numpy as jnp

SWITCH = 3.0
DEPTH = 60


def erfcx(x: jax.Array) -> jax.Array:
    """erfcx(x) = e^{x²} erfc(x) for x >= 0, 0 at infinity.

    Args:
        x: non-negative, any shape.

    Returns:
        Same shape and dtype; relative error below 1e-6 in float32 and 1e-13 in float64.

    Example:
        >>> round(float(erfcx(jnp.float32(1.0))), 6)
        0.427584

    Reference: Abramowitz and Stegun 7.1.14 (continued fraction).
    """
    x = jnp.asarray(x)
    small = x < SWITCH
    low = jnp.where(small, x, 1.0)
    near = jnp.exp(low * low) * jax.scipy.special.erfc(low)
    high = jnp.where(small | jnp.isinf(x), SWITCH, x)
    tail = jax.lax.fori_loop(
        0, DEPTH, lambda k, t: ((DEPTH - k) / 2).astype(x.dtype) / (high + t), jnp.zeros_like(high)
    )
    far = jnp.where(jnp.isinf(x), 0.0, 1 / (math.sqrt(math.pi) * (high + tail)))
    return jnp.where(small, near, far)
