"""Simulated annealing: a trajectory on Figure 1's network beside its clock and level 1, and a bowl that is cooled."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr import inference
from theory import annealing as theory
from theory import level1

from ..declaring.number import Number, of_parts
from ..declaring.study import Parts, Study
from ..problems.sines import shallow_sine

K = 4.0  # standard errors
MODEL = 0.03  # of the way, what level 1 leaves out: the noise's own effect on the mean
LEFT = 0.1  # of the way, by which annealing lies behind its clock where it is said to have left it
BEGIN = 6.0  # on noise-free descent's clock: past the plateau, where noise would grow of itself
RATE = 2e-3  # learning rate of that descent
GRID = 0.05  # of its clock, between which it is interpolated
SLOPE = 0.15  # about |∇U| over the stretch, which the schedule is made from
STRENGTH, RATIO = 3.0, 50.0  # s = βσ|∇U| at the end, and its growth from the first step
RECORDS = 12
CURVATURE = 1.0
BOWL_STD, BOWL_BETAS = 0.014, (10.0, 100.0)


class Sizes(NamedTuple):
    """Steps, end on the clock of plain descent and trajectories on the network; steps and trajectories in the bowl."""

    steps: int
    end: float
    trajectories: int
    bowl_steps: int
    bowl_trajectories: int


class Way(NamedTuple):
    """Noise-free plain descent: its clock τ (T,), weights (T, N) and |∇U| (T,)."""

    time: np.ndarray
    path: np.ndarray
    slope: np.ndarray

    def at(self, times: np.ndarray) -> np.ndarray:
        """Weights at other times, (len(times), N)."""
        return np.stack([np.interp(times, self.time, one) for one in self.path.T], axis=-1)


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """A path on the network, and the variance in a bowl."""
    return {
        "path": partial(path, sizes=sizes),
        "bowl": partial(bowl, steps=sizes.bowl_steps, trajectories=sizes.bowl_trajectories),
    }


def geometric(first: float, last: float, steps: int) -> Callable[[Any], Any]:
    """β from first to last in so many steps."""
    return optax.exponential_decay(first, transition_steps=steps, decay_rate=last / first, end_value=last)


def _betas(schedule: Callable[[Any], Any], steps: int) -> np.ndarray:
    return np.asarray(jax.vmap(schedule)(jnp.arange(steps)), np.float64)


def cooling(steps: int, end: float) -> tuple[float, float, float]:
    """σ, first and last β of a schedule on whose clock so many steps take this time and end at s = STRENGTH."""
    std = 2 * end * SLOPE * math.log(RATIO) / (steps * STRENGTH * (1 - 1 / RATIO))
    last = STRENGTH / (std * SLOPE)
    return std, last / RATIO, last


def path(key: jax.Array, sizes: Sizes) -> xarray.Dataset:
    """Mean weights along the way of descent, at equal clock, beside descent and level 1, which is late on the same."""
    problem = shallow_sine()
    start, way = _way(problem.loss, problem.start(), sizes.end)
    std, first, last = cooling(sizes.steps, sizes.end)
    schedule = geometric(first, last, sizes.steps)
    betas = _betas(schedule, sizes.steps)
    clock, late, strength = theory.clock(betas, mutation_std=std), *delayed(betas, std, way)
    marks = np.linspace(0, sizes.steps, RECORDS + 1).round()[1:].astype(int)
    walk = corr.run(
        corr.annealing(problem.loss, mutation_std=std, beta=schedule), start, steps=sizes.steps,
        record_at=marks.tolist(), times=[0.0, *clock[marks - 1]], trajectories=sizes.trajectories, key=key,
        label="annealing", progress=False,
    )  # fmt: skip
    paths = walk.path.values[:, 1:].astype(float)
    data = beside(paths, way.path[0], way.at(clock[marks - 1]), way.at(late[marks - 1]))
    data = data.assign_coords(time=clock[marks - 1]).assign(
        delayed=("time", late[marks - 1]), strength=("time", strength[marks - 1]), beta=("time", betas[marks - 1]),
        loss=("time", walk.loss.values[:, 1:].astype(float).mean(axis=0)),
    )  # fmt: skip
    return data.assign_attrs(mutation_std=std, steps=sizes.steps, trajectories=sizes.trajectories, begin=BEGIN)


def _way(loss: Callable[[Any], jax.Array], params: Any, end: float) -> tuple[Any, Way]:
    """Where annealing begins, and noise-free descent from there."""
    flat, unravel = ravel_pytree(params)
    times = BEGIN + GRID * np.arange(round(end / GRID) + 2)
    found = corr.noise_free(loss, params, learning_rate=RATE, times=times.tolist())
    weights = found.path.values[0, 1:]
    slopes = jax.jit(jax.vmap(jax.grad(lambda x: loss(unravel(x)))))(jnp.asarray(weights, flat.dtype))
    way = Way(times - BEGIN, weights.astype(float), np.linalg.norm(np.asarray(slopes, float), axis=1))
    return unravel(jnp.asarray(weights[0], flat.dtype)), way


def delayed(betas: np.ndarray, std: float, way: Way) -> tuple[np.ndarray, np.ndarray]:
    """Level 1's clock, which a step advances by σ f(s)/|∇U|, and s = βσ|∇U| on it, after each step."""
    grid = np.geomspace(1e-4, 1e4, 2000)
    factor = np.asarray(level1.drift_factor(jnp.asarray(grid)), float)
    time, times, strengths = 0.0, [], []
    for beta in betas:
        slope = np.interp(time, way.time, way.slope)
        strength = beta * std * slope
        time += std * np.interp(strength, grid, factor) / slope
        times.append(time)
        strengths.append(strength)
    return np.array(times), np.array(strengths)


