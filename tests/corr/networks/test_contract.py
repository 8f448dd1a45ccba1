"""What every network promises: shapes, slopes, changes and decisions as in float64, training points, errors."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import networks

from .registry import CASES, IN_ORDER, NORMALIZING, QUICK, QUICKLY_COMPARED, mean_cross_entropy, points

KEY = jax.random.key(5)
# Steps so short that two losses of size one, subtracted, keep two or three digits of the change.
STD, DRAWS = 1e-5, 128
# Some dozen operations, and batch normalization divides by what few points differ by.
ROUNDING = 1000 * float(np.finfo(np.float32).eps)


def rows(*without: str) -> Any:
    """The rows of the registry; what is like another one is for the slow suite."""
    marks = {name: [] if name in QUICK else [pytest.mark.slow] for name in CASES if name not in without}
    return pytest.mark.parametrize("name", [pytest.param(name, marks=mark) for name, mark in marks.items()])


@functools.cache
def made(name: str) -> tuple[networks.Network, Any]:
    network = CASES[name].make()
    return network, jax.jit(network.init)(jax.random.key(1))


def close(found: Any, expected: Any) -> bool:
    """To the rounding of some dozen operations on numbers of size one."""
    return np.allclose(found, expected, rtol=1e-4, atol=1e-5)


@rows()
def test_points_last_shapes_slopes_and_order_of_points(name: str) -> None:
    """Also with a key; where points do not meet in a layer, two of them alone give what they give among others."""
    (network, params), data = made(name), points(name)
    given = jax.tree.map(lambda leaf: leaf.dtype, params)
    assert all(dtype == np.float32 for dtype in jax.tree.leaves(given))

    def seen(params: Any) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        outputs = network.apply(params, data)
        return jnp.sum(jnp.sin(outputs)), (
            outputs,
            network.apply(params, data, key=KEY),
            network.apply(params, data[:, :2]),
        )

    slope, (plain, keyed, alone) = jax.jit(jax.grad(seen, has_aux=True))(params)
    assert plain.shape == keyed.shape == (CASES[name].outputs, data.shape[1])
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves((slope, plain, keyed)))
    assert any(bool(jnp.any(leaf != 0)) for leaf in jax.tree.leaves(slope))
    assert close(alone, plain[:, :2]) == (name not in NORMALIZING)
    assert close(keyed, plain) != CASES[name].drops


@pytest.mark.parametrize("name", QUICKLY_COMPARED)
def test_changes_and_decisions_at_the_start_are_those_of_float64(name: str) -> None:
    """To a thousand units of rounding; all networks in test_every_loss.py. A warning, as for a primitive without a
    rule, is an error here.
    """
    (network, params), data = made(name), points(name)
    loss = mean_cross_entropy(network.apply, data)
    found = corr.flip_rate(lambda p: loss(p, KEY), params, mutation_std=STD, key=corr.root_key(0), draws=DRAWS)
    assert found.flips == 0
    assert found.change_error < ROUNDING


def test_subtraction_is_seen() -> None:
    """The twin."""
    (network, params), data = made("layer normalization"), points("layer normalization")
    loss = mean_cross_entropy(network.apply, data)
    found = corr.flip_rate(loss, params, mutation_std=STD, key=corr.root_key(0), draws=DRAWS, exact=False)
    assert found.change_error > 100 * ROUNDING


@rows(*IN_ORDER)
def test_training_points_lend_their_statistics(name: str) -> None:
    """Of some training points alone the outputs are those among all of them; without training points they are not."""
    (network, params), data = made(name), points(name)

    @jax.jit
    def outputs(params: Any) -> tuple[jax.Array, ...]:
        some = data[:, 2:5]
        lent = network.apply(params, some, training_points=data)
        return network.apply(params, data)[:, 2:5], lent, network.apply(params, some)

    expected, lent, own = outputs(params)
    assert close(lent, expected)
    assert close(own, expected) == (name not in NORMALIZING)


def error_of(name: str, call: Callable[[networks.Network, Any, jax.Array], Any]) -> str:
    (network, params), data = made(name), points(name)
    with pytest.raises((TypeError, ValueError)) as raised:
        jax.eval_shape(lambda params: call(network, params, data), params)
    return str(raised.value)


@pytest.mark.parametrize("name", ["tanh", "batch normalization", "convolutional", "gru", "linen", "nnx"])
def test_bad_arguments_are_named_before_compilation(name: str) -> None:
    features = CASES[name].features
    assert f"({features}, K)" in error_of(name, lambda net, p, x: net.apply(p, x[1:]))
    assert f"({features}, K)" in error_of(name, lambda net, p, x: net.apply(p, x[:, 0]))
    assert "typed key" in error_of(name, lambda net, p, x: net.apply(p, x, key=7))
    assert "not both" in error_of(name, lambda net, p, x: net.apply(p, x, key=KEY, training_points=x))
    assert "for ['more'] got shape (2,)" in error_of(name, lambda net, p, x: net.apply({**p, "more": jnp.ones(2)}, x))
    first = next(iter(made(name)[1]))
    assert f"for ['{first}']" in error_of(name, lambda net, p, x: net.apply({**p, first: jnp.ones(77)}, x))
    assert "typed key" in error_of(name, lambda net, p, x: net.init(0))
    if name in NORMALIZING:
        assert "one point in points" in error_of(name, lambda net, p, x: net.apply(p, x[:, :1]))
        alone = lambda net, p, x: net.apply(p, x, training_points=x[:, :1])  # noqa: E731
        assert "one point in training_points" in error_of(name, alone)
        said = error_of(name, lambda net, p, x: net.apply(p, x, training_points=x[1:]))
        assert "training_points must have shape" in said and f"({features}, K)" in said
