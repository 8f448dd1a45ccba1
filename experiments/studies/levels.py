"""Beyond the paper's range, mutation beside its twins of levels 0 to 3, and what too coarse a twin step does."""

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr import inference
from theory import corrected, level1, level2, level3
from theory.spectrum import full_spectrum

from ..declaring.number import Number, difference, sample
from ..declaring.rounding import measured
from ..declaring.study import Parts, Study

UNITS, POINTS = 4, 64
TRAINED, TRAINING_RATE = 7.0, 1e-3
MUTATION_STD, STEPS, RECORDS = 0.01, 400, 8
STEP_TIME = MUTATION_STD / math.sqrt(2 * math.pi)
BETA = math.inf
FINE = 8
MEASURED_EVERY = 5
COARSENESS = (8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.125, 0.0625)
NETWORK = corr.networks.functional(corr.networks.Shallow(UNITS))
LEVELS = ("level 0", "level 1", "level 2", "level 3")


class Sizes(NamedTuple):
    """Trajectories of mutation, of the twins of levels 0 to 2, and of level 3; twins whose acceptance is computed."""

    mutation: int
    twins: int
    corrected: int
    looked_at: int


def flat_loss(x: jax.Array) -> jax.Array:
    """Mean squared error of the shallow network with 4 units at 64 points of sin(2πθ), of a flat vector (12,)."""
    return corr.losses.mean_squared_error(NETWORK.apply, *corr.data.sine(POINTS))(_unravel()(x))


@functools.cache
def _unravel() -> Callable[[jax.Array], Any]:
    with jax.ensure_compile_time_eval():
        return ravel_pytree(NETWORK.init(corr.root_key(0)))[1]


@functools.cache
def start() -> jax.Array:
    """Parameters after noise-free normalized descent to t = 7, where the curvature of a step outweighs its slope."""
    first, _ = ravel_pytree(NETWORK.init(corr.root_key(0)))
    return jnp.asarray(descend(first, TRAINED)[-1])


def descend(first: jax.Array, time: float, records: int = 1) -> np.ndarray:
    """The noise-free path over ``time``, (records + 1, 12)."""
    marks = np.linspace(0, round(time / TRAINING_RATE), records + 1).astype(int)
    times = TRAINING_RATE * marks
    return corr.noise_free(flat_loss, first, learning_rate=TRAINING_RATE, times=times, normalized=True).path.values[0]


def twin(level: str, coarseness: float) -> corr.Dynamics:
    """The gradient twin whose drift and covariance are those of a level, with steps of ``coarseness`` λα."""
    settings: dict[str, Any] = {"mutation_std": MUTATION_STD, "beta": BETA, "step_time": STEP_TIME}
    build = functools.partial(corr.langevin, flat_loss, time_step=coarseness * STEP_TIME)
    if level == "level 0":
        return build(moments=corr.paper_moments(step_time=STEP_TIME, beta=BETA))
    if level == "level 1":
        return build(moments=functools.partial(level1.moments, **settings))
    side = corrected.level2_side if level == "level 2" else corrected.level3_side
    measure, moments = side(**settings)
    return build(moments=moments, measure=measure)


def follow(dynamics: corr.Dynamics, trajectories: int, key: jax.Array, coarseness: float = 1.0, **options: Any) -> Any:
    """An ensemble from the trained start over 400 mutation steps' time."""
    steps = round(STEPS / coarseness)
    marks = np.linspace(0, steps, RECORDS + 1).astype(int).tolist()
    return corr.run(
        dynamics, start(), steps=steps, record_at=marks, time_step=coarseness * STEP_TIME, trajectories=trajectories,
        key=key, keep=trajectories, **options,
    )  # fmt: skip


def predicted_acceptance(paths: np.ndarray, level: str) -> np.ndarray:
    """Acceptance by a level's formula on twin trajectories (n, T, 12), averaged over them, (T,)."""

    def one(position: jax.Array) -> float:
        narrow = _curvature(position)
        with jax.enable_x64(True):
            return float(chance(*(part.astype(jnp.float64) for part in narrow)))

    @jax.jit
    def chance(gradient: jax.Array, hessian: jax.Array) -> jax.Array:
        if level == "level 2":
            kappa = MUTATION_STD * jnp.trace(hessian) / (2 * jnp.linalg.norm(gradient))
            return level2.step_factors(kappa, jnp.asarray(BETA)).acceptance
        return level3.one_step(full_spectrum(gradient, hessian), mutation_std=MUTATION_STD, beta=BETA).acceptance

    if level in ("level 0", "level 1"):
        return np.full(paths.shape[1], 0.5)
    return np.array([[one(jnp.asarray(row)) for row in path] for path in paths]).mean(axis=0)


