"""Where sparse evolutionary training puts its links on MNIST, and what penalties, inputs and its rules change of it."""

import itertools
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray

from ..declaring.number import Number, sample
from ..declaring.study import Parts, Study
from . import sparse_runs as runs
from .generalization import LEVEL, interval
from .sparse_runs import CONTROL, DENSE, FIXED, SET, STEEPEST

SHRINKS = (0.0, 0.001, 0.01, 0.1)
ENOUGH = 0.01  # shrinkage an epoch from which on the conjecture expects more links in the centre
ALPHA = 1 - LEVEL
PUBLISHED = "4000 images; it was told of 155 to 1000 epochs of 60,000"
BESIDE = ("[0, 1]", 0.01)  # inputs and shrinkage at which the ways are compared


class Sizes(NamedTuple):
    """Hidden units, ε, epochs, seeds, each with a split of its own; shrinkages an epoch, inputs; ways beside SET."""

    widths: tuple[int, ...]
    epsilon: float
    epochs: int
    seeds: int
    shrinks: tuple[float, ...] = SHRINKS
    inputs: tuple[str, ...] = tuple(runs.INPUTS)
    ways: tuple[str, ...] = (FIXED, DENSE, STEEPEST, CONTROL)


def named(way: str, inputs: str, shrink: float) -> str:
    """A part's name."""
    return f"{way}, {inputs}, {100 * shrink:g} % an epoch"


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """SET at every shrinkage and inputs, and the other ways at one of them."""
    network = runs.Network(*sizes[:4])
    cells = [(SET, *one) for one in itertools.product(sizes.inputs, sizes.shrinks)]
    cells += [(way, *BESIDE) for way in sizes.ways]
    return {named(*one): partial(runs.cell, way=one[0], inputs=one[1], shrink=one[2], network=network) for one in cells}


def flipped(values: np.ndarray) -> float:
    """Two-sided p of a mean of zero: the share of all choices of signs whose mean is as far from it; 2/2ⁿ at least."""
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=len(values))))
    means, seen = np.abs(signs @ values), abs(values.sum())
    return float(np.mean(means >= seen * (1 - 1e-9)))


def last(one: xarray.Dataset, what: str) -> np.ndarray:
    """Of every seed at the last epoch."""
    return one[what].isel(epoch=-1).values.astype(float)


def sign(one: xarray.Dataset, what: str = "contrast") -> int:
    """1 where the centre has more links, -1 fewer, 0 where neither is told."""
    values = last(one, what)
    return int(np.sign(values.mean())) if flipped(values) <= ALPHA else 0


WORDS = {1: "positive: MORE links in the centre", -1: "negative: FEWER links in the centre", 0: "NOT told"}


def judge(found: Parts) -> list[str]:
    """The sign of every cell, the conjecture, the control, and accuracies beside each other."""
    mine = {(one.attrs["way"], one.attrs["inputs"], float(one.attrs["shrink"])): one for one in found.values()}
    cells = {key[1:]: one for key, one in mine.items() if key[0] == SET}
    said = [_cell(named(SET, *key), one) for key, one in cells.items()]
    said += [_conjecture(inputs, {key[1]: one for key, one in cells.items() if key[0] == inputs})
             for inputs in dict.fromkeys(key[0] for key in cells)]  # fmt: skip
    if (control := mine.get((CONTROL, *BESIDE))) is not None:
        told = "is NOT told, as it must be" if sign(control) == 0 else "IS TOLD, which it must not be"
        said.append(f"{named(CONTROL, *BESIDE)}: the sign of its survivors {told}: {_contrast(control, 'contrast')}.")
    if (base := mine.get((SET, *BESIDE))) is not None:
        said += [_beside(way, base, one) for (way, *_), one in mine.items() if way != SET]
    return said


def _contrast(one: xarray.Dataset, what: str) -> str:
    values = last(one, what)
    number, p = sample(values), flipped(values)
    low, high = interval(number)
    return f"{number.value:+.3f} ({100 * LEVEL:g} %: {low:+.3f} to {high:+.3f}; p = {p:.3g} of {len(values)} seeds)"


