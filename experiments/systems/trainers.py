"""What mutation is worth as a trainer: accuracy on real data against evaluations of the loss and against seconds."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray

from ..declaring.number import Number, sample
from ..declaring.study import Parts, Study
from . import trained
from .contestants import ADAM, ADAPTIVE, AS_PUBLISHED, CONTROL, DEEP, EVERY, IMAGES, MUTATION, PUBLISHED, TRAINERS
from .generalization import LEVEL, interval
from .trained import SOURCES, Budget, at_best

POINT = 0.01
EARLY = 20  # part of its evaluations after which mutation must be told from Adam
BASELINES = "baselines"


class Sizes(NamedTuple):
    """Data sets, trainers of those above, evaluations of a run and of a trial, numbers tried, splits, seeds, looks.

    And the evaluations of adaptive Monte Carlo as published, if any.
    """

    sources: tuple[str, ...]
    trainers: int
    evaluations: int
    trial: int
    trials: int
    splits: int
    seeds: int
    looks: int = 20
    published: int = 0


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Every trainer on every data set, and what linear and scikit-learn's models reach on the same splits."""
    names, count, *numbers, published = sizes
    budget = Budget(*numbers)
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {}
    for data in names:
        source = SOURCES[data]
        for name, trainer in list(TRAINERS.items())[:count]:
            made[f"{data}, {name}"] = partial(trained.part, name=name, trainer=trainer, source=source, budget=budget)
        made[f"{data}, {BASELINES}"] = partial(trained.baselines, source=source, splits=sizes.splits)
    if published:
        made[f"{IMAGES}, {AS_PUBLISHED}"] = partial(
            trained.part,
            name=AS_PUBLISHED,
            trainer=PUBLISHED,
            source=DEEP,
            budget=budget._replace(evaluations=published),
        )
    return made


def spread(values: np.ndarray) -> Number:
    """Mean over splits of the means over seeds, (split, seed); seeds of one split share its images."""
    return sample(values.mean(axis=1))


def less(one: xarray.Dataset, other: xarray.Dataset, what: str = "test_accuracy") -> Number:
    """Difference at the looks of least validation loss, paired by split."""
    return spread(at_best(one, what).mean(axis=1, keepdims=True) - at_best(other, what).mean(axis=1, keepdims=True))


def judge(found: Parts) -> list[str]:
    """What every trainer reaches; mutation beside Adam; what memory and an early end change."""
    said = []
    for data in dict.fromkeys(name.split(", ")[0] for name in found):
        mine = {name: found[f"{data}, {name}"] for name in (*EVERY, BASELINES) if f"{data}, {name}" in found}
        said += [_reached(data, name, mine[name]) for name in EVERY if name in mine]
        said += [_baseline(data, mine[BASELINES], model) for model in mine[BASELINES].model.values]
        said += [_beside(data, mine), _early(data, mine)]
        if CONTROL in mine:
            said.append(_memory(data, mine))
    return said


def _reached(data: str, name: str, one: xarray.Dataset) -> str:
    spent = float(at_best(one.assign(spent=one.evaluations + 0 * one.training_loss), "spent").mean())
    tried = ", ".join(f"{value:g}" for value in sorted(one.tried.values))
    edge = one.sizes["trial"] > 1 and one.attrs["number"] in (one.tried.values.min(), one.tried.values.max())
    return (
        f"{data}: {name} has test accuracy {_told(spread(at_best(one, 'test_accuracy')))} and training loss"
        f" {_told(spread(at_best(one, 'training_loss')))} at its look of least validation loss, on average after"
        f" {spent:.3g} evaluations of the loss, {spent * one.attrs['each']:.2g} s ({one.attrs['called']}"
        f" {one.attrs['number']:g} of {tried}{': at the EDGE of what was tried' if edge else ''})."
    )


def _baseline(data: str, one: xarray.Dataset, model: str) -> str:
    return f"{data}: {model} has test accuracy {_told(sample(one.accuracy.sel(model=model).values))}."


def _beside(data: str, mine: Parts) -> str:
    gap = less(mine[MUTATION], mine[ADAM])
    low, high = interval(gap)
    word = "within" if abs(gap.value) < POINT else "NOT within"
    apart = low > POINT or high < -POINT
    shown = "all of it" if max(abs(low), abs(high)) < POINT else "none of it" if apart else "part of it"
    return (
        f"{data}: mutation is {word} {100 * POINT:g} point of {ADAM} on the mean of {gap.count} splits:"
        f" {gap.value:+.4f} ({100 * LEVEL:g} %: {low:+.4f} to {high:+.4f}, {shown} within)."
    )


def _early(data: str, mine: Parts) -> str:
    first = mine[MUTATION].isel(evaluations=slice(None, max(mine[MUTATION].sizes["evaluations"] // EARLY, 1) + 1))
    gap = less(first, mine[ADAM])
    word = "is told from" if interval(gap)[1] < -POINT else "is NOT told from"
    return (
        f"{data}: mutation that ends after {float(first.evaluations[-1]):.3g} evaluations {word} one that is within"
        f" {100 * POINT:g} point of {ADAM}: {gap.value:+.4f} ± {gap.error:.1g}."
    )


def _memory(data: str, mine: Parts) -> str:
    fit, test = (less(mine[ADAPTIVE], mine[CONTROL], what) for what in ("training_loss", "test_accuracy"))
    return (
        f"{data}: memory gives adaptive Monte Carlo {_word(fit)} training loss ({fit.value:+.3g} ± {fit.error:.1g})"
        f" and {_word(test)} test accuracy ({test.value:+.4f} ± {test.error:.1g}); its walk across predicts a lower"
        " loss and a lower accuracy."
    )


def _word(number: Number) -> str:
    low, high = interval(number)
    return "a LOWER" if high < 0 else "a HIGHER" if low > 0 else "NO other"


def _told(number: Number) -> str:
    return f"{number.value:.4f} ± {number.error:.1g}" if math.isfinite(number.error) else f"{number.value:.4f}"


def numbers(found: Parts) -> dict[str, Number]:
    """Test accuracies, and those of every trainer less Adam's on the same splits."""
    made: dict[str, Number] = {}
    for name, one in found.items():
        data, trainer = name.split(", ", 1)
        if trainer == BASELINES:
            made |= {f"{data}, {model}: test accuracy": sample(one.accuracy.sel(model=model).values)
                     for model in one.model.values}  # fmt: skip
            continue
        made[f"{name}: test accuracy"] = spread(at_best(one, "test_accuracy"))
        if trainer != ADAM:
            made[f"{name} less {ADAM}: test accuracy"] = less(one, found[f"{data}, {ADAM}"])
    return made


study = Study(
    name="trainers",
    title="mutation as a trainer: accuracy on real data against evaluations of the loss and seconds",
    presets={
        "smoke": Sizes(("digits",), 2, 200, 100, 1, 2, 2, 4),
        "quick": Sizes(("digits",), 7, 20_000, 5000, 4, 5, 5),
        "night": Sizes(("MNIST-5k",), 2, 100_000, 25_000, 4, 5, 1),
        "paper": Sizes(("digits", "MNIST-5k", "MNIST-5k pixels"), 7, 400_000, 100_000, 4, 5, 5, published=1_000_000),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.7, "quick": 12.0, "night": 30.0, "paper": 4000.0},
    numbers=numbers,
)
