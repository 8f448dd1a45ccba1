"""Adaptive Monte Carlo at β = ∞ on a slope: mean of the mutations, progress, and what happens across."""

import math
from typing import NamedTuple

import numpy as np

ROOT_2PI = math.sqrt(2 * math.pi)


class Course(NamedTuple):
    """After so many steps, each (T,): m = -μ·ĝ/σ, way down the slope in σ, and variance of μ across, in σ²."""

    mean: np.ndarray
    way: np.ndarray
    variance: np.ndarray


def course(steps: np.ndarray, *, rate: float, forgetting: float = 0.0) -> Course:
    """Mean course from μ = 0: dm/dt = ηφ(m) - ρm, way mΦ(m) + φ(m) a step, acceptance Φ(m), variance η² a step taken.

    Without forgetting m ~ √(2 ln ηt): ballistic, without friction; the variance grows without end and is σ²'s own after
    1/η² steps taken. With it m ends where ηφ(m) = ρm, and variances decay by 2ρ a step. Errors are of relative order η.

    Args:
        steps: at which, ascending, (T,).
        rate: η in [0, 1).
        forgetting: ρ in [0, 1).

    Returns:
        A ``Course``.

    Raises:
        ValueError: if steps do not ascend from 0 or above.

    Example:
        >>> found = course(np.array([4000]), rate=0.01)
        >>> round(float(found.mean[0]), 2)
        2.66

    Reference: theory/README.md, "Adaptive Monte Carlo"; atlas S14.
    """
    at = np.asarray(steps, int)
    if at.ndim != 1 or not at.size or at[0] < 0 or (np.diff(at) <= 0).any():
        raise ValueError(f"steps must ascend from 0 or above, got {steps}")
    m = way = variance = 0.0
    found = []
    wanted = set(at.tolist())
    for step in range(int(at[-1]) + 1):
        if step in wanted:
            found.append((m, way, variance))
        density, below = math.exp(-m * m / 2) / ROOT_2PI, (1 + math.erf(m / math.sqrt(2))) / 2
        way += m * below + density
        # A step that is taken replaces the share η of μ by what is drawn about it.
        variance = (1 - forgetting) ** 2 * (variance + rate**2 * below)
        m = (1 - forgetting) * (m + rate * density)
    return Course(*np.array(found).T)


def resting_mean(*, rate: float, forgetting: float) -> float:
    """m at which forgetting balances what is learned, m = (1 - ρ)ηφ(m)/ρ.

    Args:
        rate: η.
        forgetting: ρ in (0, 1).

    Returns:
        m.

    Raises:
        ValueError: if ρ is out of range.

    Example:
        >>> round(resting_mean(rate=0.01, forgetting=0.1), 4)
        0.0359

    Reference: theory/README.md, "Adaptive Monte Carlo".
    """
    if not 0 < forgetting < 1:
        raise ValueError(f"forgetting must lie in (0, 1), got {forgetting}")
    ratio = (1 - forgetting) * rate / forgetting / ROOT_2PI
    low, high = 0.0, ratio
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if ratio * math.exp(-middle * middle / 2) > middle else (low, middle)
    return low
