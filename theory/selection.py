"""Selection on top of gradient steps: replicas of SGD at their noise floor in a bowl, and the best of them."""

import math

import numpy as np

from .order_statistics import check_whole, order_means

FREQUENCIES, LOSSES = 4000, 1001
FAR, SPREADS = 60.0, 8.0  # of the largest eigenvalue and standard deviations: e^-30 of the replicas lie beyond


def noise_floor(hessian: np.ndarray, noise: np.ndarray, learning_rate: float) -> np.ndarray:
    """Σ of weights that take steps -η(Hx + ξ) without end, Σ = (1 - ηH)Σ(1 - ηH) + η²C.

    Args:
        hessian: H, symmetric with positive eigenvalues, (N, N).
        noise: C, covariance of the gradient's noise ξ, (N, N).
        learning_rate: η.

    Returns:
        Shape (N, N), parameter units².

    Raises:
        ValueError: if the steps do not stay finite, 0 < ηh < 2 for every eigenvalue h.

    Example:
        >>> noise_floor(np.diag([1.0, 2.0]), np.eye(2), 0.5).round(4).tolist()
        [[0.3333, 0.0], [0.0, 0.25]]

    Reference: theory/README.md, "Selection on top of gradient steps"; atlas S3.
    """
    values, basis = np.linalg.eigh(hessian)
    if not (learning_rate * values.min() > 0 and learning_rate * values.max() < 2):
        raise ValueError(f"learning_rate times an eigenvalue must lie in (0, 2), got {learning_rate} times {values}")
    kept = 1 - learning_rate * values
    turned = learning_rate**2 * (basis.T @ noise @ basis) / (1 - np.outer(kept, kept))
    return basis @ turned @ basis.T


def effective_directions(hessian: np.ndarray, covariance: np.ndarray) -> float:
    """d_eff = (tr HΣ)²/tr((HΣ)²), equal directions that would scatter the loss as these do: N where all are.

    Args:
        hessian: H, (N, N).
        covariance: Σ, (N, N).

    Returns:
        Dimensionless, in [1, N].

    Example:
        >>> round(effective_directions(np.diag([1.0, 1.0, 0.1]), np.eye(3)), 3)
        2.194

    Reference: theory/README.md, "Selection on top of gradient steps"; atlas S3.
    """
    product = hessian @ covariance
    return float(np.trace(product) ** 2 / np.trace(product @ product))


def best_share(count: int, hessian: np.ndarray, covariance: np.ndarray) -> float:
    """Share of the mean excess loss ½x·Hx that the best of P replicas lacks, x normal: exact.

    Eigenvalues of HΣ give the characteristic function of the loss, its sum over half-integer frequencies (Davies) the
    share of replicas above any loss, and the P-th power of that, integrated, the mean of the least.

    Args:
        count: P, at least 1.
        hessian: H, with no negative eigenvalue, (N, N).
        covariance: Σ, (N, N).

    Returns:
        In [0, 1).

    Raises:
        ValueError: if P is below 1.

    Example:
        >>> [round(best_share(count, np.eye(2), np.eye(2)), 4) for count in (1, 2, 16)]
        [0.0, 0.5, 0.9375]

    Reference: theory/README.md, "Selection on top of gradient steps"; R. B. Davies, Applied Statistics 29, 323 (1980).
    """
    check_whole("count", count, 1)
    spectrum = np.linalg.eigvals(hessian @ covariance).real
    spectrum = spectrum / spectrum.sum()
    end = 1 + FAR * spectrum.max() + SPREADS * math.sqrt(2 * np.sum(spectrum**2))
    number = np.arange(FREQUENCIES) + 0.5
    frequency = math.pi / end * number
    size = np.exp(-np.log1p((2 * np.outer(spectrum, frequency)) ** 2).sum(axis=0) / 4)
    angle = np.arctan(2 * np.outer(spectrum, frequency)).sum(axis=0) / 2
    root = np.linspace(0, math.sqrt(end), LOSSES)  # of the loss, whose density may be infinite at zero
    above = 0.5 + np.sin(angle - root[:, None] ** 2 * frequency) @ (size / (math.pi * number))
    return 1 - float(np.trapezoid(np.clip(above, 0, 1) ** count * 2 * root, root))


def normal_share(count: int, directions: float) -> float:
    """The same from d_eff alone, c_P √(2/d_eff), were the excess loss normal: too much, as losses are skewed.

    Args:
        count: P, at least 1.
        directions: d_eff.

    Returns:
        The leading term for d_eff ≫ 1.

    Raises:
        ValueError: if P is below 1, or d_eff not positive.

    Example:
        >>> round(normal_share(16, 24.7), 3)
        0.503

    Reference: theory/README.md, "Selection on top of gradient steps"; atlas S3.
    """
    if not directions > 0:
        raise ValueError(f"directions must be positive, got {directions}")
    return float(order_means(count)[-1]) * math.sqrt(2 / directions)
