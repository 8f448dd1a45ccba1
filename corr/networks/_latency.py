"""Images as spike trains."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from .._checks import check_count, check_positive, real_number


def latency_code(images: Any, *, steps: int, time_constant: float = 20.0, threshold: float = 0.2) -> jax.Array:
    """One spike for each bright pixel, the brighter the earlier, at step floor(τ ln(x/(x - θ))).

    Args:
        images: x, pixels in [0, 1], shape (features, K), points last.
        steps: T, number of time steps; pixels whose spike would come at T or later have none.
        time_constant: τ, in steps.
        threshold: θ in (0, 1); pixels of θ or less have no spike.

    Returns:
        Spikes 0 or 1, shape (features, T, K), floating point.

    Raises:
        ValueError: for images of another shape, pixels outside [0, 1] (which a traced array does not show), or a number
            out of range.
        TypeError: if a number is none.

    Example:
        >>> latency_code(jnp.array([[1.0, 0.5, 0.2]]), steps=12)[0].argmax(axis=0).tolist()
        [4, 10, 0]

    Reference: Perez-Nieves and Goodman (2021), Sparse spiking gradient descent, arXiv:2105.08810.
    """
    count, scale = check_count("steps", steps), check_positive("time_constant", time_constant)
    least = real_number("threshold", threshold)
    if not 0 < least < 1:
        raise ValueError(f"threshold, the pixel that just has no spike, must lie in (0, 1), got {threshold}")
    if np.ndim(images) != 2:
        raise ValueError(f"images must have shape (features, K), points last, got {np.shape(images)}")
    if not isinstance(images, Tracer) and not np.all((np.asarray(images) >= 0) & (np.asarray(images) <= 1)):
        raise ValueError("images must hold pixels in [0, 1], got others: divide bytes by 255")
    pixels = jnp.asarray(images, jnp.result_type(float))
    bright = pixels > least
    ratio = jnp.where(bright, pixels / jnp.where(bright, pixels - least, 1), 1)
    time = jnp.where(bright, jnp.floor(scale * jnp.log(ratio)), count)
    clock = jnp.arange(count, dtype=time.dtype)
    return (time[:, None, :] == clock[None, :, None]).astype(pixels.dtype)
