"""Evolution by neat-python of small networks: two problems, seeds, and winners with how they came about."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from corr import data, wiring

from . import neat_config as configuration

PAIR = (3, 8)  # digits that look most alike
GOAL, NEVER = 3.9, 1e9
TESTED = 0.2


class Problem(NamedTuple):
    """Points (inputs, K), targets 0 or 1 (K,), what to test on, fitness at no error, and that of a solution."""

    points: jax.Array
    targets: jax.Array
    test_points: jax.Array
    test_targets: jax.Array
    perfect: float
    goal: float

    def text(self) -> str:
        """The configuration of neat-python."""
        return configuration.text(inputs=len(self.points), goal=self.goal)


class Evolved(NamedTuple):
    """The best genome of one run, its configuration, its fitness, and the generation that reached the goal, if any."""

    genome: Any
    config: Any
    fitness: float
    generation: int | None


def xor() -> Problem:
    """The four cases, fitness 4 - Σ error²."""
    points, targets = jnp.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]]), jnp.array([0.0, 1.0, 1.0, 0.0])
    return Problem(points, targets, points, targets, 4.0, GOAL)


def digits() -> Problem:
    """3 against 8, images of 4 × 4 pixels, fitness 1 - mean error², which no value ends."""
    points, targets = data.digits()
    mine = np.isin(np.asarray(targets), PAIR)
    pooled = np.asarray(points)[:, mine].reshape(4, 2, 4, 2, -1).mean(axis=(1, 3)).reshape(16, -1)
    eight = (np.asarray(targets)[mine] == PAIR[1]).astype(np.int32)
    learn, test = data.split(data.from_arrays(pooled.T, eight), test_share=TESTED, seed=0)
    points, test_points = (jnp.asarray(half.points) for half in (learn, test))
    kind = points.dtype
    return Problem(points, learn.targets.astype(kind), test_points, test.targets.astype(kind), 1.0, NEVER)


def shuffled() -> Problem:
    """Digits with labels that say nothing: what is learned must not be seen on the test."""
    one = problem("digits")
    return one._replace(targets=jax.random.permutation(jax.random.key(0), one.targets))


PROBLEMS: dict[str, Callable[[], Problem]] = {"XOR": xor, "digits": digits, "digits, labels shuffled": shuffled}


@cache
def problem(name: str) -> Problem:
    """One of the problems, read once."""
    return PROBLEMS[name]()


@jax.jit
def errors(wires: Any, params: Any, points: jax.Array, targets: jax.Array) -> jax.Array:
    """Mean squared error of every genome."""
    outputs = jax.vmap(wiring.outputs, (0, 0, None))(wires, params, points)
    return jnp.mean((outputs[:, 0] - targets[None]) ** 2, axis=-1)


@cache
def evolved(name: str, seed: int, generations: int) -> Evolved:
    """A run of neat-python: until the goal is reached, or so many generations.

    Raises:
        ModuleNotFoundError: without neat-python.
    """
    one = problem(name)
    config = configuration.configured(one.text())
    with own_randomness():
        population = configuration.library().Population(config, seed=seed)

        def judged(genomes: list[tuple[int, Any]], config: Any) -> None:
            wires, params = wiring.packed([genome for _, genome in genomes], config)
            found = one.perfect * (1 - np.asarray(errors(wires, params, one.points, one.targets), float))
            for (_, genome), fitness in zip(genomes, found.tolist(), strict=True):
                genome.fitness = fitness

        best = population.run(judged, generations)
    reached = best.fitness >= one.goal
    return Evolved(best, config, best.fitness, population.generation if reached else None)


@contextmanager
def own_randomness(seed: int | None = None) -> Iterator[None]:
    """neat-python draws from Python's one generator: it is left as it was found."""
    before = random.getstate()
    if seed is not None:
        random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
