"""Weights of 8 or 11 bits: mutations lost to rounding, what is left of the drift, decisions, and training."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from scipy.special import ndtr

from theory import rounding as theory

from ..declaring.number import Number, sample
from ..declaring.study import Parts, Study
from . import law, narrow_flips, narrow_walks, one_step

TYPES = {"bfloat16": jnp.bfloat16, "float16": jnp.float16}
QUANTILES = 401  # at which values are looked for: 0.04 σ apart, which adds 1e-4 of σ² where numbers lie closer
FARTHEST = 8.0  # in σ
AT_ONCE = 256
OTHER = "weights without rounding"
PARAMETER = "σ / median spacing"


class Sizes(NamedTuple):
    """Types of weights; draws of a step and σ over the median spacing; decisions and σ over it; runs, if any."""

    types: tuple[str, ...]
    draws: int
    ratios: tuple[float, ...]
    decisions: int
    flip_ratios: tuple[float, ...]
    runs: int


class Place(NamedTuple):
    """Figure 1's network half way in weights of this type: loss in float32, weights, gradient, spacings of numbers."""

    loss: one_step.Loss
    at: jax.Array
    gradient: np.ndarray
    spacing: np.ndarray

    def median(self) -> float:
        """The spacing that σ is told in."""
        return float(np.median(self.spacing))


def place(kind: Any) -> Place:
    """The place of this type."""
    loss, points = one_step.network()
    at = points["t = 1"].astype(kind)
    wide = lambda x: loss(x.astype(jnp.float32))  # noqa: E731
    gradient = np.asarray(jax.grad(loss)(at.astype(jnp.float32)), float)
    return Place(wide, at, gradient, np.spacing(np.abs(np.asarray(at))).astype(float))


def steps(value: Any, std: float) -> tuple[np.ndarray, np.ndarray]:
    """Displacements of one weight, a NumPy number of its type, and their chances, draws rounded before they are added.

    Among numbers that lie closer than the quantiles only some are found: they stand for their neighbours.
    """
    kind, here = value.dtype, float(value)
    found = np.unique((here + std * np.linspace(-FARTHEST, FARTHEST, QUANTILES)).astype(kind).astype(float))
    middle = ((found[1:] + found[:-1]) / 2 - here).astype(kind)
    lower = (here + middle.astype(float)).astype(kind).astype(float) <= found[:-1]
    toward = np.where(lower, np.inf, -np.inf).astype(kind)
    edges = (middle.astype(float) + np.nextafter(middle, toward).astype(float)) / 2
    return found - here, np.diff(ndtr(edges / std), prepend=0.0, append=1.0)


class Known(NamedTuple):
    """What theory says of a step: share lost, drift against ĝ in σ, acceptance."""

    lost: float
    drift: float
    acceptance: float


def known(here: Place, std: float) -> Known:
    """Of a linear loss of this gradient."""
    moves, chances = zip(*(steps(one, std) for one in np.asarray(here.at)), strict=True)
    stay = np.array([chance[move == 0].sum() for move, chance in zip(moves, chances, strict=True)])
    changes = [slope * move for slope, move in zip(here.gradient, moves, strict=True)]
    mean = sum(float(change @ chance) for change, chance in zip(changes, chances, strict=True))
    size, sign = theory.folded(changes, chances)
    fall = (size - mean) / (2 * std * float(np.linalg.norm(here.gradient)))
    return Known(float(stay.mean()), fall, (1 - sign + float(stay.prod())) / 2)


