"""The scaled complementary error function, e^{x²} erfc(x) for x >= 0."""

import math

import jax
import jax.numpy as jnp

# JAX's own is 0 just below the argument where erfc underflows: at 9.2 to 9.4 in float32, at 26.6 in float64.
SWITCH, SWITCH_FLOAT64 = 9.0, 26.0
TERMS = 7


def erfcx(x: jax.Array) -> jax.Array:
    """erfcx(x) = e^{x²} erfc(x) for x >= 0, 0 at infinity.

    Args:
        x: non-negative, any shape, float32 or float64.

    Returns:
        Same shape and dtype; relative error below 1e-6 in float32 and 1e-13 in float64.

    Example:
        >>> round(float(erfcx(jnp.float32(1.0))), 6)
        0.427584

    Reference: Abramowitz and Stegun 7.1.23 (asymptotic series, Σ (-1)^n (2n - 1)!!/(2x²)^n over x√π).
    """
    x = jnp.asarray(x)
    switch = SWITCH_FLOAT64 if x.dtype == jnp.float64 else SWITCH
    inverse = 1 / jnp.maximum(x, switch)
    series = jnp.ones_like(x)
    for odd in range(2 * TERMS - 1, 0, -2):
        series = 1 - odd / 2 * inverse * inverse * series
    return jnp.where(x < switch, jax.scipy.special.erfcx(jnp.minimum(x, switch)), inverse / math.sqrt(math.pi) * series)
