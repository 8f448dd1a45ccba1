"""Weights of few bits: what is left of a mutation, and of its drift at β = ∞, once x + ε is rounded to the weights."""

import math
from collections.abc import Callable, Sequence

import numpy as np

erf, erfc = (np.vectorize(one, otypes=[float]) for one in (math.erf, math.erfc))
TERMS = 12  # of series whose terms fall as e^{-k²/2} or faster
SHARES, BLOCK = 1 << 13, 1 << 8  # of the trapezoidal rule
NOTHING = 1e-14


def lost(spacing: np.ndarray, *, mutation_std: float) -> np.ndarray:
    """Chance that rounding leaves a coordinate where it is, erf(u/(2√2σ)).

    Args:
        spacing: u, distance to the next number of the weights' type, parameter units, any shape.
        mutation_std: σ of the proposal before it is rounded, parameter units.

    Returns:
        Chances of that shape.

    Example:
        >>> [round(float(one), 4) for one in lost(np.array([1.0, 8.0]), mutation_std=1.0)]
        [0.3829, 0.9999]

    Reference: theory/README.md, "Weights of few bits".
    """
    return erf(np.asarray(spacing, float) / (2 * math.sqrt(2) * mutation_std))


def variance(spacing: np.ndarray, *, mutation_std: float) -> np.ndarray:
    """Variance of a rounded displacement, u² Σ_k (2k + 1) erfc((k + ½)u/(√2σ)), σ² + u²/12 where u <= σ.

    Args:
        spacing, mutation_std: as in ``lost``.

    Returns:
        Of the shape of the spacing, squared parameter units.

    Example:
        >>> [round(float(one), 4) for one in variance(np.array([0.1, 2.0, 8.0]), mutation_std=1.0)]
        [1.0008, 1.3017, 0.0041]

    Reference: theory/README.md, "Weights of few bits".
    """
    return _moment(spacing, mutation_std, 2, lambda u: mutation_std**2 + u**2 / 12)


def excess(gradient: np.ndarray, spacing: np.ndarray, *, mutation_std: float) -> float:
    """Excess kurtosis of the change of a linear loss, Σ g⁴(m₄ - 3v²)/(Σ g²v)²: how far the change is from normal.

    Args:
        gradient: g = ∇U, loss per parameter unit, (N,).
        spacing: u of every coordinate, (N,).
        mutation_std: σ.

    Returns:
        A number; while it is small, a step at β = ∞ lowers the loss by what a normal change does times 1 - excess/24.

    Example:
        >>> round(excess(np.ones(100), np.full(100, 4.0), mutation_std=1.0), 3)
        0.19

    Reference: theory/README.md, "Weights of few bits".
    """
    square = variance(spacing, mutation_std=mutation_std)
    fourth = _moment(spacing, mutation_std, 4, lambda u: 3 * mutation_std**4 + mutation_std**2 * u**2 / 2 + u**4 / 80)
    weight = np.asarray(gradient, float) ** 2
    return float(np.sum(weight**2 * (fourth - 3 * square**2)) / np.sum(weight * square) ** 2)


def drift(gradient: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Drift at β = ∞ of many coordinates with unequal variances on a linear loss, -Cg/√(2πgᵀCg), C = diag(v).

    Args:
        gradient: g = ∇U, (N,), not zero.
        variances: v, squared parameter units, (N,).

    Returns:
        Shape (N,), parameter units per step.

    Example:
        >>> [round(float(one), 4) for one in drift(np.array([3.0, 4.0]), np.array([1.0, 1.0]))]
        [-0.2394, -0.3192]

    Reference: theory/README.md, "Weights of few bits".
    """
    pull = np.asarray(variances, float) * np.asarray(gradient, float)
    return -pull / math.sqrt(2 * math.pi * float(np.sum(pull * gradient)))


def folded(changes: Sequence[np.ndarray], chances: Sequence[np.ndarray]) -> tuple[float, float]:
    """E|Y| and E sign(Y) of a sum Y of independent terms, each with a few values: exact, not normal.

    On a linear loss at β = ∞ a step lowers the loss by (E|Y| - E Y)/2 and is accepted with chance
    (1 - E sign(Y) + P(Y = 0))/2.

    Args:
        changes: of every term its values, loss units.
        chances: of every term the chances of its values.

    Returns:
        E|Y| in loss units, and E sign(Y); off by the order of 1/4096 of the largest possible |Y| where few terms move.

    Raises:
        ValueError: if no term can be other than zero.

    Example:
        >>> one = [np.array([-1.0, 0.0, 1.0])] * 2, [np.array([0.1, 0.8, 0.1])] * 2
        >>> [round(abs(number), 3) for number in folded(*one)]
        [0.36, 0.0]

    Reference: theory/README.md, "Weights of few bits".
    """
    largest = sum(float(np.abs(term).max()) for term in changes)
    if not largest > 0:
        raise ValueError("every term is zero: nothing can be folded")
    gap, waves = math.pi / (2 * largest), []  # the series of the sign fails near π/gap
    for first in range(1, SHARES + 1, BLOCK):
        wave = np.ones(BLOCK, complex)
        for term, chance in zip(changes, chances, strict=True):
            wave *= np.exp(1j * gap * np.outer(np.arange(first, first + BLOCK), term)) @ chance
        waves.append(wave)
        if np.abs(wave).max() < NOTHING:
            break
    real, imaginary = (part(np.concatenate(waves)) for part in (np.real, np.imag))
    at = np.arange(1, len(real) + 1)
    still = math.prod(float(chance[term == 0].sum()) for term, chance in zip(changes, chances, strict=True))
    mean = sum(float(term @ chance) for term, chance in zip(changes, chances, strict=True))
    spread = sum(float(term**2 @ chance - (term @ chance) ** 2) for term, chance in zip(changes, chances, strict=True))
    series = float(np.sum((1 - real) / at**2)) + (1 - still) / (len(at) + 0.5)
    size = 2 / (math.pi * gap) * series + gap * (spread + mean**2) / (2 * math.pi)
    odd = at % 2 == 1
    return size, 4 / math.pi * float(np.sum(imaginary[odd] / at[odd]))


def _moment(spacing: np.ndarray, std: float, power: int, smooth: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """E ε^power of what is rounded, by its tail where σ < u and by Sheppard's corrections elsewhere."""
    u = np.asarray(spacing, float)
    k = np.arange(TERMS)
    tails = erfc((k + 0.5) * u[..., None] / (math.sqrt(2) * std))
    return np.where(u > std, u**power * np.sum(((k + 1.0) ** power - k**power) * tails, axis=-1), smooth(u))
