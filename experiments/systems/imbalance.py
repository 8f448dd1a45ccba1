"""Class weights, resampling and SMOTE are one dynamics at finite β and not at β = ∞: digit 8 against the rest."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray

from corr import data
from theory import imbalance as theory

from ..declaring.number import Number, sample
from ..declaring.study import Parts, Study
from ..problems import digits
from . import balance, batch_steps, imbalanced, law, rebalanced

BATCHES, WARM_BATCHES = (4, 16, 64, 256), (16, 64)
WARM_DRAWS = 3  # times as many: a warm step drifts less
COUNTS = (1, 5, 20, 100)  # SMOTE's neighbours
COLD, WARM, COVARIANCE = "zero temperature", "finite temperature", "SMOTE covariance"
OVER = ("trace over tr Σ", "over Σ less a sixth of ⟨δδᵀ⟩")
WIDE = "1, what it is over"


class Sizes(NamedTuple):
    """Steps and batches drawn at a place, schemes and batch sizes looked at, the latter from the largest, calls of
    SMOTE, runs and steps of training, if it is looked at and with it finite β."""

    draws: int
    drawn: int
    schemes: int
    batches: int
    calls: int
    runs: int
    steps: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Steps at both temperatures, SMOTE's points, training."""
    names, batches = batch_steps.SCHEMES[: sizes.schemes], BATCHES[-sizes.batches :]
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        COLD: partial(batch_steps.cold, names=names, batches=batches, draws=sizes.draws, drawn=sizes.drawn),
        COVARIANCE: partial(covariance, calls=sizes.calls),
    }
    if sizes.runs:
        draws = WARM_DRAWS * sizes.draws
        made[WARM] = partial(batch_steps.warm, batches=WARM_BATCHES, draws=draws, drawn=sizes.drawn)
        made[rebalanced.TRAINING] = partial(rebalanced.part, runs=sizes.runs, steps=sizes.steps)
    return made


def covariance(key: jax.Array, calls: int) -> xarray.Dataset:
    """Trace of the covariance of new eights of imbalanced-learn's SMOTE against the number of neighbours."""
    learn = digits.eights(0)[0]
    rare, old = np.asarray(learn.points, float)[:, np.asarray(learn.targets) == 1], len(learn.targets)
    seeds = np.asarray(jax.random.randint(key, (len(COUNTS), calls), 0, 2**31 - 1))
    rows = []
    for count, of_count in zip(COUNTS, seeds, strict=True):
        found = [np.asarray(data.smote(learn, int(seed), neighbours=count).points, float)[:, old:].T
                    for seed in of_count]  # fmt: skip
        near = rare.T[imbalanced.nearest(rare, count)]
        known, own = np.trace(theory.between_neighbours(rare.T, near)), float(rare.var(axis=1).sum())
        simple = own - np.mean(np.sum((near - rare.T[:, None]) ** 2, axis=-1)) / 6
        new = np.concatenate(found)
        square = sample(np.sum((new - new.mean(axis=0)) ** 2, axis=1))
        rows.append([(square.value / one, square.error / one, known / one, 1.0) for one in (own, simple)])
    named = {name: law.Row(*np.array(rows)[:, k].T) for k, name in enumerate(OVER)}
    return law.against("neighbours", COUNTS, named, other=WIDE)


def judge(found: Parts) -> list[str]:
    """Steps and points beside their laws, closed forms, and what training says."""
    said = law.judge(law.among(found)) + balance.forms(found[COLD])
    return said + [line for one in _trained(found) for line in balance.training(one)]


def numbers(found: Parts) -> dict[str, Number]:
    """Those of the laws and of training."""
    made = law.numbers(law.among(found))
    for one in _trained(found):
        made |= balance.numbers(one)
    return made


def _trained(found: Parts) -> list[xarray.Dataset]:
    return [one for name, one in found.items() if name == rebalanced.TRAINING]


study = Study(
    name="imbalance",
    title="class weights, resampling and SMOTE: one dynamics at finite β, others at β = ∞",
    presets={
        "smoke": Sizes(10_240, 2000, 2, 1, 2, 0, 0),
        "quick": Sizes(25_600, 10_000, 3, 3, 5, 10, 6000),
        "paper": Sizes(1_024_000, 200_000, 3, 4, 50, 50, 20_000),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.5, "quick": 4.0, "paper": 60.0},
    numbers=numbers,
)
