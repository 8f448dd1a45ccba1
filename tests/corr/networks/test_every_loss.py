"""Every loss on every network with every activation: changes and decisions at the start are those of float64.

Warnings are errors here, so a primitive without a rule fails by its name.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corr import losses
from corr.difference import difference
from corr.difference._promote import in_float64

from .registry import CASES, OUTPUTS, SIDE, Case, images, points

KEY = jax.random.key(5)
STD, DRAWS = 1e-5, 64
QUICKLY: dict[str, Any] = {"xla_backend_optimization_level": 0}  # these programs run a few times
# Some dozen operations, and batch normalization divides by what few points differ by.
ROUNDING = 1000 * float(np.finfo(np.float32).eps)
BENT = {f"convolutional, {bend}": Case(images(channels=(3,), activation=bend), SIDE**2) for bend in ("gelu", "sigmoid")}
EVERY = CASES | BENT


def stacked(case: Case, start: Any, name: str) -> tuple[Callable[[Any], jax.Array], list[str]]:
    """Every loss on one network, so that they are compiled in one program; of one output alone no class is told."""
    data, rng = points(name) if name in CASES else points("convolutional"), np.random.default_rng(3)
    count = data.shape[1]
    values, labels = rng.normal(size=(case.outputs, count)).astype(np.float32), np.arange(count) % OUTPUTS
    told = [one for one in losses.POINTWISE if one in losses.REGRESSION or case.outputs > 1]
    parts = [
        losses.mean(losses.POINTWISE[one], start.apply, data, values if one in losses.REGRESSION else labels)
        for one in told
    ]
    return lambda params: jnp.stack([part(params, KEY) if case.drops else part(params) for part in parts]), told


@functools.cache
def changes(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Changes as mutation decides on them, by subtraction, and in float64, (DRAWS, losses)."""
    case = EVERY[name]
    network = case.make()
    params = jax.jit(network.init)(jax.random.key(1))
    every, told = stacked(case, network, name)
    keys = iter(jax.random.split(jax.random.key(2), len(jax.tree.leaves(params))))
    ahead = jax.tree.map(lambda leaf: leaf[None] + STD * jax.random.normal(next(keys), (DRAWS, *leaf.shape)), params)
    steps = jax.tree.map(lambda new, leaf: new - leaf[None], ahead, params)
    split = difference(every)
    tape = jax.jit(split.start, compiler_options=QUICKLY)(params)[1]
    exact = jax.jit(jax.vmap(lambda step: split.change(tape, step)[0]))(steps)
    subtracted = np.asarray(jax.jit(jax.vmap(every), compiler_options=QUICKLY)(ahead)) - np.asarray(
        jax.jit(every, compiler_options=QUICKLY)(params)
    )
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), (params, ahead))
        function = jax.jit(lambda x: in_float64(every)(x)[0], compiler_options=QUICKLY)
        here = function(wide[0])
        right = np.stack([function(jax.tree.map(lambda leaf, k=k: leaf[k], wide[1])) - here for k in range(DRAWS)])
    return np.asarray(exact), np.asarray(subtracted), right, told


def error(found: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The largest error of every loss relative to the change, or to the median change where that is larger."""
    size = np.maximum(np.abs(right), np.median(np.abs(right), axis=0))
    return np.max(np.abs(found - right) / np.where(size > 0, size, 1), axis=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_changes_and_decisions_are_those_of_float64(name: str) -> None:
    """Subtraction, the twin, is off by a hundred times as much in every smooth loss."""
    exact, subtracted, right, told = changes(name)
    off, lost = error(exact, right), error(subtracted, right)
    for k, loss in enumerate(told):
        assert ((exact[:, k] <= 0) == (right[:, k] <= 0)).all(), loss
        assert off[k] < ROUNDING, (loss, off[k])
        assert lost[k] > 20 * ROUNDING or loss == "zero_one", (loss, lost[k])
