"""Figure S4: mutation set back to the gradient solution at regular times, the correspondence from many starts."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr import inference

from ..declaring.number import Number, sample
from ..declaring.study import Parts, Study
from ..problems.sines import WIDE_BETA, wide_sine

LEARNING_RATE = 1e-4
END_TIME, RESET_EVERY, RECORDS = 5.0, 0.5, 10
DRAWN = 25


class Sizes(NamedTuple):
    """Trajectories, λ, number of data points, and learning rate of gradient descent."""

    trajectories: int
    step_ratio: float
    points: int
    descent_learning_rate: float


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """One part for each stretch between resets."""
    count = round(END_TIME / RESET_EVERY)
    return {f"stretch {number}": partial(_stretch, number=number, sizes=sizes) for number in range(count)}


def _stretch(key: jax.Array, number: int, sizes: Sizes) -> xarray.Dataset:
    """Mutation from the gradient solution at the beginning of a stretch, beside the solution going on."""
    problem = wide_sine(sizes.points)
    # Every stretch has a key of its own, but all belong to one start network.
    params = problem.start()
    begin = number * RESET_EVERY
    descent = _solution(problem.loss, params, begin + RESET_EVERY, sizes.descent_learning_rate, number)
    start = ravel_pytree(params)[1](jnp.asarray(descent[0]))
    step_time = LEARNING_RATE * sizes.step_ratio
    std = corr.matched_mutation_std(learning_rate=LEARNING_RATE, step_ratio=sizes.step_ratio, beta=WIDE_BETA)
    steps = round(RESET_EVERY / step_time)
    walk = corr.run(
        corr.mutation(problem.loss, mutation_std=std, beta=WIDE_BETA), start, steps=steps, keep=DRAWN, key=key,
        record_at=np.linspace(0, steps, RECORDS + 1).astype(int).tolist(), trajectories=sizes.trajectories,
        times=(begin + np.linspace(0, RESET_EVERY, RECORDS + 1)).tolist(), label=f"from t = {begin:g}",
    )  # fmt: skip
    below = jax.jit(jax.vmap(lambda row: problem.loss(ravel_pytree(params)[1](row))))(jnp.asarray(descent))
    return walk.assign(descent=(("time", "parameter"), descent), descent_loss=("time", np.asarray(below)))


def _solution(loss: Callable, params: object, time: float, rate: float, number: int) -> np.ndarray:
    """Gradient descent over the stretch that ends at ``time``, (records + 1, 768)."""
    first = round(number * RESET_EVERY / rate)
    times = rate * np.linspace(first, round(time / rate), RECORDS + 1).round()
    data = corr.noise_free(loss, params, learning_rate=rate, times=times)
    return data.path.values[0, -RECORDS - 1 :]


def judge(found: Parts) -> list[str]:
    """What each stretch shows of the mean's deviation from the gradient solution."""
    said = []
    for data in found.values():
        begin, end = data.time.values[[0, -1]]
        count = int(data["count"][-1])
        delta = inference.delta(data["mean"].values, data.descent.values)[-1]
        noise = float(data.variance[-1].mean()) / count
        travelled = inference.travelled(data.descent.values)[-1]
        ideal = 2 * (end - begin) / WIDE_BETA / count
        said.append(
            f"t = {begin:g} to {end:g}: Δ = {delta:.3g}, sampling noise {noise:.3g} (free diffusion would give"
            f" {ideal:.3g}); unbiased Δ is {100 * (delta - noise) / travelled:.2g} % of the squared distance travelled"
            f" (root mean square of a weight: {math.sqrt(travelled):.2g})."
        )
    return said


def numbers(found: Parts) -> dict[str, Number]:
    """Unbiased Δ of the drawn trajectories at the end of the first, middle and last stretch, and their mean losses."""
    names = list(found)
    shown = {}
    for name in (names[0], names[len(names) // 2], names[-1]):
        data = found[name]
        paths, path = data.path.values[:, [-1]].astype(float), data.descent.values[[-1]].astype(float)
        travelled = inference.travelled(data.descent.values)[-1]
        away, error = inference.unbiased_delta(paths, path)[0], inference.delta_standard_error(paths, path)[0]
        shown[f"{name}: unbiased Δ / squared distance travelled"] = Number(
            away / travelled, error / travelled, len(paths), 0.0
        )
        shown[f"{name}: mean loss at the end"] = sample(data.loss.values[:, -1])
    return shown


figs4 = Study(
    name="figs4",
    title="wide shallow network, finite temperature: set back to the gradient solution at regular times",
    presets={
        "smoke": Sizes(12, 100.0, 50, 1e-3),
        "quick": Sizes(152, 5.0, 250, 1e-3),
        "night": Sizes(152, 1.0, 1000, 1e-4),
        "paper": Sizes(152, 1.0, 1000, 1e-4),
    },
    parts=parts,
    judge=judge,
    numbers=numbers,
    minutes={"smoke": 0.5, "quick": 2.0, "night": 12.0, "paper": 12.0},
)
