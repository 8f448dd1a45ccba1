"""Normalization against flax's layers, and what it makes of the scale of weights."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corr import networks

FEATURES, UNITS, POINTS = 3, 4, 6


def network(normalization: str | None, *widths: int) -> networks.Network:
    module = networks.FullyConnected(widths, FEATURES, 2, normalization=normalization)
    return networks.functional(module, variance=0.5)


def data(count: int = POINTS, seed: int = 1) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), (FEATURES, count))


def last(params: Any, hidden: jax.Array) -> jax.Array:
    """Of points first, (K, units)."""
    return (hidden @ params["dense_1"]["kernel"].T + params["dense_1"]["bias"][None]).T


@pytest.mark.parametrize("kind", ["batch", "layer"])
def test_it_is_flaxs_layer_points_first(kind: str) -> None:
    """With training points it is flax's with the running averages that these give where nothing is remembered."""
    net, train, other = network(kind, UNITS), data(), data(4, 2)
    params = jax.jit(net.init)(jax.random.key(0))
    dense, norm = params["dense_0"], {"params": params["activation_0"]["normalization"]}
    affine = lambda points: points.T @ dense["kernel"].T + dense.get("bias", jnp.zeros(UNITS))[None]  # noqa: E731
    if kind == "layer":
        layer = nn.LayerNorm(epsilon=1e-5)
        expected = [last(params, jnp.tanh(layer.apply(norm, affine(points)))) for points in (train, other)]
    else:
        layer = nn.BatchNorm(momentum=0.0)
        zeros = jnp.zeros(UNITS)
        variables = {**norm, "batch_stats": {"mean": zeros, "var": zeros}}
        hidden, kept = layer.apply(variables, affine(train), use_running_average=False, mutable=["batch_stats"])
        lent = layer.apply({**norm, **kept}, affine(other), use_running_average=True)
        expected = [last(params, jnp.tanh(hidden)), last(params, jnp.tanh(jnp.asarray(lent)))]
    np.testing.assert_allclose(net.apply(params, train), expected[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(net.apply(params, other, training_points=train), expected[1], rtol=1e-4, atol=1e-5)


def test_weights_before_batch_normalization_have_no_scale() -> None:
    """Outputs for kernels 10 and 1000 times as large differ by what 1e-5 is beside a variance of order 100."""
    points = data()

    def outputs(normalization: str | None, factor: float) -> jax.Array:
        net = network(normalization, UNITS)
        params = jax.jit(net.init)(jax.random.key(0))
        params["dense_0"] = {**params["dense_0"], "kernel": factor * params["dense_0"]["kernel"]}
        return net.apply(params, points)

    assert jnp.abs(outputs("batch", 10.0) - outputs("batch", 1000.0)).max() < 1e-5
    assert jnp.abs(outputs(None, 10.0) - outputs(None, 1000.0)).max() > 0.01


def test_statistics_of_a_channel_are_those_of_all_places_and_points() -> None:
    module = networks.Convolutional((2,), (4, 4, 1), 3, activation="tanh", normalization="batch")
    net = networks.functional(module, variance="he")
    points = jax.random.normal(jax.random.key(1), (16, 5))
    params = jax.jit(net.init)(jax.random.key(0))
    kernel = params["convolution_0"]["kernel"].transpose(2, 3, 1, 0)
    moved = nn.Conv(2, (3, 3), strides=2, use_bias=False).apply(
        {"params": {"kernel": kernel}}, points.T.reshape(5, 4, 4, 1)
    )
    hidden = np.asarray(moved, float)
    centred = hidden - hidden.mean(axis=(0, 1, 2))
    bent = np.tanh(centred / np.sqrt((centred**2).mean(axis=(0, 1, 2)) + 1e-5)).reshape(5, -1)
    expected = bent @ np.asarray(params["last"]["kernel"], float).T + np.asarray(params["last"]["bias"])
    np.testing.assert_allclose(net.apply(params, points), expected.T, rtol=1e-4, atol=1e-5)
