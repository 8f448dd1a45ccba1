"""The functions somebody else would try next: value and change against float64, for short and for long steps."""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.difference import difference

from .stranger_functions import FUNCTIONS, SIZE

STEPS = (1e-7, 1e-3, 0.3, 2.0)
ROUNDINGS = 64


def sensitivity(function: Any, points: Any, steps: Any, unit: float) -> Any:
    """Effect on the change of one unit of rounding in every entry of x and of Δ, added up, in float64."""

    def change(x: Any, step: Any) -> Any:
        return function(x + step) - function(x)

    entries = jnp.eye(SIZE, dtype=points.dtype) * unit
    moved = [jax.vmap(lambda e: change(points * (1 + e), steps))(entries)]
    moved += [jax.vmap(lambda e: change(points, steps * (1 + e)))(entries)]
    return sum(jnp.sum(jnp.abs(m - change(points, steps))) for m in moved)


LONG = (
    "matrix_exponential",
    "interpolation",
    "gaussian_process",
    "moving_table",
    "tukey",
    "rounded_network",
)  # long to compile


def slow_where(names: Any, long: Any) -> list[Any]:
    return [pytest.param(name, marks=[pytest.mark.slow] if name in long else []) for name in names]


@pytest.mark.parametrize("name", slow_where(FUNCTIONS, LONG))
def test_value_and_change_agree_with_float64_or_it_is_said(name: str) -> None:
    function, rng = FUNCTIONS[name], np.random.default_rng(len(name))
    x = jnp.asarray(rng.normal(size=SIZE), jnp.float32)
    moves = [jnp.asarray(size * rng.normal(size=SIZE), jnp.float32) for size in STEPS]
    split = difference(function)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        value, tape = jax.jit(split.start)(x)
        moved = jax.jit(split.change)
        changes = [float(moved(tape, move)[0]) for move in moves]
    with jax.enable_x64(True):
        wide, unit = x.astype(jnp.float64), ROUNDINGS * float(np.finfo(np.float32).eps)
        exact = jax.jit(function)
        assert abs(float(value) - float(exact(wide))) < 1e-4 * (1 + abs(float(exact(wide))))
        for move, change in zip(moves, changes, strict=True):
            step = move.astype(jnp.float64)
            right = float(exact(wide + step) - exact(wide))
            allowed = float(sensitivity(exact, wide, step, unit)) + unit * abs(right) + 1e-15 * abs(float(value))
            agrees = abs(change - right) < allowed
            assert agrees or said, f"step {np.max(np.abs(move)):.2g}: {change}, right {right} ± {allowed:.2g}"


WALKED = (
    "masked_cross_entropy",
    "max_pooling",
    "mixture",
    "order_statistics",
    "rounded_network",
    "spectral",
    "transport",
    "tukey",
)
WALK, SIGMA, DRAWS = 64, 1e-3, 64


@pytest.mark.parametrize("name", slow_where(WALKED, set(WALKED) - {"rounded_network"}))
def test_gradient_decisions_and_walk_agree_with_float64(name: str) -> None:
    """What rounding does to one change of σ is allowed for the gradient, to 16 of them for the largest of 64 errors.

    The kept loss is off by at most a rounding per step, and by 16 in its evaluation. Warnings are errors here.
    """
    function, rng = FUNCTIONS[name], np.random.default_rng(len(name))
    x, step = (jnp.asarray(scale * rng.normal(size=SIZE), jnp.float32) for scale in (1, SIGMA))
    run = corr.run(
        corr.mutation(function, mutation_std=SIGMA),
        x,
        steps=WALK,
        trajectories=1,
        key=corr.root_key(0),
        devices=1,
        block_size=1,
        progress=False,
        check_decisions=False,
    )
    losses, last = run["loss"].values[0], run["path"].values[0, -1]
    unit = float(np.finfo(np.float32).eps)
    with jax.enable_x64(True):
        wide, move = x.astype(jnp.float64), step.astype(jnp.float64)
        slope = float(jax.jit(lambda x: jax.jvp(function, (x,), (move,))[1])(wide))
        exact = jax.jit(function)
        allowed = float(sensitivity(exact, wide, move, ROUNDINGS * unit)) + ROUNDINGS * unit * abs(slope)
        start, end = float(exact(wide)), float(exact(last.astype(np.float64)))
    gradient = np.asarray(jax.jit(jax.grad(function))(x), np.float64)
    assert np.all(np.isfinite(gradient))
    assert abs(gradient @ np.asarray(step, np.float64) - slope) < allowed
    assert losses[-1] < losses[0]
    assert abs(losses[-1] - end) < (WALK + 16) * unit * max(abs(start), abs(end), 1)

    found = corr.flip_rate(function, x, mutation_std=SIGMA, key=corr.root_key(0), draws=DRAWS)
    assert found.flips == 0
    assert found.change_error < 16 * allowed / abs(slope) < 0.05
