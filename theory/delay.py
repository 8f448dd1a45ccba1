"""Steps that come late, on a parabola of curvature h: w' = w - a w_{t-τ} + noise with a = ηh."""

import math
from collections.abc import Sequence

import numpy as np

from .order_statistics import check_whole


def stability_limit(delay: int) -> float:
    """Largest a at which steps that are τ late stay finite, 2 sin(π/(2(2τ + 1))): 2, 1, 0.618 for τ = 0, 1, 2.

    Args:
        delay: τ, at least 0.

    Returns:
        a = ηh, dimensionless.

    Raises:
        ValueError: if τ is negative.

    Example:
        >>> [round(stability_limit(delay), 3) for delay in (0, 1, 2, 20)]
        [2.0, 1.0, 0.618, 0.077]

    Reference: theory/README.md, "Delay"; atlas S9.
    """
    return 2 * math.sin(math.pi / (2 * (2 * check_whole("delay", delay, 0) + 1)))


def heating(rate: float, delay: float) -> float:
    """Stationary variance over that of steps in time, (1 + sin θ)/cos θ with θ = a(τ + 1/2), for small a.

    Args:
        rate: a = ηh; of mutation at finite β, βσ²h/2.
        delay: τ.

    Returns:
        Factor of the temperature, ∞ at θ = π/2 and beyond.

    Example:
        >>> [round(heating(theta / 4.5, 4), 3) for theta in (0.2, 0.5, 0.8)]
        [1.223, 1.686, 2.465]

    Reference: theory/README.md, "Delay"; atlas S9.
    """
    theta = rate * (delay + 0.5)
    return (1 + math.sin(theta)) / math.cos(theta) if theta < math.pi / 2 else math.inf


def variance(rate: float, weights: Sequence[float] | np.ndarray) -> float:
    """Stationary variance of w' = w - a w_{t-τ} + ξ per unit of the noise's, τ drawn anew in every step.

    From the covariances of w with its past: of a law of τ the mean of w_{t-τ} alone enters those with the past, and its
    second moment, the variance of w itself, the variance.

    Args:
        rate: a.
        weights: probabilities of τ = 0, 1, ..., in any unit.

    Returns:
        <w²>/<ξ²>; ∞ where it is not stable.

    Raises:
        ValueError: if no weight is positive.

    Example:
        >>> round(variance(0.1, [1.0]) * (2 * 0.1 - 0.01), 6), round(variance(0.1, [0, 0, 0, 0, 1.0]) * 0.2, 2)
        (1.0, 1.6)

    Reference: theory/README.md, "Delay".
    """
    law = np.asarray(weights, float)
    if not (law.ndim == 1 and law.size and (law >= 0).all() and law.sum() > 0):
        raise ValueError(f"weights must be a row of numbers of at least 0, one of them positive, got {weights}")
    law = law / law.sum()
    last = len(law) - 1
    if not _stable(rate, law):
        return math.inf
    # c_k = <w_t w_{t-k}>, k = 0 ... last + 1: c_k = c_{k-1} - a Σ p_j c_{|k-1-j|} for k >= 1, and
    # c_0 = c_0 - 2a Σ p_j c_j + a² c_0 + 1.
    system, right = np.zeros((last + 2, last + 2)), np.zeros(last + 2)
    system[0, : last + 1] += 2 * rate * law
    system[0, 0] -= rate**2
    right[0] = 1.0
    for k in range(1, last + 2):
        system[k, k] += 1
        system[k, k - 1] -= 1
        for j, share in enumerate(law):
            system[k, abs(k - 1 - j)] += rate * share
    found = float(np.linalg.solve(system, right)[0])
    return found if found > 0 else math.inf  # the mean can be stable where the variance is not


def _stable(rate: float, law: np.ndarray) -> bool:
    """Whether the mean falls to zero."""
    size = len(law)
    step = np.eye(size, k=-1)
    step[0] -= rate * law
    step[0, 0] += 1
    return bool(np.abs(np.linalg.eigvals(step)).max() < 1)


def implied_momentum(workers: int) -> float:
    """Momentum whose mean path a geometric delay of mean M - 1 has, 1 - 1/M for M workers.

    Args:
        workers: M, at least 1.

    Returns:
        μ.

    Raises:
        ValueError: if M is below 1.

    Example:
        >>> implied_momentum(4)
        0.75

    Reference: Mitliagkas et al., arXiv:1605.09774; theory/README.md, "Delay".
    """
    return 1 - 1 / check_whole("workers", workers, 1)
