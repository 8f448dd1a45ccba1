"""Random numbers in common: twins on mutation's own, and mirrored mutations; how many fewer trajectories do as well."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray

import corr
from corr import inference

from ..declaring.experiment import Problem
from ..declaring.number import Number
from ..declaring.study import Parts, Study
from ..problems.sines import WIDE_BETA, shallow_sine, wide_sine

RECORDS = 10
COLD_GAIN = 1 / (1 - math.sqrt(0.5))
WORTH = 2.0  # a gain that pays for what is shared


class Sizes(NamedTuple):
    """Pairs; λ and end time on Figure 1's network and on Figure 6's, and the data points of the latter."""

    trajectories: int
    shallow: tuple[float, float]
    wide: tuple[float, float]
    points: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """One part for each figure."""
    cold, warm = (
        partial(_paired, shallow_sine(), math.inf, 1e-5),
        partial(_paired, wide_sine(sizes.points), WIDE_BETA, 1e-4),
    )
    return {
        "Figure 1": lambda key: cold(*sizes.shallow, sizes.trajectories, key),
        "Figure 6": lambda key: warm(*sizes.wide, sizes.trajectories, key),
    }


def _paired(
    problem: Problem, beta: float, rate: float, ratio: float, end: float, trajectories: int, key: jax.Array
) -> xarray.Dataset:
    """Gains at each recorded time after 0: over as many twins and over any number of twins of their own noise, and of
    the mean of mutation and mirrored mutation over that of two independent ones."""
    sides = corr.compare(
        problem.loss, problem.start(), key=key, trajectories=trajectories, end_time=end, record_every=end / RECORDS,
        learning_rate=rate, step_ratio=ratio, beta=beta, descent_learning_rate=rate * ratio, common_noise=True,
    )  # fmt: skip
    mirror = _mirrored(problem, sides.mutation, key)
    walk, twin, mirror = (side.isel(time=slice(1, None)) for side in (*sides[:2], mirror))
    found = inference.pairing_gain(walk.path.values, twin.path.values)
    antithetic = inference.pairing_gain(walk.path.values, -mirror.path.values)
    accepted = np.cumsum(walk.acceptance.values.mean(axis=0)) / np.arange(1, RECORDS + 1)  # up to each time
    return xarray.Dataset(
        {"gain": ("time", found.gain), "gain_error": ("time", found.standard_error),
         "over_many": ("time", found.over_many), "over_many_error": ("time", found.over_many_error),
         "antithetic": ("time", antithetic.gain), "antithetic_error": ("time", antithetic.standard_error),
         "acceptance": ("time", accepted), "linear": ("time", linear_gain(accepted, beta))},
        coords={"time": walk.time.values}, attrs={"trajectories": trajectories, "step_ratio": ratio},
    )  # fmt: skip


def _mirrored(problem: Problem, walk: xarray.Dataset, key: jax.Array) -> xarray.Dataset:
    """Mutation with the opposite proposals, trajectory by trajectory, recorded at the same steps."""
    law = corr.proposals.mirrored(corr.proposals.normal(walk.attrs["mutation_std"]))
    mirror = corr.mutation(problem.loss, proposal=law, beta=float(walk.attrs["beta"]))
    marks = walk.step.values.tolist()
    return corr.run(mirror, problem.start(), steps=marks[-1], record_at=marks, trajectories=walk.sizes["trajectory"],
                    key=key, label="mirrored mutation")  # fmt: skip


def linear_gain(accepted: np.ndarray, beta: float) -> np.ndarray:
    """What a linear loss of many parameters gives, (1 + a)/(1 - a), at β = ∞ 1/(1 - √½) since twins are scaled there.

    Args:
        accepted: acceptance a.
        beta: β, in 1/loss.

    Returns:
        Of the shape of ``accepted``.

    Example:
        >>> linear_gain(np.array([0.9]), 1e3).round(3).tolist()
        [19.0]
    """
    if math.isinf(beta):
        return np.full_like(accepted, COLD_GAIN)
    return np.divide(1 + accepted, 1 - accepted, out=np.full_like(accepted, np.inf), where=accepted < 1)


def judge(found: Parts) -> list[str]:
    """The gain early and late beside that of a linear loss, and whether it pays."""
    said = []
    for name, data in found.items():
        first, last = (data.isel(time=k) for k in (0, -1))
        pays = [float(one.over_many) > WORTH for one in (first, last)]
        worth = "pays" if all(pays) else "pays early alone" if pays[0] else "does not pay"
        said.append(
            f"{name}: {_with_error(first, 'gain')} times fewer pairs at t = {float(first.time):g} (a linear loss:"
            f" {float(first.linear):.3g}), {_with_error(last, 'gain')} at t = {float(last.time):g}. Beside any number"
            f" of twins of their own noise {_with_error(first, 'over_many')} and {_with_error(last, 'over_many')}:"
            f" sharing {worth} (limit {WORTH:g}; a shared twin takes a gradient at each of mutation's steps)."
            f" Antithetic pairs of mutations have a mean of {_with_error(first, 'antithetic')} and"
            f" {_with_error(last, 'antithetic')} times less variance than independent ones."
        )
    return said


def _with_error(data: xarray.Dataset, name: str) -> str:
    return f"{float(data[name]):.3g} ± {float(data[f'{name}_error']):.2g}"


def numbers(found: Parts) -> dict[str, Number]:
    """Gains at the first and the last recorded time of each figure."""
    shown = {}
    for name, data in found.items():
        for k in (0, -1):
            one = data.isel(time=k)
            for what in ("gain", "over_many", "antithetic"):
                label = f"{name}: {what.replace('_', ' ')} at t = {float(one.time):g}"
                error = float(one[f"{what}_error"])
                shown[label] = Number(float(one[what]), error, int(data.attrs["trajectories"]))
    return shown


study = Study(
    name="pairing",
    title="random numbers in common, of mutation and twins and of mirrored mutations: how many fewer runs do as well",
    presets={
        "smoke": Sizes(16, (100.0, 0.5), (5.0, 0.5), 50),
        "quick": Sizes(32, (10.0, 10.0), (1.0, 5.0), 250),
        "paper": Sizes(200, (1.0, 10.0), (1.0, 5.0), 1000),
    },
    parts=parts,
    judge=judge,
    numbers=numbers,
    minutes={"smoke": 0.7, "quick": 3.0, "paper": 120.0},
)