def beside(paths: np.ndarray, start: np.ndarray, clock: np.ndarray, late: np.ndarray) -> xarray.Dataset:
    """How far mean weights have come along the line from the start to level 1, of its length; squared distances.

    Args:
        paths: (trajectories, times, parameters).
        start: (parameters,).
        clock: descent at equal clock, (times, parameters).
        late: the same at level 1's.
    """
    line = late - start
    length = np.linalg.norm(line, axis=1)
    along = np.einsum("rtp,tp->rt", paths - start, line) / length**2
    columns = {
        "progress": along.mean(axis=0),
        "progress_error": along.std(axis=0, ddof=1) / math.sqrt(len(paths)),
        "progress_theory": np.ones(len(line)),
        "progress_clock": np.einsum("tp,tp->t", clock - start, line) / length**2,
        "way": length,
    }
    for name, other in (("clock", clock), ("level_1", late)):
        columns[f"to_{name}"] = inference.unbiased_delta(paths, other) / length**2 * len(start)
        columns[f"to_{name}_error"] = inference.delta_standard_error(paths, other) / length**2 * len(start)
    return xarray.Dataset({name: ("time", values) for name, values in columns.items()})


def bowl(key: jax.Array, steps: int, trajectories: int) -> xarray.Dataset:
    """Mean square in a bowl of one parameter while it is cooled, from its middle, beside the recursion and 1/(hβ)."""
    schedule = geometric(*BOWL_BETAS, steps)
    betas = _betas(schedule, steps)
    marks = np.linspace(0, steps, RECORDS + 1).round()[1:].astype(int)
    walk = corr.run(
        corr.annealing(lambda x: CURVATURE * jnp.sum(x**2) / 2, mutation_std=BOWL_STD, beta=schedule), jnp.zeros(1),
        steps=steps, record_at=marks.tolist(), trajectories=trajectories, key=key, label="bowl", progress=False,
    )  # fmt: skip
    squares = walk.path.values[:, 1:, 0].astype(float) ** 2
    exact = theory.bowl_variance(betas, mutation_std=BOWL_STD, curvature=CURVATURE)
    columns = {
        "variance": squares.mean(axis=0),
        "variance_error": squares.std(axis=0, ddof=1) / math.sqrt(trajectories),
        "variance_theory": exact[marks - 1],
        "temperature": 1 / (CURVATURE * betas[marks - 1]),
    }
    data = xarray.Dataset({name: ("step", values) for name, values in columns.items()}, {"step": marks})
    curve = {"curve": ("every", exact), "curve_temperature": ("every", 1 / (CURVATURE * betas))}
    return data.assign(curve).assign_attrs(mutation_std=BOWL_STD, trajectories=trajectories)


