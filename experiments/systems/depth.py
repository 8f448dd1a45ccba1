"""Vanishing gradients: where curvature stops mutation of a deep network, and whether it trains where descent stalls."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray

from ..declaring.number import Number, sample
from ..declaring.study import Parts, Study
from ..problems.digits import CLASSES
from . import depth_steps, depth_training, law
from .depth_training import DESCENT, MUTATION, SCHEMES

TRAINING = "training"
EVERY = tuple(SCHEMES)
# Of the mean loss at the end, fixed before quick was run: log 10 is that of predicting the shares of the classes.
STALLS, TRAINS = 0.95 * math.log(CLASSES), 0.5 * math.log(CLASSES)


class Sizes(NamedTuple):
    """Small starts looked at, draws of a step and layers there; of training, schemes, layers, evaluations, seeds."""

    starts: int
    draws: int
    looked: tuple[int, ...]
    schemes: tuple[str, ...]
    layers: tuple[int, ...]
    evaluations: int
    seeds: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Gradient and curvature at starts, single steps there, and training."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        "starts": partial(depth_steps.starts, layers=sizes.layers, count=sizes.starts),
    }
    if sizes.draws:
        made["steps"] = partial(depth_steps.steps, layers=sizes.looked, draws=sizes.draws)
    made[TRAINING] = partial(
        depth_training.train, layers=sizes.layers, evaluations=sizes.evaluations, seeds=sizes.seeds, names=sizes.schemes
    )
    return made


def state(losses: np.ndarray) -> str:
    """What a mean loss at the end is called; what is not a number is the mean of runs that were lost."""
    mean = float(np.mean(losses))
    return "trains" if mean < TRAINS else "is slow" if mean <= STALLS else "STALLS"


def states(data: xarray.Dataset, scheme: str) -> dict[int, str]:
    """By the number of hidden layers."""
    found = data.loss.sel(scheme=scheme)
    return {int(one): state(found.sel(layers=one).values) for one in data.layers.values}


def judge(found: Parts) -> list[str]:
    """Laws; who trains to what depth; whether mutation trains where descent stalls, and what c says of that."""
    said = law.judge(law.among(found))
    if TRAINING not in found:
        return said
    data = found[TRAINING]
    said += [_depths(data, str(scheme)) for scheme in data.scheme.values]
    return [*said, _where_descent_stalls(data), _by_curvature(data)]


def _depths(data: xarray.Dataset, scheme: str) -> str:
    one, told = data.sel(scheme=scheme), []
    for layers, word in states(data, scheme).items():
        loss = sample(one.loss.sel(layers=layers).values)
        told.append(f"{word} at {layers} layers ({loss.value:.3g} ± {loss.error:.1g})")
    size = f"{float(one['size']):g}"
    return f"{TRAINING}: {scheme}, size {size}, {', '.join(told)} after {data.attrs['evaluations']} evaluations."


def _where_descent_stalls(data: xarray.Dataset) -> str:
    mine, theirs = states(data, MUTATION), states(data, DESCENT)
    stalled = [one for one, word in theirs.items() if word == "STALLS"]
    if not stalled:
        return f"{TRAINING}: {DESCENT} from the small start stalls at NONE of these depths: nothing to tell."
    trained = [one for one in stalled if mine[one] == "trains"]
    word = "trains" if trained else "does NOT train"
    where = f"at {_listed(trained or stalled)} layers"
    return f"{TRAINING}: from the small start {MUTATION} {word} where {DESCENT} stalls, {where}."


def _by_curvature(data: xarray.Dataset) -> str:
    """Whether mutation trains where c < 1 at its start, and does not where c > 1."""
    words, c = states(data, MUTATION), dict(zip(data.layers.values.tolist(), data.c.values.tolist(), strict=True))
    wrong = [one for one, word in words.items() if (word == "trains") != (c[one] < 1)]
    taken = data.taken.sel(scheme=MUTATION).mean("seed").values
    told = ", ".join(f"{one} layers: c = {c[one]:.2g}, {100 * share:.2g} % of steps taken, {words[one]}"
                     for one, share in zip(words, taken, strict=True))  # fmt: skip
    verdict = f"NOT told at {_listed(wrong)} layers" if wrong else "told"
    return f"{TRAINING}: where {MUTATION} trains is {verdict} by c at its start below 1 ({told})."


def _listed(layers: list[int]) -> str:
    return ", ".join(map(str, layers))


def numbers(found: Parts) -> dict[str, Number]:
    """Of laws, and losses at the end."""
    made = dict(law.numbers(law.among(found)))
    if TRAINING in found:
        data = found[TRAINING]
        for scheme in data.scheme.values:
            for layers in data.layers.values:
                losses = data.loss.sel(scheme=scheme, layers=layers).values
                made[f"{TRAINING}, {scheme}: loss at {layers} layers"] = sample(losses)
    return made


study = Study(
    name="depth",
    title="deep tanh networks: curvature against vanishing gradients, and who trains at equal loss evaluations",
    presets={
        "smoke": Sizes(50, 0, (), (MUTATION, DESCENT), (4, 16), 300, 2),
        "quick": Sizes(400, 8000, (4, 8, 12, 16, 18), EVERY, (4, 8, 16, 32), 6000, 4),
        "paper": Sizes(4000, 100_000, (4, 8, 12, 16, 18), EVERY, (4, 8, 16, 32), 100_000, 16),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.6, "quick": 4.0, "paper": 60.0},
    numbers=numbers,
)
