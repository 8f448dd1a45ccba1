"""Levels of ``characterize`` on normal and skewed displacements whose drift is known, and twins that must be told."""

import functools
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from corr.atlas._laws import NO, Direction, Law, direction, law
from corr.inference import Estimate

LEVEL, SHARE, REPEATS, SIZE = 0.05, 0.2, 120, 6
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


@functools.cache
def found(name: str, share: float, repeats: int = REPEATS, length: float = 2.0) -> list[Direction]:
    rng = np.random.default_rng(1)
    return [
        direction(blocks(rng, LAWS[name], share, length), ALONG, share=SHARE, level=LEVEL, seed=seed)
        for seed in range(repeats)
    ]


@pytest.mark.parametrize("name", LAWS)
def test_a_rest_is_found_where_there_is_none_no_more_often_than_the_level(name: str) -> None:
    assert sum(one.difference_p < LEVEL for one in found(name, 0.0)) <= most(REPEATS)
    assert sum(one.difference_p < LEVEL for one in found(name, 0.4, 20)) >= 18, "a rest of two fifths must be seen"


@pytest.mark.parametrize("name", LAWS)
def test_equivalence_at_the_edge_is_claimed_no_more_often_than_the_level(name: str) -> None:
    """Also where the noise is a fifteenth of the rest, so that a margin half as wide again would be claimed always."""
    for length in (2.0, 8.0):
        edge = found(name, SHARE, length=length)
        assert sum(one.equivalence_p < LEVEL for one in edge) <= most(REPEATS)
        assert sum(one.at_least > SHARE for one in edge) <= most(REPEATS)


def test_equivalence_is_claimed_where_the_noise_is_small() -> None:
    rng = np.random.default_rng(3)
    quiet = [direction(blocks(rng, normal, 0.02, 20.0), ALONG, share=SHARE, level=LEVEL, seed=k) for k in range(20)]
    assert all(one.equivalence_p < LEVEL and one.at_most < SHARE for one in quiet)


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
    assert sum(one.difference_p < LEVEL for one in equal) <= most(REPEATS)
    edge = [at(4.0, 5.0, 6.0) for _ in range(REPEATS)]  # a fifth off their mean, the declared share
    assert sum(one.equivalence_p < LEVEL for one in edge) <= most(REPEATS)
    assert sum(one.verdict == NO for one in edge) <= most(REPEATS)
    assert at(30.0, 30.0, 30.0).equivalence_p < LEVEL
    assert at(20.0, 30.0, 40.0).verdict == NO
