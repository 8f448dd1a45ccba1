"""What every pointwise loss keeps, from the registry: exact change, derivative, value, decisions, refusals.

Warnings are errors here, so a loss with a primitive without an exact-change rule fails by its name.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import losses
from corr.difference import difference
from corr.difference._promote import in_float64

from .registry import ACTIVATIONS, LABELS, POINTS, REFERENCES, VALUES, network, start, targets

NUMBERS = {name: number for number, name in enumerate(losses.POINTWISE)}
SIZES = [10.0**-k for k in range(1, 9)]
ROUNDINGS = 16
UNIT = float(np.finfo(np.float32).eps)
EVERY = pytest.mark.parametrize("name", losses.POINTWISE)
ON_BOTH = pytest.mark.parametrize("activation", ACTIVATIONS)
QUICKLY: dict[str, Any] = {"xla_backend_optimization_level": 0}  # these programs run a few times
Tree = dict[str, Any]


def loss(name: str, activation: str) -> Callable[..., jax.Array]:
    return losses.mean(losses.POINTWISE[name], network(activation), POINTS, targets(name))


def all_losses(activation: str) -> Callable[[Tree], jax.Array]:
    """Every loss on one network, so that they are compiled in one program."""
    parts = [loss(name, activation) for name in losses.POINTWISE]
    return lambda params: jnp.stack([part(params) for part in parts])


def wide(tree: Tree) -> Tree:
    return {name: np.asarray(leaf, np.float64) for name, leaf in tree.items()}


@functools.cache
def steps() -> list[Tree]:
    """Displacements that float32 adds exactly."""
    at, along = start(), start(seed=9)
    return [{name: (at[name] + np.float32(size) * along[name]) - at[name] for name in at} for size in SIZES]


@functools.cache
def exact_changes(activation: str) -> np.ndarray:
    """(steps, losses)."""
    split = difference(all_losses(activation))
    begin, change = (jax.jit(part, compiler_options=QUICKLY) for part in (split.start, split.change))
    tape = begin(start())[1]
    return np.asarray([change(tape, step)[0] for step in steps()], float)


@functools.cache
def subtracted_changes(activation: str) -> np.ndarray:
    plain, params = jax.jit(all_losses(activation), compiler_options=QUICKLY), start()
    return np.asarray([plain(jax.tree.map(np.add, params, step)) - plain(params) for step in steps()], float)


@functools.cache
def right_changes(activation: str) -> Any:
    """Changes in float64 and Σ|∂U/∂x||ε|, (steps, losses) each, and derivatives along a direction in two ways."""
    function, width = in_float64(all_losses(activation)), 1e-5

    def look(params: Tree) -> Any:
        return function(params)[0], jax.jacrev(lambda x: function(x)[0])(params)

    with jax.enable_x64(True):
        compiled, params, along = jax.jit(look, compiler_options=QUICKLY), wide(start()), wide(start(seed=9))
        seen = lambda params: jax.device_get(compiled(params))  # noqa: E731
        value, slope = seen(params)
        ends = [seen(jax.tree.map(np.add, params, wide(step))) for step in steps()]
        right = np.asarray([end - value for end, _ in ends])
        terms = [terms_of(slope, there, step) for (_, there), step in zip(ends, steps(), strict=True)]
        ahead, behind = (
            seen({name: leaf + side * width * along[name] for name, leaf in params.items()})[0] for side in (1, -1)
        )
        known = sum(np.sum(one * along[name], axis=(*range(1, one.ndim),)) for name, one in slope.items())
        return right, np.asarray(terms), known, np.asarray(ahead - behind) / (2 * width)


def terms_of(before: Tree, after: Tree, step: Tree) -> Any:
    larger = {name: np.maximum(np.abs(before[name]), np.abs(after[name])) for name in step}
    return sum(np.sum(large * np.abs(step[name]), axis=(*range(1, large.ndim),)) for name, large in larger.items())


def off(changes: np.ndarray, activation: str, name: str) -> float:
    """The largest error, in units of rounding of the terms that the change sums."""
    found, right, terms = (part[:, NUMBERS[name]] for part in (changes, *right_changes(activation)[:2]))
    assert np.any(right)
    return float(np.max(np.abs(found - right) / (UNIT * (terms + np.abs(right) + 1e-30))))


@EVERY
@ON_BOTH
def test_change_is_exact_at_every_size(name: str, activation: str) -> None:
    assert off(exact_changes(activation), activation, name) < ROUNDINGS


@pytest.mark.parametrize("name", sorted({*losses.POINTWISE} - {"zero_one"}))
def test_twin_that_subtracts_two_losses_fails(name: str) -> None:
    assert off(subtracted_changes("tanh"), "tanh", name) > 100 * ROUNDINGS


@EVERY
@ON_BOTH
def test_derivative_is_that_of_finite_differences(name: str, activation: str) -> None:
    """Of a width of 1e-5, in float64: curvature and rounding leave errors below 1e-8."""
    known, found = (part[NUMBERS[name]] for part in right_changes(activation)[2:])
    assert known == pytest.approx(found, rel=1e-7, abs=1e-8)
    assert (known == 0) == (name == "zero_one")


@EVERY
@pytest.mark.usefixtures("x64")
def test_value_is_that_of_its_reference(name: str) -> None:
    outputs = 3 * np.random.default_rng(5).normal(size=VALUES.shape)
    found = losses.POINTWISE[name](jnp.asarray(outputs), targets(name))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, REFERENCES[name](outputs, targets(name)), rtol=1e-12, atol=1e-12)


def test_every_loss_has_a_reference() -> None:
    assert set(REFERENCES) == set(losses.POINTWISE)


HEAVY = {"smoothed cross_entropy", "hinge", "focal", "squared", "huber", "log_cosh"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in HEAVY)) for name in losses.POINTWISE]
)
def test_rounding_flips_no_decision_at_the_start(name: str) -> None:
    params = jax.tree.map(jnp.asarray, start())
    found = corr.flip_rate(loss(name, "tanh"), params, mutation_std=1e-4, key=corr.root_key(0), draws=512)
    assert (found.flips, found.draws) == (0, 512)
    assert found.change_error < 1e-3


@pytest.mark.slow
def test_twin_of_plain_evaluations_flips_decisions() -> None:
    params, key = jax.tree.map(jnp.asarray, start()), corr.root_key(0)
    rates = [
        corr.flip_rate(loss("cross_entropy", "tanh"), params, mutation_std=1e-7, key=key, draws=512, exact=exact)
        for exact in (True, False)
    ]
    assert rates[0].flips == 0 < 5 < rates[1].flips


@EVERY
def test_targets_that_do_not_fit_are_named(name: str) -> None:
    pointwise, outputs, aims = losses.POINTWISE[name], jnp.asarray(VALUES), targets(name)
    other = LABELS if name in losses.REGRESSION else VALUES[0]
    with pytest.raises(TypeError, match=r"expected (floating-point numbers|integers)"):
        pointwise(outputs, other)
    with pytest.raises(TypeError, match=r"are texts, expected"):
        pointwise(outputs, np.array(["cat", "dog"] * 30))
    with pytest.raises(ValueError, match=r"outputs have shape \(4, 60\), the (targets|labels) .*, expected"):
        pointwise(outputs, aims[..., :-1])
    with pytest.raises(ValueError, match=r"points last"):
        pointwise(outputs[0], aims)
    if name in losses.CLASSIFICATION:
        with pytest.raises(ValueError, match=r"label 4 of point 7 has no output: the network has 4"):
            pointwise(outputs, np.where(np.arange(60) == 7, 4, LABELS))
