"""Order statistics of independent standard normals."""

import math
from statistics import NormalDist

import numpy as np

POINTS, FAR = 4001, 12.0
NORMAL = NormalDist()


def below(z: np.ndarray) -> np.ndarray:
    """Φ(z), to rounding in the lower tail.

    Args:
        z: any shape.

    Returns:
        Same shape.

    Example:
        >>> below(np.array([0.0])).tolist()
        [0.5]

    Reference: theory/README.md, "Populations".
    """
    return np.array([math.erfc(-value / math.sqrt(2)) / 2 for value in np.ravel(z)]).reshape(np.shape(z))


def density(z: np.ndarray) -> np.ndarray:
    """φ(z).

    Args:
        z: any shape.

    Returns:
        Same shape.

    Example:
        >>> density(np.array([0.0])).round(4).tolist()
        [0.3989]

    Reference: theory/README.md, "Populations".
    """
    return np.asarray(np.exp(-np.square(z) / 2) / math.sqrt(2 * math.pi))


def order_means(count: int) -> np.ndarray:
    """Means of n standard normals in ascending order, E z_(i) = ∫ z φ(z) n!/((i-1)!(n-i)!) Φ^{i-1} (1-Φ)^{n-i} dz.

    Args:
        count: n, at least 1.

    Returns:
        Shape (n,).

    Raises:
        ValueError: if n is below 1.

    Example:
        >>> order_means(2).round(4).tolist()
        [-0.5642, 0.5642]

    Reference: theory/README.md, "Populations".
    """
    check_whole("count", count, 1)
    z = np.linspace(-FAR, FAR, POINTS)
    order = np.arange(1, count + 1)[:, None]
    ways = [math.lgamma(count + 1) - math.lgamma(i) - math.lgamma(count + 1 - i) for i in range(1, count + 1)]
    exponent = np.array(ways)[:, None] + (order - 1) * np.log(below(z)) + (count - order) * np.log(below(-z))
    return np.asarray(np.trapezoid(np.exp(exponent) * density(z) * z, z, axis=1))


def selected_mean(share: float) -> float:
    """i(p) = φ(x_p)/p, mean of the best share p of many normals, with Φ(x_p) = 1 - p.

    Args:
        share: p in (0, 1).

    Returns:
        The selection intensity.

    Raises:
        ValueError: if p lies outside (0, 1).

    Example:
        >>> round(selected_mean(0.2), 3)
        1.4

    Reference: theory/README.md, "Populations".
    """
    check_share(share)
    return NORMAL.pdf(NORMAL.inv_cdf(share)) / share


def check_share(share: float) -> None:
    """Refuse a share outside (0, 1).

    Raises:
        ValueError: if it is 0 or less, or 1 or more.

    Example:
        >>> check_share(0.2)
    """
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, got {share}")


def check_whole(name: str, value: int, least: int) -> int:
    """The number, if it is whole and not below ``least``.

    Raises:
        ValueError: if it is not.

    Example:
        >>> check_whole("count", 3, 1)
        3
    """
    if int(value) != value or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value}")
    return int(value)
