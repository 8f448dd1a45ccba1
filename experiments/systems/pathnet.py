"""PathNet: whether a frozen path speeds up a second task, and at which temperature its tournament runs."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray

from corr.wiring import Window

from ..declaring.number import Number, sample
from ..declaring.study import Parts, Study
from . import law, pathnet_runs, pathnet_tournament
from .pathnet_runs import AFTER, ALWAYS, FIRST, FIXED, RANDOM, SCRATCH, TUNED, Setting

TASKS, WEIGHTS, WINS, POPULATION = "second task", "weights", "tournament", "population"
DRAWS, LEVEL = 4000, 0.95  # of repeats with repetition, for the intervals of ratios


class Sizes(NamedTuple):
    """Setting and repeats of the transfer and of the comparison of weights; tournaments; populations' tournaments."""

    transfer: Setting
    repeats: int
    weights: Setting
    weight_repeats: int
    tournaments: int
    populations: tuple[int, ...]
    steps: int
    chains: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Generations with and without a task before, those of mutation and its descent, wins, and populations."""
    return {
        TASKS: partial(pathnet_runs.transfer, setting=sizes.transfer, repeats=sizes.repeats),
        WEIGHTS: partial(pathnet_runs.weights, setting=sizes.weights, repeats=sizes.weight_repeats),
        WINS: partial(pathnet_tournament.wins, setting=sizes.transfer, tournaments=sizes.tournaments),
        POPULATION: partial(pathnet_tournament.populations, sizes=sizes.populations, steps=sizes.steps,
                            chains=sizes.chains),
    }  # fmt: skip


def ratio(data: xarray.Dataset, slow: str, fast: str) -> tuple[float, float, float]:
    """Mean generations of one way over another's, with a bootstrap interval over repeats, which the two share."""
    one, other = (data.generations.sel(way=way).values.astype(float) for way in (slow, fast))
    drawn = np.random.default_rng(0).integers(0, len(one), (DRAWS, len(one)))
    low, high = np.quantile(one[drawn].mean(axis=1) / other[drawn].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(one.mean() / other.mean()), float(low), float(high)


def judge(found: Parts) -> list[str]:
    """How long every way takes, who is faster than whom, and the laws of the tournament."""
    tasks, weights = found[TASKS], found[WEIGHTS]
    return [
        *(_took(tasks, way) for way in (FIRST, *AFTER)),
        *(_faster(tasks, way, SCRATCH) for way in AFTER if way != SCRATCH),
        f"What one path has learned: {_faster(tasks, TUNED, FIXED)}",
        f"What was learned, beside a path that is always on: {_faster(tasks, ALWAYS, RANDOM)}",
        f"The paths of the two tasks share {sample(tasks.shared.values).value:.2f} ±"
        f" {sample(tasks.shared.values).error:.1g} modules.",
        *(f"Weights on all images by {_took(weights, way)}" for way in weights.way.values),
        *law.judge(law.among(found)),
    ]


def _took(data: xarray.Dataset, way: str) -> str:
    one = data.sel(way=way)
    mean = sample(one.generations.values)
    return (
        f"{way}: {mean.value:.1f} ± {mean.error:.1g} generations ({int(one.reached.sum())} of {one.sizes['repeat']}"
        f" repeats reach the threshold; the others count as {data.attrs['allowed']})."
    )


def _faster(data: xarray.Dataset, way: str, other: str) -> str:
    value, low, high = ratio(data, other, way)
    word = "FASTER" if low > 1 else "SLOWER" if high < 1 else "NOT told apart"
    return f"{way} beside {other}: {word}, {value:.2f} times as fast ({100 * LEVEL:g} %: {low:.2f} to {high:.2f})."


def numbers(found: Parts) -> dict[str, Number]:
    """Mean generations of every way, and of mutation and its descent, and the laws."""
    made = {f"{way}: generations": sample(found[TASKS].generations.sel(way=way).values) for way in (FIRST, *AFTER)}
    for way in found[WEIGHTS].way.values:
        made[f"weights by {way}: generations"] = sample(found[WEIGHTS].generations.sel(way=way).values)
    wins = found[WINS]  # at differences of their own, so that only their mean can be expected
    name, count = pathnet_tournament.WINS, wins.sizes["value"]
    off = (wins[name] - wins[f"{name}_theory"]).values.mean()
    made[f"{name}, less foreseen"] = Number(off, float(np.sqrt((wins[f"{name}_error"].values ** 2).sum())) / count)
    return made | law.numbers({POPULATION: found[POPULATION]})


QUICK = Setting("MNIST-5k", 2, 400, 20, 20, Window(generations=200))
SMALL = Setting("digits", 1, 170, 10, 20, Window(batches=50, points=340, threshold=0.9, generations=120))
study = Study(
    name="pathnet",
    title="PathNet: what a frozen path gives a second task, and the temperature of its tournament",
    presets={
        "smoke": Sizes(
            Setting("digits", 2, 100, 4, 6, Window(5, 8, 0.7, 60)), 3,
            Setting("digits", 2, 100, 4, 6, Window(5, 8, 0.7, 60)), 3, 500, (2, 6), 400, 100,
        ),
        "quick": Sizes(QUICK, 20, SMALL, 20, 4000, (2, 6, 20), 40_000, 400),
        "paper": Sizes(
            QUICK._replace(pool=1, population=64, window=Window(generations=500)), 100,
            SMALL._replace(window=SMALL.window._replace(generations=500)), 100, 40_000, (2, 6, 20, 64), 400_000, 400,
        ),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.8, "quick": 6.0, "paper": 300.0},
    numbers=numbers,
)  # fmt: skip
