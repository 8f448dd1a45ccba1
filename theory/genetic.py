"""Genetic algorithm with truncation on a slope: the speed of a finite population, by simulating its own chain."""

import math
from typing import NamedTuple

import numpy as np

from .order_statistics import NORMAL, check_share, check_whole, order_means, selected_mean


class Speed(NamedTuple):
    """Mean way down the slope per generation, in σ, and its standard error."""

    value: float
    error: float


def truncation_speed(
    share: float,
    count: int,
    *,
    parameters: int = 1,
    crossover: bool = False,
    burn_in: int,
    generations: int,
    populations: int = 40,
    seed: int = 0,
) -> Speed:
    """Mean speed of the centroid on U = Σ x_i/√N over some generations, x_i ← x_parent(i) + N(0, 1).

    Without crossover only the sum counts, one number for each individual, whatever N is. No formula is exact for a
    finite population; this is its chain itself, in NumPy.

    Args:
        share: p in (0, 1); the best round(p n), one at least and not all, are parents, drawn evenly.
        count: n, at least 2.
        parameters: N, at least 1.
        crossover: each parameter from either of two parents with 1/2.
        burn_in: generations left out, from n equal individuals on.
        generations: over which the speed is the mean.
        populations: independent ones, at least 2, for the standard error.
        seed: of the simulation.

    Returns:
        A ``Speed``.

    Raises:
        ValueError: for numbers out of range.

    Example:
        >>> found = truncation_speed(0.5, 40, burn_in=40, generations=100)
        >>> round(found.value, 1), found.error < 0.02
        (1.0, True)

    Reference: theory/README.md, "Populations".
    """
    parents = _parents(share, count)
    for name, value, least in (("parameters", parameters, 1), ("burn_in", burn_in, 0), ("generations", generations, 1),
                               ("populations", populations, 2)):  # fmt: skip
        check_whole(name, value, least)
    random = np.random.default_rng(seed)
    size = parameters if crossover else 1
    places = np.zeros((populations, count, size))
    for step in range(burn_in + generations):
        if step == burn_in:
            begun = places.sum(axis=2).mean(axis=1)
        best = np.argsort(places.sum(axis=2), axis=1)[:, :parents]
        places = _children(places, best, crossover, random)
    speeds = (begun - places.sum(axis=2).mean(axis=1)) / (math.sqrt(size) * generations)
    return Speed(float(speeds.mean()), float(speeds.std(ddof=1) / math.sqrt(populations)))


def _parents(share: float, count: int) -> int:
    check_share(share)
    check_whole("count", count, 2)
    parents = round(share * count)
    if not 0 < parents < count:
        raise ValueError(f"share {share} of {count} is {parents} parents, expected one at least and not all of them")
    return parents


def _children(places: np.ndarray, best: np.ndarray, crossover: bool, random: np.random.Generator) -> np.ndarray:
    """The next generation of populations (runs, n, N), parents from their best (runs, k)."""
    drawn = random.integers(best.shape[1], size=(2 if crossover else 1, *places.shape[:2]))
    chosen = [np.take_along_axis(places, np.take_along_axis(best, one, axis=1)[:, :, None], axis=1) for one in drawn]
    child = np.where(random.random(places.shape) < 0.5, *chosen) if crossover else chosen[0]
    moved: np.ndarray = child + random.normal(size=places.shape)
    return moved


def crossed_recursion(share: float, count: int, parameters: int, *, burn_in: int, generations: int) -> float:
    """The same with uniform crossover where inheritance is left out: a recursion of two variances.

    V of the sum and G of one parameter: selection takes i (i + Φ⁻¹(p)) V along the slope, two parents halve what is
    left, drift takes 1/k, mutation adds 1. It leaves out that parameters of a parent go together, so it is too fast.

    Args:
        share, count, parameters, burn_in, generations: as in ``truncation_speed``.

    Returns:
        Speed in σ per generation.

    Raises:
        ValueError: for numbers out of range.

    Example:
        >>> round(crossed_recursion(0.5, 40, 50, burn_in=60, generations=60), 2) > 1.0
        True

    Reference: theory/README.md, "Populations".
    """
    parents, selected = _parents(share, count), selected_mean(share)
    taken = selected * (selected + NORMAL.inv_cdf(share))
    mean, along, one, found = order_means(count)[-parents:].mean(), 0.0, 0.0, []
    for _ in range(burn_in + generations):
        found.append(mean * math.sqrt(along))
        left = (one - taken * along / parameters) * (1 - 1 / parents)
        along = (1 - taken) * along / 2 + left / 2 + 1 - 1 / count
        one = left + 1 - 1 / count
    return float(np.mean(found[burn_in:]))
