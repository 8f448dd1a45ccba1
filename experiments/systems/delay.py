"""Late steps: where they stop being stable, how much hotter they are, which momentum they imply, real workers."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from theory import delay as theory

from ..declaring.number import Number, sample
from ..declaring.study import Study
from . import law, workers

DELAYS = (0, 1, 2, 4, 8)
THETAS = (0.2, 0.5, 0.8)
HALVINGS = 9  # of [0.9, 1.1] of the limit
LONG = 3000  # steps, in which what grows is seen to
STDS = (0.2, 0.1)  # of mutation in a bowl at βh = 1: two sizes of the step, extrapolated to none
TIMES = 6.0  # relaxation times
WORKERS, RATE = (2, 4, 8), 0.05
IN_TIME = "steps in time"
SHARED = 0.02  # the staleness of one update is not independent of the next one's


class Sizes(NamedTuple):
    """Delays and θ of those above, chains in the bowl, runs of the mean path, and updates of real workers, none for
    none."""

    delays: int
    thetas: int
    chains: int
    runs: int
    updates: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """The stability limit, the heat of late mutation, implied momentum, and processes that share an array."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        "stability": lambda key: stability(DELAYS[: sizes.delays]),
        "heat": partial(heat, thetas=THETAS[: sizes.thetas], chains=sizes.chains),
        "momentum": partial(momentum, runs=sizes.runs),
    }
    return made | ({"shared array": partial(shared, updates=sizes.updates)} if sizes.updates else {})


def parabola(x: jax.Array) -> jax.Array:
    """Curvature 1."""
    return jnp.sum(x**2) / 2


def stability(delays: Sequence[int]) -> xarray.Dataset:
    """Rate at which steps on a parabola begin to grow, bisected, against the delay."""
    rows = []
    for late in delays:
        grows = _growth(late)
        known = theory.stability_limit(late)
        low, high = 0.9 * known, 1.1 * known
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if grows(middle) else (middle, high)
        rows.append(((low + high) / 2, (high - low) / 2, known, 2.0))
    named = {"limit of ηh": law.Row(*np.array(rows).T)}
    return law.against("delay (steps)", delays, named, model=0.02, other=IN_TIME, logarithmic=False)


def _growth(late: int) -> Callable[[float], bool]:
    @jax.jit
    def size(rate: jax.Array) -> jax.Array:
        side = corr.stale(corr.descent(parabola, learning_rate=lambda step: rate), late)

        def step(state: corr.State, _: object) -> tuple[corr.State, jax.Array]:
            new = side.step(jax.random.key(0), state)[0]
            return new, jnp.abs(new.position[0])

        _, sizes = jax.lax.scan(step, side.init(jnp.ones(1)), None, length=LONG)
        return jnp.max(sizes[-late - 20 :])

    return lambda rate: not float(size(jnp.float32(rate))) < 1


def heat(key: jax.Array, thetas: Sequence[float], chains: int) -> xarray.Dataset:
    """βh<x²> of late mutation in a bowl against θ = a(τ + 1/2), two sizes of the step extrapolated to none."""
    rows = []
    for n, theta in enumerate(thetas):
        coarse, fine = (_heated(jax.random.fold_in(key, 2 * n + k), std, theta, chains) for k, std in enumerate(STDS))
        error = math.hypot(2 * fine.error, coarse.error)
        rows.append((2 * fine.value - coarse.value, error, theory.heating(2 * theta, 0), 1.0))
    named = {"βh⟨x²⟩": law.Row(*np.array(rows).T)}
    return law.against("θ", thetas, named, other=IN_TIME, logarithmic=False)


def _heated(key: jax.Array, std: float, theta: float, chains: int) -> Number:
    """θ is what it is at the σ given to a whole number of steps."""
    rate = std**2 / 2
    side = corr.stale(corr.mutation(parabola, mutation_std=std, beta=1.0), round(theta / rate - 0.5))
    steps = round(TIMES / rate)

    def one(key: jax.Array) -> jax.Array:
        begun = side.init(jax.random.normal(jax.random.fold_in(key, steps), (1,)))
        move = lambda k, state: side.step(jax.random.fold_in(key, k), state)[0]  # noqa: E731
        return jax.lax.fori_loop(0, steps, move, begun).position[0] ** 2

    return sample(np.asarray(jax.jit(jax.vmap(one))(jax.random.split(key, chains)), float))


def momentum(key: jax.Array, runs: int) -> xarray.Dataset:
    """Mean path of steps of geometric delay of mean M - 1, beside heavy ball of momentum 1 - 1/M without noise."""
    workers_of, steps = WORKERS[1], 60
    mean = workers_of - 1
    side = corr.stale(corr.descent(parabola, learning_rate=RATE * workers_of), corr.geometric_delay(mean, 20 * mean))

    def one(key: jax.Array) -> jax.Array:
        def step(state: corr.State, number: jax.Array) -> tuple[corr.State, jax.Array]:
            new, _ = side.step(jax.random.fold_in(key, number), state)
            return new, new.position[0]

        return jax.lax.scan(step, side.init(jnp.ones(1)), jnp.arange(steps))[1]

    found = np.asarray(jax.jit(jax.vmap(one))(jax.random.split(key, runs)), float)
    at = np.arange(4, steps, 8)
    rows = [(*sample(found[:, k])[:2], known, plain) for k, known, plain in zip(at, _ball(workers_of, steps)[at],
            (1 - RATE * workers_of) ** (at + 1), strict=True)]  # fmt: skip
    named = {"mean weight": law.Row(*np.array(rows).T)}
    return law.against("step", at + 1, named, other=IN_TIME, logarithmic=False)


def _ball(workers_of: int, steps: int) -> np.ndarray:
    """w' = w + μ(w - w_before) - (1 - μ)a w from a past at the start, where all steps are those of the start."""
    push, rate = theory.implied_momentum(workers_of), RATE * workers_of
    path = [1.0, 1.0 - rate]
    for _ in range(steps - 1):
        path.append(path[-1] + push * (path[-1] - path[-2]) - (1 - push) * rate * path[-1])
    return np.array(path[1:])


def shared(key: jax.Array, updates: int) -> xarray.Dataset:
    """Stationary variance of weights that processes share, over that of their histogram of staleness."""
    seed = int(jax.random.randint(key, (), 0, 2**31 - 1))
    rows = []
    for number, count in enumerate(WORKERS):
        found = workers.walked(count, updates=updates, rate=RATE, seed=seed + number)
        known = theory.variance(RATE, found.histogram)
        # The machine makes the histogram, another one in every run: what can be expected is the ratio.
        rows.append((found.variance.value / known, found.variance.error / known, 1.0,
                     theory.variance(RATE, [1.0]) / known))  # fmt: skip
    named = {"variance over its law": law.Row(*np.array(rows).T)}
    return law.against("processes", WORKERS, named, model=SHARED, other=IN_TIME, logarithmic=False)


study = Study(
    name="delay",
    title="late steps: stability, heat, implied momentum, and processes that share an array",
    presets={
        "smoke": Sizes(2, 1, 200, 400, 0),
        "quick": Sizes(5, 3, 4000, 20_000, 20_000),
        "paper": Sizes(5, 3, 40_000, 200_000, 200_000),
    },
    parts=parts,
    judge=law.judge,
    minutes={"smoke": 0.4, "quick": 3.0, "paper": 30.0},
    numbers=law.numbers,
)
