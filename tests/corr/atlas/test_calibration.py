"""Levels of ``characterize`` on normal and skewed displacements whose drift is known, and twins that must be told."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from corr.atlas._laws import NO, Direction, Law, direction, law
from corr.inference import Estimate

LEVEL, SHARE, REPEATS, SIZE = 0.05, 0.2, 200, 6
ALONG = np.array([1.0, -2.0, 0.5, 0.0, 1.0, 3.0])
ACROSS = np.array([2.0, 1.0, 0.0, 1.0, 0.0, 0.0])  # at right angles to it


def normal(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(100, SIZE))


def skewed(rng: np.random.Generator) -> np.ndarray:
    """Means of ten exponential numbers with correlated components: blocks of few draws of a rare event."""
    raw = rng.exponential(size=(100, 10, SIZE)).mean(axis=1) - 1
    return np.sqrt(10) * (raw + 0.5 * raw[:, :1])


LAWS = {"normal": normal, "skewed": skewed}


def most(count: int) -> float:
    """Claims out of ``count`` that a test of the level exceeds once in 30000."""
    return float(stats.binom.isf(3e-5, count, LEVEL))


def blocks(rng: np.random.Generator, noise: Callable, share: float, length: float = 2.0) -> np.ndarray:
    """Drift -length along ALONG/|ALONG| with the ``share`` of it (a sine) across."""
    along, across = ALONG / np.linalg.norm(ALONG), ACROSS / np.linalg.norm(ACROSS)
    return noise(rng) - length * (np.sqrt(1 - share**2) * along + share * across)


def one(rng: np.random.Generator, noise: Callable, share: float, seed: int):
    return direction(blocks(rng, noise, share), ALONG, share=SHARE, level=LEVEL, seed=seed)


@pytest.mark.parametrize("name", LAWS)
def test_a_rest_is_found_where_there_is_none_no_more_often_than_the_level(name: str) -> None:
    rng = np.random.default_rng(1)
    found = [one(rng, LAWS[name], 0.0, seed).difference_p < LEVEL for seed in range(REPEATS)]
    assert sum(found) <= most(REPEATS)
    told = [one(rng, LAWS[name], 0.4, seed).difference_p < LEVEL for seed in range(20)]
    assert sum(told) >= 18, "a rest of two fifths must be seen"


@pytest.mark.parametrize("name", LAWS)
def test_equivalence_at_the_edge_is_claimed_no_more_often_than_the_level(name: str) -> None:
    rng = np.random.default_rng(2)
    claimed = [one(rng, LAWS[name], SHARE, seed).equivalence_p < LEVEL for seed in range(REPEATS)]
    assert sum(claimed) <= most(REPEATS)
    above = [one(rng, LAWS[name], SHARE, seed).at_least > SHARE for seed in range(REPEATS)]
    assert sum(above) <= most(REPEATS)


def test_equivalence_is_claimed_where_the_noise_is_small() -> None:
    rng = np.random.default_rng(3)
    quiet = [direction(blocks(rng, normal, 0.02, 20.0), ALONG, share=SHARE, level=LEVEL, seed=k) for k in range(20)]
    assert all(found.equivalence_p < LEVEL and found.at_most < SHARE for found in quiet)


@pytest.mark.parametrize("name", LAWS)
def test_unequal_coefficients_are_told_at_the_level(name: str) -> None:
    rng = np.random.default_rng(4)

    def at(*coefficients: float) -> Law:
        points = {}
        for number, value in enumerate(coefficients):
            samples = value + LAWS[name](rng)[:, 0]
            estimate = Estimate(samples.mean(), samples.std(ddof=1) / 10)
            points[str(number)] = Direction(estimate, samples, 0.0, 0.0, 0.0, 1.0, 0.0)
        return law(points, share=SHARE, level=LEVEL)

    equal = [at(3.0, 3.0, 3.0) for _ in range(REPEATS)]
    assert sum(found.difference_p < LEVEL for found in equal) <= most(REPEATS)
    edge = [at(4.0, 5.0, 6.0) for _ in range(REPEATS)]  # a fifth off their mean, the declared share
    assert sum(found.equivalence_p < LEVEL for found in edge) <= most(REPEATS)
    assert sum(found.verdict == NO for found in edge) <= most(REPEATS)
    assert at(30.0, 30.0, 30.0).equivalence_p < LEVEL
    assert at(20.0, 30.0, 40.0).verdict == NO