def _cell(name: str, one: xarray.Dataset) -> str:
    count = one.sizes["seed"]
    few = "" if 2 / 2**count <= ALPHA else f" ({count} seeds cannot: their least p is {2 / 2**count:.3g})"
    fit, test, right = (float(last(one, what).mean()) for what in ("training_loss", "test_loss", "accuracy"))
    return (
        f"{name}: the sign of survivors is {WORDS[sign(one)]}{few}: centre less margin over the mean"
        f" {_contrast(one, 'contrast')}; fresh links {_contrast(one, 'fresh_contrast')}; training loss {fit:.3f}, test"
        f" loss {test:.3f}, test accuracy {right:.4f}."
    )


def _conjecture(inputs: str, mine: Mapping[float, xarray.Dataset]) -> str:
    expected = {shrink: -1 if shrink == 0 else 1 for shrink in mine if shrink == 0 or shrink >= ENOUGH}
    signs = {shrink: sign(mine[shrink]) for shrink in expected}
    against = [shrink for shrink, one in signs.items() if one == -expected[shrink]]
    open_ = [shrink for shrink, one in signs.items() if one == 0]
    word = "does NOT hold" if against else "is undecided" if open_ or len({*expected.values()}) < 2 else "holds"
    why = "; ".join(
        f"{text} at {', '.join(f'{100 * one:g} %' for one in which)}"
        for text, which in (("against it", against), ("not told", open_))
        if which
    )
    epochs = next(iter(mine.values())).sizes["epoch"]
    return (
        f"{inputs}: that links gather at the margin without a penalty and in the centre from {100 * ENOUGH:g} % an"
        f" epoch on {word}{f' ({why})' if why else ''}, after {epochs} epochs of {PUBLISHED}.{_moved(mine)}"
    )


def _moved(mine: Mapping[float, xarray.Dataset]) -> str:
    """What the largest penalty changes of the contrast without one, paired by the seed's split."""
    if 0.0 not in mine or len(mine) < 2:
        return ""
    largest = max(mine)
    low, high = interval(sample(last(mine[largest], "contrast") - last(mine[0.0], "contrast")))
    word = "has MORE" if low > 0 else "has FEWER" if high < 0 else "is NOT told to have more"
    return f" {100 * largest:g} % an epoch {word} in the centre than none ({low:+.3f} to {high:+.3f})."


def _beside(way: str, base: xarray.Dataset, one: xarray.Dataset) -> str:
    gap = gained(base, one)
    low, high = interval(gap)
    word = "BETTER than" if low > 0 else "WORSE than" if high < 0 else "NOT told from"
    return (
        f"{', '.join(BESIDE[:1])}, {100 * BESIDE[1]:g} % an epoch: {SET} is {word} {way} in test accuracy"
        f" ({100 * LEVEL:g} %: {low:+.4f} to {high:+.4f}; {sample(last(base, 'accuracy')).value:.4f} and"
        f" {sample(last(one, 'accuracy')).value:.4f}, as many epochs)."
    )


def gained(base: xarray.Dataset, one: xarray.Dataset) -> Number:
    """Test accuracy of the first less that of the second, paired by the seed's split."""
    return sample(last(base, "accuracy") - last(one, "accuracy"))


def numbers(found: Parts) -> dict[str, Number]:
    """Contrasts of survivors and accuracies at the end."""
    made: dict[str, Number] = {}
    for name, one in found.items():
        if one.attrs["way"] in (SET, CONTROL):
            expected = 0.0 if one.attrs["way"] == CONTROL else None
            made[f"{name}: contrast of survivors"] = sample(last(one, "contrast"), expected)
        made[f"{name}: test accuracy"] = sample(last(one, "accuracy"))
    return made


study = Study(
    name="sparse",
    title="sparse evolutionary training: where links gather, by penalty and inputs, and what it is worth",
    presets={
        "smoke": Sizes((32,), 2.0, 2, 2, (0.01,), ("[0, 1]",), (FIXED,)),
        "quick": Sizes((64, 32), 5.0, 20, 6),
        "night": Sizes((128, 64), 5.0, 150, 6),
        "paper": Sizes((512, 128), 11.0, 500, 10),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.8, "quick": 3.5, "night": 90.0, "paper": 3000.0},
    numbers=numbers,
)
