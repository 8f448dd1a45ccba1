"""Averaged paths of mutation with heavy tails beside power descent on its clock, and beside gradient descent at all."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr import inference, proposals
from theory.power import power_gradient

from ..problems.sines import shallow_sine
from . import one_step
from .paths import MARGIN
from .schemes import Loss

EXPONENT, FLOW_STEPS, RECORDS = 0.7, 4000, 10
BOWL = np.geomspace(0.3, 3.0, 20)
GROUPS, MEDIAN_OF = 16, 4  # groups of runs; a group's path is the median of those of its parts


class Sizes(NamedTuple):
    """σ of the law, end in units of its clock, and runs, a multiple of 64."""

    scale: float
    end: float
    runs: int


def bowl(x: jax.Array) -> jax.Array:
    """A quadratic loss of twenty parameters."""
    return jnp.sum(jnp.asarray(BOWL, x.dtype) * x**2) / 2


def in_bowl(key: jax.Array, sizes: Sizes) -> xarray.Dataset:
    """From where all parameters are 1."""
    return path(key, bowl, jnp.ones(len(BOWL)), sizes)


def on_network(key: jax.Array, sizes: Sizes) -> xarray.Dataset:
    """From t = 1 of Figure 1, off the plateau of its start."""
    problem = shallow_sine()
    _, unravel = ravel_pytree(problem.start())
    _, points = one_step.network()
    return path(key, problem.loss, unravel(points["t = 1"]), sizes)


def path(key: jax.Array, loss: Loss, start: Any, sizes: Sizes) -> xarray.Dataset:
    """Mean weights at β = ∞ by medians of blocks: off the power descent on its clock, and off all of gradient descent.

    Shares of the squared distance that power descent has travelled.
    """
    alpha = 1 + EXPONENT
    flat, unravel = ravel_pytree(start)
    each = sizes.scale * math.gamma(1 - 1 / alpha) / math.pi
    between = round(sizes.end / RECORDS / each)
    marks = [between * k for k in range(1, RECORDS + 1)]
    walk = corr.run(
        corr.mutation(loss, proposal=proposals.stable(sizes.scale, alpha)), start, steps=marks[-1], record_at=marks,
        time_step=each, trajectories=sizes.runs, key=key, label="heavy tails", progress=False,
    )  # fmt: skip
    paths = walk.path.values[:, 1:].astype(float)
    groups = np.median(paths.reshape(GROUPS, MEDIAN_OF, -1, *paths.shape[1:]).mean(axis=2), axis=1)
    slope = jax.grad(lambda x: loss(unravel(x)))
    power = _flow(lambda g: power_gradient(g, alpha - 1) / jnp.sum(jnp.abs(g) ** alpha) ** (1 - 1 / alpha), slope, flat,
                  marks[-1] * each)  # fmt: skip
    straight = _flow(lambda g: g / jnp.linalg.norm(g), slope, flat, 2 * float(_length(power)))
    at = power[np.linspace(0, FLOW_STEPS, RECORDS + 1).round().astype(int)[1:]]
    nearest = np.array([straight[np.argmin(((straight - one) ** 2).sum(axis=1))] for one in groups.mean(axis=0)])
    travelled = ((at - power[0]) ** 2).mean(axis=1)
    columns: dict[str, Any] = {}
    for name, other in (("power", at), ("gradient", nearest)):
        columns[f"to_{name}"] = inference.unbiased_delta(groups, other) / travelled
        columns[f"to_{name}_error"] = inference.delta_standard_error(groups, other) / travelled
    columns["equivalent_p"] = inference.mean_equivalence(groups, at, MARGIN * travelled, seed=0).p_value
    losses = walk.loss.values[:, 1:].astype(float)
    columns |= {"loss": losses.mean(axis=0), "loss_error": losses.std(axis=0, ddof=1) / math.sqrt(len(losses))}
    columns["power_loss"] = np.asarray(jax.jit(jax.vmap(lambda x: loss(unravel(x))))(jnp.asarray(at, flat.dtype)))
    data = {name: ("time", values) for name, values in columns.items()}
    return xarray.Dataset(data, {"time": walk.time.values[1:]}, {"runs": sizes.runs, "scale": sizes.scale})


def _flow(
    direction: Callable[[jax.Array], jax.Array], slope: Callable[[jax.Array], jax.Array], start: jax.Array, end: float
) -> np.ndarray:
    """Places of dx/dt = -direction(∇U), (FLOW_STEPS + 1, N)."""

    def step(x: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        new = x - end / FLOW_STEPS * direction(slope(x))
        return new, new

    places = jax.jit(lambda start: jax.lax.scan(step, start, None, length=FLOW_STEPS)[1])(start)
    return np.concatenate([np.asarray(start)[None], np.asarray(places)]).astype(float)


def _length(path: np.ndarray) -> np.ndarray:
    length: np.ndarray = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    return length
