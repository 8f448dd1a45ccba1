"""The two target functions of the paper."""

import jax
import jax.numpy as jnp
import numpy as np


def sine(points: int = 1000) -> tuple[jax.Array, jax.Array]:
    """One period of a sine, y = sin(2πθ) at θ_k = k/K on [0, 1).

    Args:
        points: K, number of data points.

    Returns:
        (θ, y), each of shape (1, K), dimensionless.

    Raises:
        ValueError: if K is not a positive integer.

    Example:
        >>> theta, y = sine(4)
        >>> [round(float(v), 6) for v in y[0]]
        [0.0, 1.0, 0.0, -1.0]

    Reference: Whitelam et al. (2021), Figs. 1, 2 and 6.
    """
    _check(points)
    theta = np.arange(points) / points
    return _rows(theta, np.sin(2 * np.pi * theta))


def symmetric_sine(points: int = 1001) -> tuple[jax.Array, jax.Array]:
    """The deep network's target, y = sin(πθ) at K equally spaced points of [-1, 1], both ends included.

    Args:
        points: K, number of data points.

    Returns:
        (θ, y), each of shape (1, K), dimensionless.

    Raises:
        ValueError: if K is not a positive integer.

    Example:
        >>> symmetric_sine(3)[0][0].tolist()
        [-1.0, 0.0, 1.0]

    Reference: Whitelam et al. (2021), Figs. 3-5.
    """
    _check(points)
    theta = np.linspace(-1.0, 1.0, points)
    return _rows(theta, np.sin(np.pi * theta))


def _check(points: int) -> None:
    if not isinstance(points, int) or points < 1:
        raise ValueError(f"points must be a positive integer, got {points!r}")


def _rows(theta: np.ndarray, y: np.ndarray) -> tuple[jax.Array, jax.Array]:
    dtype = jnp.result_type(float)
    y = np.where(np.abs(y) < 1e-15, 0.0, y)
    return jnp.asarray(theta[None], dtype), jnp.asarray(y[None], dtype)
