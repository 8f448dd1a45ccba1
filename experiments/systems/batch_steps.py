"""One step on batches of three schemes: slowed down by their noise at β = ∞, and not at finite β."""

import math
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from theory import imbalance as theory
from theory import level1

from ..declaring.number import Number, sample
from ..problems import digits
from . import imbalanced, law
from .flatness import positions
from .imbalanced import RESAMPLING, SMOTE, WEIGHTS, Fold

STD, TRAINED, RATE = 1e-3, 1.0, 1e-2  # σ; time and rate of normalized descent on the balanced loss to the place
WARM = 0.05  # βσ|g|
AT_ONCE = 500
SCHEMES = (WEIGHTS, RESAMPLING, SMOTE)  # the first two of one expected gradient
RATIO = f"{WEIGHTS} over {RESAMPLING}"
FAST, SLOW = "the gradient of all data, without batches' noise", "the slow-down at β = ∞"


class Here(NamedTuple):
    """A scheme at a place half way through training on the balanced loss: its expected gradient, in size and
    direction."""

    name: str
    fold: Fold
    at: jax.Array
    unit: jax.Array
    size: float


@cache
def place() -> tuple[Fold, jax.Array]:
    """One split and one start, whatever the seed: the laws are those of this place."""
    fold = imbalanced.fold(digits.eights(0)[0])
    start = ravel_pytree(imbalanced.NETWORK.init(jax.random.key(0)))[0]
    balanced = partial(imbalanced.loss, batch=imbalanced.whole(WEIGHTS, fold))
    down = corr.descent(balanced, learning_rate=RATE, normalized=True)
    path = jax.jit(partial(positions, down))(start, jax.random.split(jax.random.key(0), (1, round(TRAINED / RATE))))
    return fold, path[-1]


def here(name: str) -> Here:
    """A scheme at that place."""
    fold, at = place()
    gradient = jax.jit(jax.grad(imbalanced.loss))(at, imbalanced.whole(name, fold))
    size = jnp.linalg.norm(gradient)
    return Here(name, fold, at, gradient / size, float(size))


def drawn_along(key: jax.Array, here: Here, size: int, count: int, beta: float) -> Number:
    """Mean of f(βσ|g_B|) ĝ_B along the expected gradient, f of level 1, over batches: exact as σ goes to 0."""

    def one(key: jax.Array) -> jax.Array:
        gradient = jax.grad(imbalanced.loss)(here.at, imbalanced.DRAWS[here.name](key, here.fold, size))
        return -level1.drift(gradient, mutation_std=STD, beta=beta) @ here.unit / STD

    found = jax.jit(lambda keys: jax.lax.map(one, keys, batch_size=AT_ONCE))(jax.random.split(key, count))
    return sample(np.asarray(found, float))


def stepped(key: jax.Array, here: Here, size: int, count: int, beta: float) -> Number:
    """Drift of mutation on batches against the expected gradient, over σ."""
    walk = corr.minibatch(
        lambda batch: corr.mutation(
            partial(imbalanced.loss, batch=batch), mutation_std=STD, beta=beta, exact=False
        ),
        batch=lambda key: imbalanced.DRAWS[here.name](key, here.fold, size),
        loss=partial(imbalanced.loss, batch=imbalanced.whole(here.name, here.fold)),
    )  # fmt: skip
    moves = corr.atlas.displacements(walk, {"here": here.at}, draws=count, key=key, progress=False)["here"]
    return sample(-moves.samples @ np.asarray(here.unit) / STD)


def cold(key: jax.Array, names: Sequence[str], batches: Sequence[int], draws: int, drawn: int) -> xarray.Dataset:
    """Drift over σ at β = ∞ against the size of a batch, ratio of two schemes of one gradient, and closed forms."""
    rows = _rows(key, names, batches, draws, drawn, math.inf)
    named = {f"{name}: drift in σ": law.Row(*row[:3], other=np.full(len(batches), 1 / math.sqrt(2 * math.pi)))
             for name, row in rows.items()}  # fmt: skip
    named[RATIO] = law.Row(*_ratio(rows), other=np.ones(len(batches)))
    data = law.against("points in a batch", batches, named, other=FAST)
    columns = {what: (("scheme", "value"), math.sqrt(2 * math.pi) * np.array([row[k] for row in rows.values()]))
               for what, k in (("drawn", 2), ("standard_error", 3))}  # fmt: skip
    return data.assign_coords(scheme=list(rows)).assign(columns | _forms(list(rows), batches))


def _forms(names: Sequence[str], batches: Sequence[int]) -> dict[str, tuple[Any, np.ndarray]]:
    """Of normal batches and of many dimensions, with tr Σ/|g|² and the dimensions."""
    spread = [_moments(name) for name in names]
    wide = [float(np.trace(covariance)) for _, covariance in spread]
    normal = [[theory.normal_batches(*one, size) for size in batches] for one in spread]
    many = [[_many(name, size) for size in batches] for name in names]
    ratios = [trace / float(mean @ mean) for trace, (mean, _) in zip(wide, spread, strict=True)]
    dimensions = [trace**2 / float(np.sum(one**2)) for trace, (_, one) in zip(wide, spread, strict=True)]
    columns: dict[str, tuple[Any, np.ndarray]] = {"trace": ("scheme", np.array(ratios))}
    columns["dimensions"] = "scheme", np.array(dimensions)
    return columns | {"normal": (("scheme", "value"), np.array(normal)), "many": (("scheme", "value"), np.array(many))}


def warm(key: jax.Array, batches: Sequence[int], draws: int, drawn: int) -> xarray.Dataset:
    """The same at βσ|g| << 1, drift over (βσ²/2)|g|."""
    names = (WEIGHTS, RESAMPLING)
    slower = {name: np.array([_many(name, size) for size in batches]) for name in names}
    rows = _rows(key, names, batches, draws, drawn, WARM / (STD * here(WEIGHTS).size))
    rows = {name: row / (WARM / 2) for name, row in rows.items()}
    named = {f"{name} over βσ²|g|÷2": law.Row(*row[:3], other=slower[name]) for name, row in rows.items()}
    named[RATIO] = law.Row(*_ratio(rows), other=slower[WEIGHTS] / slower[RESAMPLING])
    return law.against("points in a batch", batches, named, other=SLOW)


def _rows(
    key: jax.Array, names: Sequence[str], batches: Sequence[int], draws: int, drawn: int, beta: float
) -> dict[str, np.ndarray]:
    """Value, error and law of every scheme, and the error of the law alone, (4, sizes)."""
    found = {}
    for number, name in enumerate(names):
        scheme, row = here(name), []
        for size in batches:
            one, other = jax.random.split(jax.random.fold_in(jax.random.fold_in(key, number), size))
            value, known = stepped(one, scheme, size, draws, beta), drawn_along(other, scheme, size, drawn, beta)
            row.append((value.value, math.hypot(value.error, known.error), known.value, known.error))
        found[name] = np.array(row).T
    return found


def _ratio(rows: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of class weights over resampling: value, error of independent ones, law."""
    (top, top_error, top_law, _), (low, low_error, low_law, _) = rows[WEIGHTS], rows[RESAMPLING]
    return top / low, top / low * np.hypot(top_error / top, low_error / low), top_law / low_law


@cache
def _moments(name: str) -> tuple[np.ndarray, np.ndarray]:
    return imbalanced.moments(*imbalanced.gradients(name, *place()))


def _many(name: str, size: int) -> float:
    mean, covariance = _moments(name)
    return theory.many_dimensions(float(mean @ mean), float(np.trace(covariance)), size)
