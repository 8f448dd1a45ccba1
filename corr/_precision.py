"""The precision in which random numbers, norms and step lengths are worked out: never below float32."""

from typing import Any

import jax.numpy as jnp


def wide(dtype: Any) -> Any:
    """``dtype``, or float32 where it is a half precision one: float16 ends at 6e4, bfloat16 has 8 bits."""
    return jnp.dtype(dtype if jnp.finfo(dtype).bits >= 32 else jnp.float32)
