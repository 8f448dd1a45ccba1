"""Levels of ``characterize`` on normal and skewed displacements whose drift is known, and twins that must be told."""

import functools
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from corr.atlas._differences import across_p
from corr.atlas._laws import NO, Direction, Law, direction, law
from corr.inference import Estimate
from corr.inference._mean_vector import mean_vector_p

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


def sparse(rng: np.random.Generator, gradient: np.ndarray, draws: int = 1000) -> np.ndarray:
    """Descent that moves one parameter in a step: blocks of few steps, each to one side."""
    chosen, moves = rng.integers(0, gradient.size, draws), np.zeros((100, gradient.size))
    np.add.at(moves, (np.arange(draws) % 100, chosen), -gradient.size * gradient[chosen])
    return moves / (draws / 100)


@pytest.mark.parametrize("size", [20, 100, 300])
def test_sparse_steps_along_the_gradient_are_not_off_it_more_often_than_the_level(size: int) -> None:
    """With a scale of each coordinate's own, as the peer has, they would be: of few steps scale and mean are one."""
    rng, repeats = np.random.default_rng(5), 200
    rows = []
    for _ in range(repeats):
        gradient = rng.normal(size=size)
        moves = sparse(rng, gradient)
        vectors = gradient, np.sign(gradient) * (1 + np.abs(gradient) ** 3)
        rests = [moves - np.outer(moves @ one, one) / (one @ one) for one in vectors]
        rest = rests[0]
        peer = mean_vector_p(rest.mean(axis=0), rest - rest.mean(axis=0))[1]
        rows.append((across_p(rest, vectors[0]), across_p(rests[1], vectors[1]), peer))
    claims, seen, scaled = (np.array(rows) < LEVEL).sum(axis=0)
    assert claims <= most(repeats)
    assert seen > most(repeats)
    assert size == 20 or scaled > most(repeats)


@pytest.mark.slow
def test_sparse_steps_are_called_different_or_far_no_more_often_than_the_level() -> None:
    rng, repeats, size = np.random.default_rng(6), 200, 100
    claims = {"different": 0, "far": 0, "no": 0}
    for seed in range(repeats):
        gradients = {"far": rng.normal(size=size), "near": 0.1 * rng.normal(size=size)}
        points = {
            name: direction(sparse(rng, g), g, share=SHARE, level=LEVEL, seed=seed) for name, g in gradients.items()
        }
        found = law(points, share=SHARE, level=LEVEL)
        claims["different"] += found.difference_p < LEVEL
        claims["far"] += any(one.at_least > SHARE for one in points.values())
        claims["no"] += found.verdict == NO
    assert max(claims.values()) <= most(repeats), claims
