"""One averaged trajectory for every proposal with the same σ, once time is scaled by the proposal's drift."""

import functools
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree
from scipy.stats import t as student

import corr
from corr import inference

from ..declaring.rounding import measured
from ..declaring.study import Parts, Study
from ..problems.sines import shallow_sine
from .mutation_laws import CASES, STD, STEP_TIME, clock

DESCENT_RATE, TWIN_STEP = 1e-3, 2e-3
RECORDS, FINE = 8, 40
LEVEL = 0.01


class Sizes(NamedTuple):
    """Trajectories of each proposal and of the twin, and the end time."""

    trajectories: int
    twins: int
    end_time: float


@functools.cache
def _descent(end_time: float) -> tuple[xarray.Dataset, np.ndarray]:
    """Noise-free normalized descent at 41 times, and its unit gradients there, (41, N)."""
    problem, start = shallow_sine(), shallow_sine().start()
    times = DESCENT_RATE * np.linspace(0, round(end_time / DESCENT_RATE), FINE + 1).round()
    data = corr.noise_free(problem.loss, start, learning_rate=DESCENT_RATE, times=times, normalized=True)
    unravel = ravel_pytree(start)[1]
    gradient = jax.jit(lambda x: ravel_pytree(jax.grad(problem.loss)(unravel(x)))[0])
    slopes = np.stack([np.asarray(gradient(jnp.asarray(x)), float) for x in data.path.values[0]])
    return data, slopes / np.linalg.norm(slopes, axis=1, keepdims=True)


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Noise-free descent, the averaged noisy twin of Gaussian mutation, and mutation by every proposal."""

    def twin(key: jax.Array) -> xarray.Dataset:
        side = corr.langevin(shallow_sine().loss, time_step=TWIN_STEP, moments=corr.paper_moments(step_time=STEP_TIME))
        steps = round(sizes.end_time / TWIN_STEP)
        marks = np.linspace(0, steps, RECORDS + 1).round().astype(int).tolist()
        return corr.run(side, shallow_sine().start(), steps=steps, record_at=marks, time_step=TWIN_STEP,
                        trajectories=sizes.twins, key=key, keep=sizes.twins, label="twin")  # fmt: skip

    found = {"descent": lambda key: _descent(sizes.end_time)[0], "twin": twin}
    return found | {name: functools.partial(_mutated, name=name, sizes=sizes) for name in CASES}


def _mutated(key: jax.Array, name: str, sizes: Sizes) -> xarray.Dataset:
    """Mutation by a proposal at the step numbers where theory's drift, along noise-free descent, makes common time."""
    case, (descent, units) = CASES[name], _descent(sizes.end_time)
    along, across = clock(case.drift, units)
    times = descent.time.values
    pace = 1 / (STD * along)
    numbers = np.concatenate([[0.0], np.cumsum(np.diff(times) * (pace[1:] + pace[:-1]) / 2)])
    shown = slice(None, None, FINE // RECORDS)
    marks = numbers[shown].round().astype(int).tolist()
    walk = corr.mutation(shallow_sine().loss, proposal=case.proposal())
    data = corr.run(walk, shallow_sine().start(), steps=marks[-1], record_at=marks, times=times[shown].tolist(),
                    label=name, trajectories=sizes.trajectories, key=key, keep=sizes.trajectories)  # fmt: skip
    return data.assign(
        along=("time", along[shown]), across=("time", across[shown]), foreseen=case.foreseen, mutation_std=STD
    )


def compared(walk: xarray.Dataset, twin: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Mean loss of mutation less that of the twin, and its standard error, after t = 0."""
    sides = [data.loss.values[:, 1:].astype(float) for data in (walk, twin)]
    error = np.sqrt(sum(losses.var(axis=0, ddof=1) / len(losses) for losses in sides))
    return sides[0].mean(axis=0) - sides[1].mean(axis=0), error


def judge(found: Parts) -> list[str]:
    """Which proposals follow the common curve, by their largest deviation over all recorded times."""
    twin, travelled = found["twin"], inference.travelled(found["descent"].path.values[0])[-1]
    held = {name: found[name] for name in CASES}
    count = RECORDS * len(held)
    fewest = min(data.sizes["trajectory"] for data in held.values())
    limit = float(student.isf(LEVEL / 2 / count, fewest - 1))
    said = [
        f"Limit: {limit:.1f} standard errors, {100 * LEVEL:g} % for all {count} comparisons with the twin together."
    ]
    for name, data in held.items():
        gap, error = compared(data, twin)
        score = gap / error
        worst = int(np.argmax(np.abs(score)))
        paths, other = (side.path.values[:, -1:].astype(float) for side in (data, twin))
        away, unsure = inference.unbiased_delta(paths, other)[0], inference.delta_standard_error(paths, other)[0]
        pull = math.sqrt(2 * math.pi) * data.along.values
        verdict = "is not seen to leave" if abs(score[worst]) < limit else "leaves"
        said.append(
            f"{name}: {verdict} the common curve, {score[worst]:+.1f} standard errors at most"
            f" (t = {float(data.time[worst + 1]):g}; the limit is a loss {limit * error.max():.2g} off at most); at the"
            f" end mean loss {float(data.loss[:, -1].mean()):.4f} (twin {float(twin.loss[:, -1].mean()):.4f}),"
            f" unbiased Δ {measured(100 * away / travelled, 100 * unsure / travelled)} % of the squared distance"
            f" travelled; drift {pull.min():.3f} to {pull.max():.3f} of the Gaussian, with"
            f" {float(data.across.max()):.2f} of it across the gradient at"
            f" most; {'foreseen to follow' if data.foreseen else 'not foreseen to follow'}."
        )
    return said


study = Study(
    name="universality",
    title="one averaged trajectory for all proposals with the same σ, on the clock of their drift",
    presets={"smoke": Sizes(4, 8, 0.08), "quick": Sizes(64, 400, 2.0), "paper": Sizes(1000, 10_000, 5.0)},
    parts=parts,
    judge=judge,
    minutes={"smoke": 1.5, "quick": 2.5, "paper": 150.0},
)