def judge(found: Parts) -> list[str]:
    """How far the path follows its clock, whether it leaves it where level 1 says, and the bowl's variance."""
    said = _path(found["path"]) if "path" in found else []
    return said + (_bowl(found["bowl"]) if "bowl" in found else [])


def resolved(data: xarray.Dataset) -> np.ndarray:
    """Records at which K standard errors are less than LEFT."""
    return K * data.progress_error.values < LEFT


def behind(data: xarray.Dataset, progress: np.ndarray) -> np.ndarray:
    """Records at which so much of the way is more than LEFT behind that of the clock."""
    return progress < (1 - LEFT) * data.progress_clock.values


def deviations(data: xarray.Dataset) -> np.ndarray:
    """Standard errors by which the way gone differs from level 1, beyond the model error."""
    off = np.abs((data.progress - data.progress_theory).values) - MODEL
    return np.maximum(off, 0) / data.progress_error.values


def _path(data: xarray.Dataset) -> list[str]:
    scores, last = deviations(data), data.isel(time=-1)
    word = "follows" if scores.max() < K else "does NOT follow"
    said = [
        f"Annealing {word} level 1, descent that is late on its own path, at every one of {len(scores)} times within"
        f" {K:g} standard errors and {100 * MODEL:g} % of the way, the model error for the noise's own effect on the"
        f" mean (largest deviation {scores.max():.1f} standard errors beyond that)."
    ]
    if not resolved(data).any():
        return [*said, "Too few trajectories to tell whether it leaves its clock."]
    seen, late = (behind(data, data[name].values) for name in ("progress", "progress_theory"))
    edge = np.abs(1 - (1 - LEFT) * data.progress_clock.values) < K * data.progress_error.values + MODEL
    agreed = bool((seen == late)[resolved(data) & ~edge].all())
    return [
        *said,
        f"It is seen more than {100 * LEFT:g} % behind its clock {_since(data, resolved(data) & seen)}, by level 1"
        f" {_since(data, late)}: {'' if agreed else 'NOT '}where level 1 says. At the end, s ="
        f" {float(last.strength):.2g}, it has gone {float(last.progress):.3f} ± {float(last.progress_error):.2g} of"
        f" level 1's way, its clock says {float(last.progress_clock):.3f}; mean weights lie {_share(last, 'to_clock')}"
        f" of the squared distance travelled off descent at equal clock, {_share(last, 'to_level_1')} off level 1.",
    ]


def _since(data: xarray.Dataset, records: np.ndarray) -> str:
    first = np.flatnonzero(records)
    return f"from s = {float(data.strength[first[0]]):.2g} on" if len(first) else "never"


def _share(data: xarray.Dataset, name: str) -> str:
    return f"{100 * float(data[name]):.3g} ± {100 * float(data[f'{name}_error']):.2g} %"


def _bowl(data: xarray.Dataset) -> list[str]:
    scores = np.abs(((data.variance - data.variance_theory) / data.variance_error).values)
    still = np.abs(((data.variance - data.temperature) / data.variance_error).values)
    last = data.isel(step=-1)
    return [
        f"Bowl: the variance {'follows' if scores.max() < K else 'does NOT follow'} the recursion while β grows, the"
        f" largest of {len(scores)} deviations is {scores.max():.1f} standard errors; from T/h alone, without its"
        f" delay, {still.max():.1f}. At the end {float(last.variance):.4g} ± {float(last.variance_error):.2g},"
        f" recursion {float(last.variance_theory):.4g}, T/h {float(last.temperature):.4g}."
    ]


def numbers(found: Parts) -> dict[str, Number]:
    """The way gone at three times, expected that of level 1, and three variances in the bowl."""
    kept = {"path": ["progress", "progress_error", "progress_theory"]}
    kept["bowl"] = ["variance", "variance_error", "variance_theory"]
    return of_parts({name: found[name][names] for name, names in kept.items() if name in found})


study = Study(
    name="annealing",
    title="simulated annealing: plain descent on the clock Σβσ²/2, and where level 1 leaves it",
    presets={
        "smoke": Sizes(4000, 2.0, 12, 400, 200),
        "quick": Sizes(30_000, 9.0, 24, 4000, 2000),
        "paper": Sizes(200_000, 9.0, 96, 4000, 20_000),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.2, "quick": 2.0, "paper": 45.0},
    numbers=numbers,
)
