"""Adaptive Monte Carlo: mean, way and what happens across on a slope, and what forgetting makes of it: heavy ball."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from theory import adaptive as theory

from ..declaring.number import sample
from ..declaring.study import Study
from . import law

RATE, STD, SIZE = 0.01, 0.5, 20
NEVER = 10**9  # refusals that shrink the step
MODEL = 1e-3  # what theory leaves out of the spread of m
FORGETTING = (0.003, 0.01, 0.03, 0.1)
SETTLED = 5.0  # in 1/ρ
BOWL, FORGOTTEN = np.array([1.0, 0.2]), 0.005  # ρ, half of η: m is near 1 at rest
WIDTH, LENGTH, MARKS = 1e-3, 1800, 6  # σ and steps of the coarser of two sizes; places


class Sizes(NamedTuple):
    """Runs, steps on the slope, and values of forgetting of those above."""

    runs: int
    steps: int
    forgetting: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """The course on a slope, where forgetting brings it to rest, and the way that it then takes down a bowl."""
    return {
        "course": partial(course, runs=sizes.runs, steps=sizes.steps),
        "forgetting": partial(rest, runs=sizes.runs, values=FORGETTING[: sizes.forgetting]),
        "heavy ball": partial(heavy_ball, runs=sizes.runs // 2),
    }


def _walked(key: jax.Array, runs: int, steps: int, forgetting: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions and means of the mutations over σ at the steps of ``_marks``, each (runs, marks, N)."""
    side = corr.adaptive_mutation(lambda x: x[0], mutation_std=STD, rate=RATE, refusals=NEVER, forgetting=forgetting)

    def one(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        def step(state: corr.State, number: jax.Array) -> tuple[corr.State, tuple[jax.Array, jax.Array]]:
            new, _ = side.step(jax.random.fold_in(key, number), state)
            return new, (new.position / STD, new.aux.mean / STD)

        return jax.lax.scan(step, side.init(jnp.zeros(SIZE)), jnp.arange(steps))[1]

    marks = _marks(steps) - 1
    walk = jax.jit(lambda keys: jax.lax.map(lambda key: jax.tree.map(lambda row: row[marks], one(key)), keys))
    found = walk(jax.random.split(key, runs))
    return np.asarray(found[0], float), np.asarray(found[1], float)


def _marks(steps: int) -> np.ndarray:
    return np.unique(np.geomspace(max(steps // 100, 1), steps, 9).round().astype(int))


def course(key: jax.Array, runs: int, steps: int) -> xarray.Dataset:
    """m = -μ·ĝ/σ, way down the slope and variance of μ across, against the step."""
    position, mean = _walked(key, runs, steps, 0.0)
    at = _marks(steps)
    known, other = (theory.course(at, rate=rate) for rate in (RATE, 2 * RATE))
    across = (mean[:, :, 1:] ** 2).mean(axis=2)
    measured = {"m": -mean[:, :, 0], "way in σ": -position[:, :, 0], "variance across in σ²": across}
    rows = {}
    for name, samples, right, wrong in zip(measured, measured.values(), known, other, strict=True):
        value, error = law.means(samples)
        rows[name] = law.Row(value, error, right, wrong)
    return law.against("step", at, rows, model=MODEL, other="twice the rate")


def rest(key: jax.Array, runs: int, values: tuple[float, ...]) -> xarray.Dataset:
    """m at rest against what is forgotten in a step; without friction it would go on to grow."""
    rows = []
    for n, forgetting in enumerate(values):
        steps = round(SETTLED / forgetting)
        _, mean = _walked(jax.random.fold_in(key, n), runs, steps, forgetting)
        found = sample(-mean[:, -1, 0])
        free = float(theory.course(np.array([steps]), rate=RATE).mean[0])
        known = float(theory.course(np.array([steps]), rate=RATE, forgetting=forgetting).mean[0])
        rows.append((found.value, found.error, known, free))
    named = {"m at rest": law.Row(*np.array(rows).T)}
    return law.against("ρ", values, named, model=MODEL, other="without forgetting")


def heavy_ball(key: jax.Array, runs: int) -> xarray.Dataset:
    """Mean path down a bowl, two sizes of the step extrapolated to none, against the step; without memory it lags."""
    (coarse, known), (fine, finer) = (_down(jax.random.fold_in(key, times), runs, times) for times in (1, 2))
    plain = _foreseen(1, rate=0.0)
    value, error = law.means(fine.reshape(runs, -1))
    other, spread = law.means(coarse.reshape(runs, -1))
    value, error = 2 * value - other, np.hypot(2 * error, spread)
    columns = (value.reshape(MARKS, -1).T, error.reshape(MARKS, -1).T, (2 * finer - known).T, plain.T)
    names = ("stiff parameter", "soft parameter")
    named = {name: law.Row(*row) for name, *row in zip(names, *columns, strict=True)}
    at = LENGTH // MARKS * np.arange(1, MARKS + 1)
    return law.against("step", at, named, other="without memory", logarithmic=False)


def _down(key: jax.Array, runs: int, times: int) -> tuple[np.ndarray, np.ndarray]:
    """Paths (runs, marks, 2) with steps so many times smaller, and the law."""
    marks = times * LENGTH // MARKS * np.arange(1, MARKS + 1)
    std, forgetting, curvature = WIDTH / times, FORGOTTEN / times, jnp.asarray(BOWL, jnp.float32)
    side = corr.adaptive_mutation(
        lambda x: jnp.sum(curvature * x**2) / 2, mutation_std=std, rate=2 * forgetting, refusals=NEVER,
        forgetting=forgetting,
    )  # fmt: skip
    data = corr.run(
        side, jnp.ones(len(BOWL)), steps=int(marks[-1]), record_at=marks.tolist(), trajectories=runs, key=key,
        progress=False,
    )  # fmt: skip
    return data.path.values[:, 1:].astype(float), _foreseen(times, rate=2 * forgetting)


def _foreseen(times: int, rate: float) -> np.ndarray:
    """The law at the marks, (marks, 2)."""
    marks = times * LENGTH // MARKS * np.arange(1, MARKS + 1)
    path = theory.path(
        lambda x: BOWL * x, np.ones(len(BOWL)), steps=int(marks[-1]), mutation_std=WIDTH / times, rate=rate,
        forgetting=FORGOTTEN / times,
    )  # fmt: skip
    return path[marks - 1]


study = Study(
    name="adaptive",
    title="adaptive Monte Carlo: momentum without friction, and a walk at random across",
    presets={"smoke": Sizes(100, 400, 2), "quick": Sizes(1000, 4000, 4), "paper": Sizes(10_000, 40_000, 4)},
    parts=parts,
    judge=law.judge,
    minutes={"smoke": 0.2, "quick": 1.0, "paper": 60.0},
    numbers=law.numbers,
)
