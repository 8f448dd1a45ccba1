"""Data points and their targets, in the layout of the networks: points on the last axis."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._told import warn
from ._check import check_labels, check_points, check_targets, whole


class Data(NamedTuple):
    """Points of a data set with their targets; it unpacks into the two.

    Attributes:
        points: shape (features, K), floating point; pixels of images lie in [0, 1].
        targets: labels 0, 1, …, integers of shape (K,); or numbers to learn, floating point of shape (outputs, K).
    """

    points: jax.Array
    targets: jax.Array


def from_arrays(x: Any, y: Any, *, classes: int | None = None) -> Data:
    """Arrays in scikit-learn's layout, one point a row, as data: points[i, k] = x[k, i].

    Args:
        x: shape (K, features), real numbers, taken as they are; bytes above 1 are warned of (pixels: divide by 255).
        y: labels 0, 1, …, C-1, integers or truth values of shape (K,); or numbers to learn, floats (K, outputs).
        classes: C, where some of the labels may be missing; None: every one from 0 to the largest is there.

    Returns:
        ``Data`` in JAX's default float (float32 unless x64 is on) and int32.

    Raises:
        ValueError: if shapes do not fit, values are not finite, or labels are texts, floats, out of range, of one class
            only, or leave one out. The message says how to encode them.

    Example:
        >>> data = from_arrays([[0.0, 0.5], [1.0, 0.2], [0.3, 0.3]], [0, 1, 1])
        >>> data.points.shape, data.targets.tolist()
        ((2, 3), [0, 1, 1])

    Reference: Pedregosa et al., J. Mach. Learn. Res. 12, 2825 (2011), for the layout of the arguments.
    """
    rows, found = whole("x", x), whole("y", y)
    if rows.ndim != 2:
        raise ValueError(
            f"x must have one point a row, shape (K, features), got {rows.shape}: x.reshape(len(x), -1) flattens images"
        )
    if rows.dtype == np.uint8 and rows.size and rows.max() > 1:
        warn(
            f"x holds bytes up to {rows.max()}, taken as they are: pixels are expected in [0, 1], x / 255; where they "
            "are meant as they are, x.astype(float)"
        )
    if found.ndim == 2 and found.dtype.kind == "f":
        targets = check_targets(found.T)
    else:
        targets = check_labels(found, classes=classes, all_there=classes is None)
    if len(rows) != len(found):
        raise ValueError(f"x has {len(rows)} points and y {len(found)}: they must be as many")
    return made(check_points(rows.T), targets)


def made(points: np.ndarray, targets: np.ndarray) -> Data:
    """Checked arrays as data."""
    kind = jnp.int32 if targets.ndim == 1 else jnp.result_type(float)
    return Data(jnp.asarray(points, jnp.result_type(float)), jnp.asarray(targets, kind))
