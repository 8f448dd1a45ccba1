"""One rule for the mutation scale, four architectures: mutation follows normalized descent in all of them."""

import functools
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from corr import inference
from corr._clock import whole_steps

from ..declaring.experiment import Problem
from ..declaring.study import Parts, Study
from ..problems.sines import VARIANCE

RECORDS = 30
LEVEL = 0.05
# Share of descent's loss by which mutation's mean has left its curve.
APART = 0.02
POINTS, STEPS, PERIODS = 101, 32, 2
# Descent of the residual network is near its minimum at t = 1.5, where half the learning rate (1e-4) would change its
# loss by 39 %; up to t = 1.35 by 0.08 %.
END_TIMES = {"shallow": 3.0, "deep": 1.5, "residual": 1.2, "recurrent": 1.5}


class Sizes(NamedTuple):
    """λα of each ensemble, ascending, their trajectories, the learning rate of descent, points of the shallow net."""

    step_times: tuple[float, ...]
    trajectories: tuple[int, ...]
    descent_learning_rate: float
    shallow_points: int


def echo(steps: int = STEPS) -> tuple[jax.Array, jax.Array]:
    """A wave of two periods and itself a quarter of a period later, each (1, steps): telling it needs memory."""
    phase = 2 * np.pi * PERIODS * np.arange(steps) / steps
    dtype = jnp.result_type(float)
    return jnp.asarray(np.sin(phase)[None], dtype), jnp.asarray(-np.cos(phase)[None], dtype)


def problems(shallow_points: int) -> dict[str, Problem]:
    """The four networks with what they learn, by mean squared error."""
    build, sine = corr.networks.functional, corr.data.symmetric_sine(POINTS)
    cases: dict[str, tuple[corr.networks.Network, tuple[jax.Array, jax.Array]]] = {
        "shallow": (build(corr.networks.Shallow(30), variance=VARIANCE), corr.data.sine(shallow_points)),
        "deep": (build(corr.networks.FullyConnected((16,) * 4), variance="fan_in"), sine),
        "residual": (build(corr.networks.Residual(blocks=3, width=12), variance="fan_in"), sine),
        "recurrent": (build(corr.networks.Recurrent(units=8), variance="fan_in"), echo()),
    }
    return {
        name: Problem(corr.losses.mean_squared_error(network.apply, *data), network.init)
        for name, (network, data) in cases.items()
    }


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Noise-free descent of each architecture, and a mutation ensemble of each at every λα."""
    found: dict[str, Callable[[jax.Array], xarray.Dataset]] = {}
    for name in END_TIMES:
        found[f"{name} descent"] = functools.partial(_descent, name=name, sizes=sizes)
        for step_time, count in zip(sizes.step_times, sizes.trajectories, strict=True):
            found[f"{name} {step_time:g}"] = functools.partial(
                _mutation, name=name, sizes=sizes, step_time=step_time, count=count
            )
    return found


def _descent(key: jax.Array, name: str, sizes: Sizes) -> xarray.Dataset:
    del key
    problem, rate = problems(sizes.shallow_points)[name], sizes.descent_learning_rate
    times = rate * _marks(name, rate)
    data = corr.noise_free(
        problem.loss, problem.start(), learning_rate=rate, times=times, normalized=True, label=name, progress=True
    )
    return _kept(data)


def _mutation(key: jax.Array, name: str, sizes: Sizes, step_time: float, count: int) -> xarray.Dataset:
    """An ensemble from the architecture's start, which all ensembles share."""
    problem, marks = problems(sizes.shallow_points)[name], _marks(name, step_time)
    std = corr.matched_mutation_std(learning_rate=step_time, step_ratio=1.0)
    data = corr.run(
        corr.mutation(problem.loss, mutation_std=std), problem.start(), steps=int(marks[-1]), record_at=marks.tolist(),
        time_step=step_time, key=key, keep=1, label=name, trajectories=count,
    )  # fmt: skip
    return _kept(data).assign_attrs(step_time=step_time, mutation_std=std)


