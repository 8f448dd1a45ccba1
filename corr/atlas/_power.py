"""The exponent H of power gradients, fitted to the drifts of all points together, with its error."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize

from ..inference import Estimate

LEAST, MOST = 0.0, 2.0
GRID = np.linspace(LEAST, MOST, 41)
TELLING = 1e-6  # sin² between the vectors of the least and the largest H, below which no H is told from another
CLOSE = 1e-5  # to an end of the range, as which it counts
ROUNDED = 1e-9  # what is left of an H without noise
STEP = 1e-4  # of the derivative by H

Family = Callable[[np.ndarray, float], np.ndarray]


class Exponent(NamedTuple):
    """H of one family of power gradients: its value and error, and whether it lies at the edge of [0, 2]."""

    estimate: Estimate
    edge: bool

    def __str__(self) -> str:
        value, error = self.estimate
        return f"H = {value:g}, at the edge of [{LEAST:g}, {MOST:g}]" if self.edge else f"H = {value:.2f} ± {error:.2g}"


def powered(gradient: np.ndarray, exponent: float) -> np.ndarray:
    """sign(g)|g|^H by component; zero where g is."""
    return np.sign(gradient) * np.where(gradient == 0, 0, np.abs(np.where(gradient == 0, 1, gradient)) ** exponent)


def unit_powered(gradient: np.ndarray, exponent: float) -> np.ndarray:
    """sign(g)|g|^H/‖g‖^H with ‖g‖ = (Σ|g|^(1+H))^(1/(1+H)): sign g at H = 0, g/|g| at H = 1."""
    norm = np.sum(np.abs(gradient) ** (1 + exponent)) ** (1 / (1 + exponent))
    return powered(gradient, exponent) / norm**exponent


def fitted(
    family: Family, blocks: Sequence[np.ndarray], gradients: Sequence[np.ndarray], share: float
) -> Exponent | None:
    """H of the power gradient -c u(g, H), with one c of either sign at all points, that is closest to all drifts.

    Least squares; a point counts by the inverse of (share · |drift|)² and its squared error together. The error of H is
    that of its linear response to the blocks.

    Args:
        family: ``powered`` or ``unit_powered``.
        blocks: of each point, independent estimates of its drift, (B, N).
        gradients: of each point, (N,).
        share: of a drift that may be off.

    Returns:
        An ``Exponent``, or None where components of one size, the same at all points, tell none.
    """
    drifts = [one.mean(axis=0) for one in blocks]
    errors = [np.sum(one.var(axis=0, ddof=1)) / len(one) for one in blocks]
    sizes = [max(float(one @ one) - error, 0.0) for one, error in zip(drifts, errors, strict=True)]
    weights = [1 / np.sqrt(share**2 * size + error) for size, error in zip(sizes, errors, strict=True)]
    drift = np.concatenate([weight * one for weight, one in zip(weights, drifts, strict=True)])

    def vector(exponent: float) -> np.ndarray:
        return np.concatenate([weight * family(g, exponent) for weight, g in zip(weights, gradients, strict=True)])

    if 1 - _cosine(vector(LEAST), vector(MOST)) ** 2 < TELLING:
        return None
    closeness = lambda exponent: _cosine(drift, vector(exponent)) ** 2  # noqa: E731
    rough = float(GRID[int(np.argmax([closeness(one) for one in GRID]))])
    near = max(rough - GRID[1], LEAST), min(rough + GRID[1], MOST)
    exponent = np.asarray(optimize.fminbound(lambda one: -closeness(one), *near, xtol=ROUNDED), float).item()
    for end in (LEAST, MOST):
        if abs(exponent - end) < CLOSE:
            return Exponent(Estimate(end, 0.0), True)
    every = np.concatenate([weight * one for weight, one in zip(weights, blocks, strict=True)], axis=1)
    return Exponent(Estimate(exponent, _error(every, drift, vector, exponent)), False)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _error(blocks: np.ndarray, drift: np.ndarray, vector: Callable[[float], np.ndarray], exponent: float) -> float:
    """Standard error of H: what a block adds to it, by the part of du/dH across u."""
    here = vector(exponent)
    slope = (vector(exponent + STEP) - vector(exponent - STEP)) / (2 * STEP)
    unit = here / np.linalg.norm(here)
    coefficient = -float(drift @ here) / float(here @ here)
    across = slope - (slope @ unit) * unit
    found = -blocks @ across / (coefficient * (across @ across))
    error = float(found.std(ddof=1) / np.sqrt(len(found)))
    return error if error > ROUNDED else 0.0
