"""Particle swarm: how fast it grows or shrinks on a slope, and Poli's bound, which does not tell."""

import math
from typing import Any, NamedTuple

import numpy as np

SETTLED = 100


class Growth(NamedTuple):
    """Mean growth of the logarithm of a swarm's spread, per step, and its standard error."""

    rate: float
    error: float


def growth_rate(
    inertia: float,
    cognitive: float,
    social: float,
    *,
    particles: int = 30,
    steps: int = 500,
    swarms: int = 40,
    seed: int = 0,
) -> Growth:
    """Growth per step of ln(spread) of a swarm on a linear loss, by simulating its linear map.

    Only comparisons and differences of positions enter, so that the swarm has no length of its own: spread and speed
    alike grow or shrink by this rate, for a slope of any size and for any number of parameters.

    Args:
        inertia: w.
        cognitive: c₁, towards a particle's own best.
        social: c₂, towards the best of all.
        particles: n, at least 2.
        steps: simulated, of which the first 100 are left out; more than 101.
        swarms: independent ones, at least 2, for the standard error.
        seed: of the simulation.

    Returns:
        A ``Growth``.

    Raises:
        ValueError: if there are too few particles, steps or swarms.

    Example:
        >>> [round(growth_rate(w, c, c).rate, 2) for w, c in ((0.729, 1.494), (0.6, 1.2), (0.4, 1.0))]
        [0.18, 0.05, -0.13]

    Reference: theory/README.md, "Populations".
    """
    for name, value, least in (("particles", particles, 2), ("steps", steps, SETTLED + 2), ("swarms", swarms, 2)):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    random = np.random.default_rng(seed)
    place = random.normal(size=(swarms, particles))
    speed, best, total = np.zeros_like(place), place, np.zeros(swarms)
    for step in range(steps):
        best = np.minimum(best, place)
        own, shared = random.random((2, swarms, particles))
        speed = inertia * speed + cognitive * own * (best - place)
        speed = speed + social * shared * (best.min(axis=1, keepdims=True) - place)
        place, speed, best, grown = _rescaled(place + speed, speed, best)
        total += grown * (step >= SETTLED)
    rates = total / (steps - SETTLED)
    return Growth(float(rates.mean()), float(rates.std(ddof=1) / math.sqrt(swarms)))


def _rescaled(place: np.ndarray, speed: np.ndarray, best: np.ndarray) -> tuple[Any, ...]:
    """The same swarms about 0 and of spread 1, and the logarithms of their spreads."""
    middle, spread = place.mean(axis=1, keepdims=True), place.std(axis=1, keepdims=True)
    return (place - middle) / spread, speed / spread, (best - middle) / spread, np.log(spread[:, 0])


def stagnation_bound(inertia: float) -> float:
    """Poli's bound on φ = c₁ + c₂, 24 (1 - w²)/(7 - 5w): below it the spread about bests that stand still stays finite.

    Args:
        inertia: w in (-1, 1).

    Returns:
        The largest φ.

    Raises:
        ValueError: if w lies outside.

    Example:
        >>> [round(stagnation_bound(w), 2) for w in (0.729, 0.6, 0.4)]
        [3.35, 3.84, 4.03]

    Reference: Poli, IEEE Trans. Evol. Comput. 13, 712 (2009); theory/README.md, "Populations".
    """
    if not -1 < inertia < 1:
        raise ValueError(f"inertia must lie between -1 and 1, got {inertia}")
    return 24 * (1 - inertia**2) / (7 - 5 * inertia)