def _marks(name: str, time_step: float) -> np.ndarray:
    return np.arange(RECORDS + 1) * whole_steps(END_TIMES[name] / RECORDS, time_step, f"{name}, time between records")


def _kept(data: xarray.Dataset) -> xarray.Dataset:
    return data[["loss", "acceptance"]].assign_attrs(parameters=data.sizes["parameter"])


class Departure(NamedTuple):
    """How mean loss and noise-free descent part.

    Attributes:
        score: largest |difference| over its standard error.
        score_time: when.
        share: largest |difference| as a share of descent's loss.
        share_time: when.
        leaves: first time at which the simultaneous 95 % band of the difference lies wholly beyond 2 % of
            descent's loss, infinite where it never does.
    """

    score: float
    score_time: float
    share: float
    share_time: float
    leaves: float


def departure(walk: xarray.Dataset, descent: xarray.Dataset) -> Departure:
    """Departure of a mutation ensemble from noise-free descent after t = 0.

    Args:
        walk: losses (trajectory, time) and times of mutation.
        descent: those of descent, one trajectory, at the same times.

    Returns:
        A ``Departure``.

    Raises:
        ValueError: if the recorded times differ, or as ``inference.confidence_band``.
    """
    if not np.allclose(walk.time, descent.time):
        raise ValueError(f"mutation and descent have other times: {walk.time.values[-1]}, {descent.time.values[-1]}")
    losses, curve = walk.loss.values[:, 1:].astype(float), descent.loss.values[0, 1:].astype(float)
    time = walk.time.values[1:]
    band = inference.confidence_band(losses, curve, seed=0, level=LEVEL)
    scores = np.abs(band.estimate) * math.sqrt(len(losses)) / losses.std(axis=0, ddof=1)
    shares = np.abs(band.estimate) / curve
    nearest = np.maximum(band.simultaneous_lower, -band.simultaneous_upper)
    beyond = time[nearest > APART * curve]
    far, wide = int(scores.argmax()), int(shares.argmax())
    leaves = float(beyond[0]) if len(beyond) else math.inf
    return Departure(float(scores[far]), float(time[far]), float(shares[wide]), float(time[wide]), leaves)


def _share(share: float) -> str:
    return f"{100 * share:.2g} % of" if share < 1 else f"{share:.3g} times"


def judge(found: Parts) -> list[str]:
    """For each architecture and λα, how far the mean loss is from descent's, and from when on."""
    said = []
    for name in END_TIMES:
        descent = found[f"{name} descent"]
        walks = [data for part, data in found.items() if part.startswith(name) and "step_time" in data.attrs]
        for walk in walks:
            apart = departure(walk, descent)
            when = (
                f"leaves descent's curve (by 2 % of it, simultaneous 95 % band) at t = {apart.leaves:.3g}"
                if math.isfinite(apart.leaves)
                else "is not shown to leave descent's curve by 2 % of it"
            )
            said.append(
                f"{name}, N = {walk.attrs['parameters']}, λα = {walk.attrs['step_time']:g}: mean loss {when}; largest"
                f" difference {apart.score:.1f} standard errors (t = {apart.score_time:.3g}) and"
                f" {_share(apart.share)} descent's loss (t = {apart.share_time:.3g});"
                f" acceptance {float(walk.acceptance[:, -1].mean()):.3f} at the end."
            )
    return said


study = Study(
    name="architectures",
    title="shallow, deep, residual and recurrent networks: one rule for σ, one curve against the common time",
    presets={
        "smoke": Sizes((1e-2,), (24,), 1e-3, 50),
        "quick": Sizes((1e-4, 1e-3, 1e-2), (96, 192, 192), 1e-4, 250),
        "paper": Sizes((1e-5, 1e-4, 1e-3), (1000, 1000, 1000), 1e-5, 1000),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 1.0, "quick": 2.5, "paper": 240.0},
)
