"""Averaged trajectories of a scheme on Figure 1's network, beside its twin and noise-free descent, on one clock."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from corr import inference

from ..problems.sines import shallow_sine
from .schemes import Scheme

Factor = Callable[[jax.Array], jax.Array]
Moments = Callable[[jax.Array], tuple[jax.Array, Factor]]
RECORDS = 12
FINE = 1e-3  # longest time step of the twin; a tenth of it is the learning rate of noise-free descent
MARGIN = 0.005  # of the squared distance travelled
PLAIN_TIMES = 20.0  # plain descent needs so many units of its time for one of normalized descent here, and
PLAIN_NOISE = 10.0  # bears so much more noise at |g| = 1, where |g| is near 0.1


class Sizes(NamedTuple):
    """Noise per unit of common time and parameter as that of mutation with this λα, end time and trajectories."""

    step_time: float
    end: float
    trajectories: int


def path(key: jax.Array, scheme: Scheme, sizes: Sizes) -> xarray.Dataset:
    """Mean losses, and the distance of mean weights to twin and descent over the squared distance travelled."""
    problem = shallow_sine()
    start = problem.start()
    scale, noisier = (PLAIN_TIMES, PLAIN_NOISE) if scheme.plain else (1.0, 1.0)
    length = scheme.length(math.pi * sizes.step_time * noisier)
    each = scheme.time(length)
    between = max(1, round(scale * sizes.end / RECORDS / each))  # generations
    count = max(1, round(scale * sizes.end / (between * each)))
    finer = math.ceil(between * each / (scale * FINE))
    shared = {"trajectories": sizes.trajectories, "key": key, "progress": False}
    walk = corr.run(
        scheme.make(problem.loss, length), start, steps=between * count, record_at=_marks(between, count),
        time_step=each, label="scheme", **shared,
    )  # fmt: skip
    step = between * each / finer
    twin = corr.run(
        corr.langevin(problem.loss, time_step=step, moments=moments(scheme, length)), start, steps=finer * count,
        record_at=_marks(finer, count), time_step=step, label="twin", **shared,
    )  # fmt: skip
    descent = corr.noise_free(
        problem.loss, start, learning_rate=step / 10, times=step * np.array(_marks(finer, count)),
        normalized=not scheme.plain,
    )  # fmt: skip
    return _beside(walk, twin, descent).assign_attrs(
        length=length, generation=each, evaluations=float(scheme.law.evaluations), trajectories=sizes.trajectories,
        plain=int(scheme.plain),
    )  # fmt: skip


def _marks(between: int, count: int) -> list[int]:
    return [between * k for k in range(1, count + 1)]


def moments(scheme: Scheme, length: float) -> Moments:
    """Drift and noise per unit of common time of the descent that a scheme should be."""
    rate = math.sqrt(scheme.law.noise * length / scheme.law.drift)

    def of(gradient: jax.Array) -> tuple[jax.Array, Factor]:
        size = jnp.linalg.norm(gradient)
        if scheme.plain:
            return -gradient, lambda xi: rate * size * xi
        return -gradient / jnp.where(size > 0, size, 1), lambda xi: rate * xi

    return of


def _beside(walk: xarray.Dataset, twin: xarray.Dataset, descent: xarray.Dataset) -> xarray.Dataset:
    """Everything after t = 0 that the page shows."""
    paths, twins = (side.path.values[:, 1:].astype(float) for side in (walk, twin))
    smooth = descent.path.values[0].astype(float)
    travelled = inference.travelled(smooth)[1:]
    columns = {}
    for name, other in (("twin", twins), ("descent", smooth[1:])):
        columns[f"to_{name}"] = inference.unbiased_delta(paths, other) / travelled
        columns[f"to_{name}_error"] = inference.delta_standard_error(paths, other) / travelled
    columns["equivalent_p"] = inference.mean_equivalence(paths, twins, MARGIN * travelled, seed=0).p_value
    for name, side in (("loss", walk), ("twin_loss", twin)):
        values = side.loss.values[:, 1:].astype(float)
        columns[name], columns[f"{name}_error"] = values.mean(0), values.std(0, ddof=1) / math.sqrt(len(values))
    columns["descent_loss"] = descent.loss.values[0, 1:]
    return xarray.Dataset({name: ("time", values) for name, values in columns.items()}, {"time": walk.time.values[1:]})