@jax.jit
def _curvature(position: jax.Array) -> tuple[jax.Array, jax.Array]:
    return jax.grad(flat_loss)(position), jax.hessian(flat_loss)(position)


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Mutation, the twin of each level at resolved steps, the same with half the step, and coarse twins of level 0."""

    def mutated(key: jax.Array) -> xarray.Dataset:
        data = follow(corr.mutation(flat_loss, mutation_std=MUTATION_STD), sizes.mutation, key, label="mutation")
        return data.assign(descent=(("time", "parameter"), descend(start(), STEPS * STEP_TIME, RECORDS)))

    def twinned(level: str, coarseness: float) -> Callable[[jax.Array], xarray.Dataset]:
        def compute(key: jax.Array) -> xarray.Dataset:
            count = sizes.corrected if level == "level 3" else sizes.twins
            label = f"{level}, dt = {coarseness:g} λα"
            fresh = round(MEASURED_EVERY / coarseness) if level in ("level 2", "level 3") else None
            data = follow(twin(level, coarseness), count, key, coarseness, label=label, refresh_every=fresh)
            accepted = predicted_acceptance(data.path.values[: sizes.looked_at], level)
            return data.assign(predicted_acceptance=("time", accepted), coarseness=coarseness)

        return compute

    resolved = {level: 1.0 if level == "level 3" else 1 / FINE for level in LEVELS}
    found = {"mutation": mutated}
    found |= {level: twinned(level, coarse) for level, coarse in resolved.items()}
    found |= {f"{level} halved": twinned(level, coarse / 2) for level, coarse in resolved.items()}
    coarse = [value for value in COARSENESS if value not in (1 / FINE, 0.5 / FINE)]
    return found | {f"level 0 at {value:g}": twinned("level 0", value) for value in coarse}


def final_loss(data: xarray.Dataset) -> tuple[float, float]:
    """Mean loss at the end and its standard error."""
    losses = data.loss.values[:, -1].astype(float)
    return float(losses.mean()), float(losses.std(ddof=1) / math.sqrt(len(losses)))


def apart(first: xarray.Dataset, second: xarray.Dataset) -> float:
    """Difference of the mean losses at the end in standard errors."""
    (a, da), (b, db) = final_loss(first), final_loss(second)
    return (a - b) / math.hypot(da, db)


def distance(walk: xarray.Dataset, side: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Unbiased Δ of mutation to a twin over the squared distance travelled, and its standard error, after t = 0."""
    paths, other = (data.path.values[:, 1:].astype(float) for data in (walk, side))
    travelled = inference.travelled(walk.descent.values)[1:]
    away, error = inference.unbiased_delta(paths, other), inference.delta_standard_error(paths, other)
    return away / travelled, error / travelled


def judge(found: Parts) -> list[str]:
    """Which level's twin still follows at the end, and whether its steps were fine enough."""
    walk = found["mutation"]
    loss, error = final_loss(walk)
    accepted = float(walk.acceptance.values[:, -1].mean())
    said = [f"Mutation: mean loss {loss:.5f} ± {error:.5f} at the end, acceptance {accepted:.3f}."]
    for level in LEVELS:
        side, finer = found[level], found[f"{level} halved"]
        value, spread = final_loss(side)
        away, unsure = (part[-1] for part in distance(walk, side))
        said.append(
            f"Twin of {level}: mean loss {value:.5f} ± {spread:.5f}, {apart(side, walk):+.1f} standard errors from"
            f" mutation ({apart(finer, side):+.1f} from its own when the step is halved); unbiased Δ of the means"
            f" {measured(100 * away, 100 * unsure)} % of the squared distance travelled;"
            f" predicted acceptance {float(side.predicted_acceptance[-1]):.3f}."
        )
    return said


def numbers(found: Parts) -> dict[str, Number]:
    """Final losses of mutation and of the resolved twins; level 3 should end where mutation does."""
    walk = sample(found["mutation"].loss.values[:, -1])
    twins = {level: sample(found[level].loss.values[:, -1]) for level in LEVELS}
    apart = {f"loss, mutation less {level}": difference(walk, twin) for level, twin in twins.items()}
    return {
        "mutation: mean loss": walk,
        **apart,
        "loss, mutation less level 3": difference(walk, twins["level 3"], 0.0),
    }


study = Study(
    name="levels",
    title="beyond the paper's range: mutation beside the twins of theory levels 0 to 3",
    presets={
        "smoke": Sizes(32, 16, 8, 2),
        "quick": Sizes(4000, 1000, 400, 16),
        "paper": Sizes(40_000, 10_000, 4000, 64),
    },
    parts=parts,
    judge=judge,
    numbers=numbers,
    minutes={"smoke": 1.0, "quick": 4.0, "paper": 40.0},
)
