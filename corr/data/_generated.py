"""Points in the plane, drawn by scikit-learn."""

import math
from typing import Any

from .._checks import check_count, real_number
from ._check import check_seed
from ._data import Data, from_arrays
from ._optional import optional


def moons(points: int, noise: float, seed: int) -> Data:
    """Two half circles of radius 1 that reach into each other, (cos φ, sin φ) and (1 - cos φ, 1/2 - sin φ).

    Args:
        points: K, at least 2; half of them in each class, one more in class 1 if K is odd.
        noise: standard deviation of the Gaussian noise on both coordinates, 0 or more.
        seed: an integer in [0, 2**32).

    Returns:
        ``Data``: points (2, K), labels 0, 1.

    Raises:
        ValueError: if a number is out of range.
        ModuleNotFoundError: if scikit-learn is not installed.

    Example:
        >>> moons(100, noise=0.1, seed=0).points.shape
        (2, 100)

    Reference: scikit-learn, ``make_moons``.
    """
    count, std = check_count("points", points, least=2), _spread(noise)
    draw = optional("sklearn.datasets").make_moons
    return from_arrays(*draw(n_samples=count, noise=std, random_state=check_seed(seed)))


def blobs(points: int, centres: int, seed: int) -> Data:
    """Gaussian clouds of standard deviation 1 around centres drawn evenly from the square [-10, 10]².

    Args:
        points: K, at least one for each centre, shared evenly.
        centres: number of classes, at least 2.
        seed: an integer in [0, 2**32), for centres and points.

    Returns:
        ``Data``: points (2, K), labels from 0 on.

    Raises:
        ValueError: if a number is out of range.
        ModuleNotFoundError: if scikit-learn is not installed.

    Example:
        >>> blobs(4, centres=2, seed=0).targets.sort().tolist()
        [0, 0, 1, 1]

    Reference: scikit-learn, ``make_blobs``.
    """
    classes = check_count("centres", centres, least=2)
    count = check_count("points", points, least=classes)
    draw = optional("sklearn.datasets").make_blobs
    return from_arrays(*draw(n_samples=count, centers=classes, random_state=check_seed(seed)))


def _spread(noise: Any) -> float:
    if not 0 <= (std := real_number("noise", noise)) < math.inf:
        raise ValueError(f"noise must be a standard deviation, finite and not below 0, got {noise}")
    return std
