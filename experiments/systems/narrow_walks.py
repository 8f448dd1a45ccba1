"""How fast weights of few bits are trained, over float32's."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr

from ..declaring.number import Number, sample
from . import law, one_step

TRAINED = (0.1, 3.0)  # σ over bfloat16's median spacing
DISTANCE, RECORDS, EARLY = 0.05, 10, 2  # that float32 weights go; the record until which the first step's law is asked
SPEED = "the speed of float32 weights"


class Start(NamedTuple):
    """Where training begins: weights, their loss, and by what share the law says that they are as fast as float32's."""

    loss: one_step.Loss
    at: jax.Array
    speeds: Sequence[float]


def training(key: jax.Array, starts: Mapping[str, Start], stds: Sequence[float], runs: int) -> xarray.Dataset:
    """Fall of the mean loss after equal numbers of steps over that of float32, early, against σ, and all of the way.

    Model error: half of the share by which the gradient changes on the way, for speeds differ by less than all of it.
    """
    curves = np.array([
        [_falls(jax.random.fold_in(key, 10 * n + k), start, std, runs) for k, start in enumerate(starts.values())]
        for n, std in enumerate(stds)
    ])  # fmt: skip
    wide, *others = starts
    rows, whole = {}, {}
    for number, name in enumerate(others, start=1):
        early, late = (
            np.array([ratio(one[number, :, at], one[0, :, at])[:2] for one in curves]).T for at in (EARLY, RECORDS)
        )
        rows[f"speed, {name}"] = law.Row(early[0], early[1], starts[name].speeds, np.ones(len(stds)))
        whole |= {f"{name}, all": ("value", late[0]), f"{name}, all_error": ("value", late[1])}
    page = law.against("σ", stds, rows, model=_turned(starts[wide]) / 2, other=SPEED)
    columns = {
        "fall": (("value", "type", "record"), curves.mean(axis=2)),
        "fall_spread": (("value", "type", "record"), curves.std(axis=2, ddof=1) / math.sqrt(runs)),
        "step": (("value", "record"), [marks(std) for std in stds]),
    }
    return page.assign(columns | whole).assign_coords(type=list(starts))


def ratio(mine: np.ndarray, others: np.ndarray) -> Number:
    """Of the means of independent values, to first order in their errors."""
    above, below = sample(mine), sample(others)
    value = above.value / below.value
    return Number(value, math.hypot(above.error, value * below.error) / abs(below.value), min(len(mine), len(others)))


def judge(found: xarray.Dataset) -> list[str]:
    """Whether the speed is float32's, and whether the law moves on the way, as spacings grow with the weights."""
    said = []
    for name in list(found.type.values)[1:]:
        for one in (found.isel(value=k) for k in range(found.sizes["value"])):
            value, error = float(one[f"{name}, all"]), float(one[f"{name}, all_error"])
            known = float(one[f"speed, {name}_theory"])
            far, off = abs(value - 1) / error, abs(value - known) / error
            apart, word = "told" if far > law.K else "NOT told", "off" if off > law.K else "NOT told from"
            said.append(
                f"training in {name}, σ = {float(one['value']):.2g}, all {int(one.step[-1])} steps: {value:.3f} ±"
                f" {error:.2g} of float32's fall, {apart} from it; {word} the first step's law {known:.3f} ({off:.1f}"
                " standard errors)."
            )
    return said


def marks(std: float) -> list[int]:
    """Numbers of steps of records."""
    whole = DISTANCE * math.sqrt(2 * math.pi) / std
    return [round(k * whole / RECORDS) for k in range(RECORDS + 1)]


def _falls(key: jax.Array, start: Start, std: float, runs: int) -> np.ndarray:
    """By how much the loss of every run has fallen, (run, record)."""
    steps = marks(std)
    found = corr.run(
        corr.mutation(start.loss, mutation_std=std), start.at, steps=steps[-1], record_at=steps, trajectories=runs,
        key=key, keep=1, block_size=min(4, runs), progress=False,
    ).loss.values.astype(float)  # fmt: skip
    return found[:, :1] - found


def _turned(start: Start) -> float:
    """Share by which |∇U| changes along descent of this distance."""
    way = corr.noise_free(start.loss, start.at, learning_rate=1e-4, times=[0.0, DISTANCE], normalized=True)
    before, after = (float(jnp.linalg.norm(jax.grad(start.loss)(jnp.asarray(row)))) for row in way.path.values[0])
    return abs(after / before - 1)
