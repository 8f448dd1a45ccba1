"""What winners of NEAT and structural moves on them say."""

import math

import numpy as np
import xarray

from ..declaring.number import Number, sample
from .generalization import LEVEL, interval
from .law import K

ROUNDING = 1e-12  # of a loss below 1 in float64: thousands of its units


def told(number: Number) -> str:
    """With its standard error, where there is one."""
    return f"{number.value:.3g} ± {number.error:.1g}" if math.isfinite(number.error) else f"{number.value:.3g}"


def solved(data: xarray.Dataset) -> list[str]:
    """Whether every seed reached the goal, and when."""
    done = data.generation.dropna("seed").values
    every, count = len(done) == data.sizes["seed"], data.sizes["seed"]
    word = "solved by EVERY one" if every else f"NOT solved by every one: {len(done)}"
    when = f" after {done.min():g} to {done.max():g} generations, mean {told(sample(done))}" if len(done) else ""
    return [
        f"XOR is {word} of {count} seeds within {data.attrs['allowed']} generations{when} ({data.attrs['version']};"
        f" {told(sample(data.hidden.values))} hidden nodes and {told(sample(data.links.values))} links in use)."
    ]


def classified(data: xarray.Dataset) -> list[str]:
    """Accuracy beside that of always the same answer, of a linear model, and of labels without a meaning."""
    attrs, number = data.attrs, sample(data.test_accuracy.values)
    low, high = interval(number)
    beside = "better" if low > attrs["majority"] else "NOT shown to be better"
    linear = attrs["logistic"]
    against = "above" if low > linear else "below" if high < linear else "not told from"
    control = sample(data.shuffled.values)
    bound = interval(control)[0]
    refused = "NOT better, as it must be" if not bound > attrs["majority"] else "BETTER, which it must not be"
    return [
        f"Digits 3 against 8, 4 × 4 pixels, {attrs['generations']} generations: test accuracy {told(number)} over"
        f" seeds ({100 * LEVEL:g} %: {low:.3f} to {high:.3f}, {attrs['images']} images), {beside} than always the same"
        f" answer, {attrs['majority']:.3f}, and {against} logistic regression, {linear:.3f}; with labels shuffled"
        f" {told(control)}, {refused}."
    ]


def moves(data: xarray.Dataset) -> list[str]:
    """Whether add-node is as foreseen, whether it is neutral, and which mutations change as much."""
    off = float(np.abs(data.jump - data.predicted).max())
    word = "as foreseen" if off < ROUNDING else "NOT as foreseen"
    size = sample(np.abs(data.jump).mean("draw").values)
    neutral = "refused" if size.value > K * size.error else "NOT refused"
    worse = sample((data.jump > ROUNDING).mean("draw").values.astype(float))
    still = sample((np.abs(data.jump) <= ROUNDING).mean("draw").values.astype(float))
    mutated = ", ".join(
        f"{told(sample(np.asarray(data.mutation.sel(power=power), float)))} at power {power:g}"
        for power in data.power.values
    )
    return [
        f"Add-node changes the loss {word} by w x → w σ(5x) (largest of {data.jump.size} differences {off:.1g}); by"
        f" {told(size)} in size on average of winners, neutral is {neutral} by {K:g} standard errors;"
        f" {told(worse)} of moves make it worse and {told(still)} change nothing. One mutation of all weights:"
        f" {mutated}."
    ]
