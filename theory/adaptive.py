"""Adaptive Monte Carlo at β = ∞: mean of the mutations, progress and what happens across on a slope; its mean path."""

import math
from collections.abc import Callable
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
    1/η² steps taken. With it m ends near ηφ(m) = ρm, and variances decay by 2ρ a step. The spread of m over runs
    is carried along to second order.

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
        2.72

    Reference: theory/README.md, "Adaptive Monte Carlo"; atlas S14.
    """
    at = np.asarray(steps, int)
    if at.ndim != 1 or not at.size or at[0] < 0 or (np.diff(at) <= 0).any():
        raise ValueError(f"steps must ascend from 0 or above, got {steps}")
    m = along = way = variance = 0.0
    found = []
    wanted = set(at.tolist())
    for step in range(int(at[-1]) + 1):
        if step in wanted:
            found.append((m, way, variance))
        density, below = math.exp(-m * m / 2) / ROOT_2PI, (1 + math.erf(m / math.sqrt(2))) / 2
        # Runs differ in m: means of φ, Φ and of the way to second order in that spread.
        way += m * below + density * (1 + along / 2)
        taken, learned = below - m * density * along / 2, density * (1 + (m * m - 1) * along / 2)
        # A step that is taken replaces the share η of μ by what is drawn about it.
        variance = (1 - forgetting) ** 2 * (variance + rate**2 * taken)
        spread = below - m * density - density**2
        along = (1 - forgetting) ** 2 * ((1 - rate * m * density) ** 2 * along + rate**2 * spread)
        m = (1 - forgetting) * (m + rate * learned)
    return Course(*np.array(found).T)


def path(
    gradient: Callable[[np.ndarray], np.ndarray], start: np.ndarray, *, steps: int, mutation_std: float, rate: float,
    forgetting: float,
) -> np.ndarray:  # fmt: skip
    """Mean path to leading order in σ: x ← x + Φ(m)μ - σφ(m)ĝ, μ ← (1 - ρ)(μ - ησφ(m)ĝ), m = -μ·ĝ/σ, from μ = 0.

    Heavy ball with ĝ in place of g, whose velocity μ is forgotten in 1/ρ steps, beside a step without memory.

    Args:
        gradient: ``x -> ∇U(x)``, of shape (N,).
        start: x, (N,).
        steps: at least 1.
        mutation_std: σ, in the units of the parameters.
        rate: η in [0, 1).
        forgetting: ρ in [0, 1).

    Returns:
        x after each step, (steps, N).

    Raises:
        ZeroDivisionError: where the gradient vanishes.

    Example:
        >>> path(lambda x: x, np.ones(1), steps=3, mutation_std=0.1, rate=0.0, forgetting=0.0).round(3).ravel().tolist()
        [0.96, 0.92, 0.88]

    Reference: theory/README.md, "Adaptive Monte Carlo".
    """
    x, mean = np.array(start, float), np.zeros(np.shape(start))
    found = np.empty((steps, *x.shape))
    for step in range(steps):
        slope = gradient(x)
        size = math.sqrt(float(slope @ slope))
        if not size:
            raise ZeroDivisionError(f"the gradient vanishes at step {step}: there is no direction to go")
        unit = slope / size
        m = -float(mean @ unit) / mutation_std
        downhill = mutation_std * math.exp(-m * m / 2) / ROOT_2PI * unit
        x = x + (1 + math.erf(m / math.sqrt(2))) / 2 * mean - downhill
        mean = (1 - forgetting) * (mean - rate * downhill)
        found[step] = x
    return found