def laws(key: jax.Array, name: str, draws: int, ratios: Sequence[float]) -> xarray.Dataset:
    """Share of coordinates left unmoved, drift against ĝ in σ and acceptance at β = ∞, against σ.

    Model error: second over first order of the change of the loss, at the largest σ.
    """
    here = place(TYPES[name])
    look = _looking(here)
    rows: list[list[tuple[float, ...]]] = [[], [], []]
    others = (0.0, 1 / math.sqrt(2 * math.pi), 0.5)
    for n, ratio in enumerate(ratios):
        std = ratio * here.median()
        measured = look(jax.random.split(jax.random.fold_in(key, n), draws), jnp.float32(std))
        for row, one, expected, other in zip(rows, measured, known(here, std), others, strict=True):
            row.append((*sample(np.asarray(one))[:2], expected, other))
    titles = ("share lost", "drift in σ", "acceptance")
    named = {title: law.Row(*np.array(row).T) for title, row in zip(titles, rows, strict=True)}
    model = max(ratios) * here.median() * one_step.curvature(here.loss, here.at.astype(jnp.float32))
    return law.against(PARAMETER, ratios, named, model=model, other=OTHER)


def _looking(here: Place) -> Callable[[jax.Array, jax.Array], tuple[jax.Array, ...]]:
    """By draws: share of coordinates that stay, step against ĝ in σ, whether it is taken."""
    unit = jnp.asarray(here.gradient / np.linalg.norm(here.gradient), jnp.float32)

    def look(keys: jax.Array, std: jax.Array) -> tuple[jax.Array, ...]:
        walk = narrow_flips.mutations(here.loss, std)
        state = walk.init(here.at)

        def one(key: jax.Array) -> tuple[jax.Array, ...]:
            _, info = walk.step(key, state)
            along = info.displacement.astype(jnp.float32) @ unit
            return jnp.mean(info.displacement == 0), jnp.where(info.accepted, -along / std, 0), info.accepted

        return jax.lax.map(one, keys, batch_size=AT_ONCE)

    return jax.jit(look)


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Laws of a step and flips of every type, and training in all of them."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        name: partial(laws, name=name, draws=sizes.draws, ratios=sizes.ratios) for name in sizes.types
    }
    made |= {f"flips, {name}": partial(flips, name=name, sizes=sizes) for name in sizes.types}
    if sizes.runs:
        made["training"] = partial(training, runs=sizes.runs)
    return made


def flips(key: jax.Array, name: str, sizes: Sizes) -> xarray.Dataset:
    """Decisions of this type of weights that differ from float64's."""
    here = place(TYPES[name])
    return narrow_flips.flips(key, here.loss, here.at, here.median(), sizes.flip_ratios, sizes.decisions)


def training(key: jax.Array, runs: int, ratios: Sequence[float] = narrow_walks.TRAINED) -> xarray.Dataset:
    """Speed of training over that of float32 weights, against σ, beside the law of its first step."""
    places = {name: place(kind) for name, kind in {"float32": jnp.float32, **TYPES}.items()}
    stds = [ratio * places["bfloat16"].median() for ratio in ratios]
    starts = {
        name: narrow_walks.Start(here.loss, here.at, [known(here, std).drift * math.sqrt(2 * math.pi) for std in stds])
        for name, here in places.items()
    }
    return narrow_walks.training(key, starts, stds, runs)


def judge(found: Parts) -> list[str]:
    """Steps and training beside their laws, what the exact change saves, and the speed on the way."""
    said = law.judge(law.among(found))
    for name, data in found.items():
        if "flips" in data:
            said += narrow_flips.judge(name, data)
        if "fall" in data:
            said += narrow_walks.judge(data)
    return said


def numbers(found: Parts) -> dict[str, Number]:
    """Those of the laws."""
    return law.numbers(law.among(found))


study = Study(
    name="narrow",
    title="bfloat16 and float16 weights: mutations lost to rounding, what is left of the drift, decisions, training",
    presets={
        "smoke": Sizes(("bfloat16",), 4000, (0.1, 1.0), 256, (0.3,), 0),
        "quick": Sizes(tuple(TYPES), 10_000, (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), 4096, (0.03, 0.3, 3.0), 16),
        "paper": Sizes(
            tuple(TYPES), 1_000_000, (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), 102_400, (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), 256
        ),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.4, "quick": 2.5, "paper": 60.0},
    numbers=numbers,
)
