"""Losses on something drawn, a batch or a mask: drawn once for both losses of a decision, or once for each."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr import data, losses, networks

from ..declaring.number import Number, sample
from ..problems.sines import SHALLOW_UNITS
from . import law, one_step

ROWS, BATCHES, SPREAD = 2000, (10, 50, 250), 0.1
DROPPED, MASK_STD, POINTS = (1e-3, 1e-2, 1e-1), 1e-3, 100
PAIRS = 40_000  # for the law
AT_ONCE = 500
OTHER = "the other number of draws"


class Drawn(NamedTuple):
    """A loss ``(x, drawn) -> scalar``, ``key -> drawn``, the loss on all of it, and the place looked at."""

    on: Callable[[jax.Array, Any], jax.Array]
    draw: Callable[[jax.Array], Any]
    whole: Callable[[jax.Array], jax.Array]
    at: jax.Array


def batches(key: jax.Array, draws: int) -> xarray.Dataset:
    """Drift over σ where every data point has a slope and an offset of its own."""
    one, other = jax.random.split(jax.random.key(0))  # one data set whatever the seed: the law is that of it
    slopes = one_step.SLOPES[None] + jax.random.normal(one, (ROWS, len(one_step.SLOPES)))
    offsets = SPREAD * jax.random.normal(other, (ROWS,))
    on = lambda x, rows: jnp.mean(slopes[rows] @ x + offsets[rows])  # noqa: E731
    whole = lambda x: on(x, jnp.arange(ROWS))  # noqa: E731
    cases = [
        Drawn(on, lambda key, size=size: jax.random.randint(key, (size,), 0, ROWS), whole, jnp.zeros(slopes.shape[1]))
        for size in BATCHES
    ]
    names = ("drift in σ, two batches", "drift in σ, one batch")
    return _beside(key, cases, names, SPREAD / 20, draws, "points in a batch", BATCHES)


def mask(key: jax.Array, share: float) -> jax.Array:
    """Factors of the hidden units, 0 for the share that is dropped; their mean is 1."""
    return jax.random.bernoulli(key, 1 - share, (SHALLOW_UNITS,)).astype(jnp.float32) / (1 - share)


def masks(key: jax.Array, draws: int) -> xarray.Dataset:
    """Drift over σ on Figure 1's network, half way, at fewer points, where hidden units are dropped."""
    at = one_step.network()[1]["t = 1"]
    net = networks.functional(networks.Shallow(SHALLOW_UNITS))
    whole = losses.mean_squared_error(net.apply, *data.sine(POINTS))
    _, unravel = ravel_pytree(net.init(key))

    def on(x: jax.Array, mask: jax.Array) -> jax.Array:
        params = unravel(x)
        return whole({**params, "a": params["a"] * mask})

    cases = [Drawn(on, partial(mask, share=share), lambda x: whole(unravel(x)), at) for share in DROPPED]
    names = ("drift in σ, two masks", "drift in σ, one mask")
    return _beside(key, cases, names, MASK_STD, draws, "share of units dropped", DROPPED)


def _beside(
    key: jax.Array, cases: Sequence[Drawn], names: tuple[str, str], std: float, draws: int, parameter: str,
    values: Sequence[float],
) -> xarray.Dataset:  # fmt: skip
    """Both ways against the size of what is drawn, each beside its law and refused as the other one."""
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in names}
    for n, case in enumerate(cases):
        first, second = jax.random.split(jax.random.fold_in(key, n))
        known, unit = _laws(first, case, std)
        walks = (
            corr.two_batches(case.on, batch=case.draw, loss=case.whole, mutation_std=std),
            corr.minibatch(
                lambda drawn, case=case: corr.mutation(lambda x: case.on(x, drawn), mutation_std=std), batch=case.draw,
                loss=case.whole,
            ),
        )  # fmt: skip
        for walk, name, mine, other in zip(walks, names, known, known[::-1], strict=True):
            moves = corr.atlas.displacements(walk, {"here": case.at}, draws=draws, key=second, progress=False)["here"]
            along = sample(-moves.samples @ unit / std)
            rows[name].append((along.value, math.hypot(along.error, mine.error), mine.value, other.value))
    named = {name: law.Row(*np.array(row).T) for name, row in rows.items()}
    return law.against(parameter, values, named, other=OTHER)


def _laws(key: jax.Array, case: Drawn, std: float) -> tuple[tuple[Number, Number], np.ndarray]:
    """Means over pairs of draws: given both, -σ ĝ' φ(c/σ|g'|) with c what they differ by, and for one c = 0.

    Beside them the direction that is looked along, against the mean of ĝ'.
    """
    keys = jax.random.split(key, (PAIRS, 2))
    both = lambda pair: (  # noqa: E731
        jax.value_and_grad(case.on)(case.at, case.draw(pair[0])), case.on(case.at, case.draw(pair[1])),
    )  # fmt: skip
    (here, slope), there = jax.jit(lambda keys: jax.lax.map(both, keys, batch_size=AT_ONCE))(keys)
    gradient, off = np.asarray(slope, float), np.asarray(here, float) - np.asarray(there, float)
    size = np.linalg.norm(gradient, axis=1)
    turned = gradient / size[:, None]
    unit = turned.mean(axis=0) / np.linalg.norm(turned.mean(axis=0))
    along = turned @ unit / math.sqrt(2 * math.pi)
    return (sample(along * np.exp(-((off / (std * size)) ** 2) / 2)), sample(along)), unit
