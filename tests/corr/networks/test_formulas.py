"""Networks against their formulas, flax's layers and cells, and the variance of their starts."""

import functools
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from corr import data, flip_rate, losses, networks, root_key


def test_shallow_is_the_papers_formula() -> None:
    params = networks.initialize(networks.Shallow(4), jax.random.key(0), variance=0.5)
    theta, _ = data.sine(7)
    out = networks.functional(networks.Shallow(4)).apply(params, theta)
    a, b, c = (np.asarray(params[name], float) for name in "abc")
    expected = sum(a[m] * np.tanh(b[m] * np.asarray(theta[0], float) + c[m]) for m in range(4))
    np.testing.assert_allclose(out[0], expected, rtol=1e-5, atol=1e-6)


def test_paper_initialization_has_its_variance() -> None:
    params = networks.initialize(networks.Shallow(4000), jax.random.key(0), variance=1e-4)
    for leaf in params.values():
        assert abs(float(jnp.var(leaf)) / 1e-4 - 1) < 4 * (2 / 4000) ** 0.5


def test_deep_network_size_and_starts() -> None:
    module = networks.FullyConnected()
    for variance in ("fan_in", None, 1e-4):
        params = networks.initialize(module, jax.random.key(0), variance=variance)
        assert sum(leaf.size for leaf in jax.tree.leaves(params)) == 7489
        bias = params["dense_3"]["bias"]
        assert bool(jnp.all(bias == 0)) == (variance != 1e-4)
    kernels = jnp.stack(
        [params["kernel"] for name, params in _fan_in(module).items() if name in {f"dense_{k}" for k in range(1, 8)}]
    )
    assert abs(float(jnp.var(kernels)) * 32 - 1) < 4 * (2 / kernels.size) ** 0.5


def _fan_in(module: networks.FullyConnected) -> dict:
    return networks.initialize(module, jax.random.key(2), variance="fan_in")


def test_residual_is_its_formula() -> None:
    theta, _ = data.sine(7)
    network = networks.functional(networks.Residual(blocks=2, width=5), variance=0.3)
    params = network.init(jax.random.key(0))
    layer = {
        name: (np.asarray(p["kernel"], float), np.asarray(p["bias"], float)[:, None]) for name, p in params.items()
    }
    affine = lambda name, h: layer[name][0] @ h + layer[name][1]  # noqa: E731
    hidden = affine("first", np.asarray(theta, float))
    for k in range(2):
        hidden = hidden + affine(f"outer_{k}", np.maximum(0, affine(f"inner_{k}", hidden)))
    np.testing.assert_allclose(network.apply(params, theta), affine("last", hidden), rtol=1e-5, atol=1e-5)


def test_recurrent_is_its_formula_and_remembers() -> None:
    theta, _ = data.sine(7)
    network = networks.functional(networks.Recurrent(units=5), variance=0.3)
    params = network.init(jax.random.key(0))
    first, last = ([np.asarray(params[name][part], float) for part in ("kernel", "bias")] for name in ("first", "last"))
    hidden, outputs = np.zeros(5), []
    for step in np.asarray(theta[0], float):
        hidden = np.tanh(np.asarray(params["recurrent"], float) @ hidden + first[0][:, 0] * step + first[1])
        outputs.append(last[0] @ hidden + last[1])
    found = network.apply(params, theta)
    np.testing.assert_allclose(found, np.stack(outputs, axis=1), rtol=1e-5, atol=1e-5)
    changed = network.apply(params, theta.at[0, 3].add(1.0)) != found
    assert not changed[0, :3].any() and changed[0, 3:].all()


ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda h: np.maximum(0, h),
    "gelu": lambda h: h * special.ndtr(h),
    "sigmoid": lambda h: 1 / (1 + np.exp(-h)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_their_formulas(name: str) -> None:
    network = networks.functional(networks.FullyConnected((4,), 3, 2, activation=name), variance=0.5)
    params, data = jax.jit(network.init)(jax.random.key(0)), jax.random.normal(jax.random.key(1), (3, 5))
    first, last = (jax.tree.map(lambda leaf: np.asarray(leaf, float), params[f"dense_{k}"]) for k in range(2))
    hidden = ACTIVATIONS[name](first["kernel"] @ np.asarray(data, float) + first["bias"][:, None])
    expected = last["kernel"] @ hidden + last["bias"][:, None]
    np.testing.assert_allclose(network.apply(params, data), expected, rtol=1e-5, atol=1e-5)


def test_convolution_is_that_of_flax() -> None:
    """Of flax, points first: kernels (height, width, in, out); an uneven side, so that borders count."""
    network = networks.functional(networks.Convolutional((4,), (5, 7, 2), 3), variance=0.3)
    params, data = jax.jit(network.init)(jax.random.key(0)), jax.random.normal(jax.random.key(1), (70, 6))
    own = params["convolution_0"]
    layer = nn.Conv(4, (3, 3), strides=2)
    images = data.T.reshape(6, 5, 7, 2)
    hidden = layer.apply({"params": {"kernel": own["kernel"].transpose(2, 3, 1, 0), "bias": own["bias"]}}, images)
    flat = jax.nn.relu(jnp.asarray(hidden)).reshape(6, -1)
    expected = flat @ params["last"]["kernel"].T + params["last"]["bias"][None]
    np.testing.assert_allclose(network.apply(params, data), expected.T, rtol=1e-4, atol=1e-5)


# Of flax's gates: the name of ours, whether the input has a bias, and the hidden state.
CELLS = {
    "gru": (nn.GRUCell, {"r": "reset", "z": "update", "n": "candidate"}),
    "lstm": (nn.LSTMCell, {"i": "input", "f": "forget", "o": "output", "g": "candidate"}),
}


@pytest.mark.parametrize("cell", CELLS)
def test_gated_networks_are_flaxs_cells_step_by_step(cell: str) -> None:
    make, gates = CELLS[cell]
    network = networks.functional(networks.Sequence(cell, 4, 3, inputs=6, outputs=2), variance=0.5)
    params, data = jax.jit(network.init)(jax.random.key(0)), jax.random.normal(jax.random.key(1), (6, 5))
    theirs: dict[str, Any] = {}
    for letter, gate in gates.items():
        theirs[f"i{letter}"] = {"kernel": params[gate]["kernel"].T}
        theirs[f"h{letter}"] = {"kernel": params[f"recurrent_{gate}"].T}
        theirs[f"{'i' if cell == 'gru' else 'h'}{letter}"]["bias"] = params[gate]["bias"]
    if cell == "gru":
        theirs["hn"]["bias"] = params["recurrent_bias"]
    module: Any = make(features=4)
    carry = module.initialize_carry(jax.random.key(0), (5, 2))
    hidden, cell_step = jnp.zeros(()), jax.jit(module.apply)
    for step in range(3):
        carry, hidden = cell_step({"params": theirs}, carry, data[2 * step : 2 * step + 2].T)
    expected = hidden @ params["last"]["kernel"].T + params["last"]["bias"][None]
    np.testing.assert_allclose(network.apply(params, data), expected.T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layer", ["convolution_0", "last"])
@pytest.mark.parametrize("asked", ["fan_in", "he", "glorot"])
def test_kernels_have_the_variance_that_is_asked_for(asked: str, layer: str) -> None:
    """Within four standard errors of a variance of n normal numbers, √(2/n) of it; the other two are refused."""
    kernel = convolutional(asked)[layer]["kernel"]
    out, into, *window = kernel.shape
    fan_in, fan_out = into * np.prod(window), out * np.prod(window)
    expected = {"fan_in": 1 / fan_in, "he": 2 / fan_in, "glorot": 2 / (fan_in + fan_out)}
    error = 4 * (2 / kernel.size) ** 0.5
    agree = {other: abs(float(np.mean(kernel**2)) / right - 1) < error for other, right in expected.items()}
    assert agree == {other: other == asked for other in expected}
    assert not convolutional(asked)[layer]["bias"].any()


@functools.cache
def convolutional(variance: str) -> Any:
    module = networks.Convolutional((30,), (4, 4, 50), 60)
    return jax.device_get(jax.jit(networks.functional(module, variance=variance).init)(jax.random.key(3)))


def test_scales_of_normalization_start_at_one() -> None:
    module = networks.FullyConnected((4,), normalization="batch")
    assert "bias" not in networks.initialize(module, jax.random.key(0), variance="he")["dense_0"]
    start = networks.initialize(module, jax.random.key(0), variance="he")["activation_0"]["normalization"]
    assert (start["scale"] == 1).all() and not start["bias"].any()


@pytest.mark.slow
@pytest.mark.parametrize("module", [networks.Residual(2, 6), networks.Recurrent(6)], ids=["residual", "recurrent"])
def test_decisions_are_exact_where_subtraction_flips_them(module: Any) -> None:
    """At σ = 2.5e-7: the 99 % interval of the flip rate reaches below 2e-4; that of subtraction (the twin) does not."""
    network = networks.functional(module, variance="fan_in")
    params, loss = network.init(jax.random.key(1)), losses.mean_squared_error(network.apply, *data.sine(20))
    found, naive = (
        flip_rate(loss, params, mutation_std=2.5e-7, key=root_key(3), draws=2048, exact=exact)
        for exact in (True, False)
    )
    assert found.low < 2e-4 < naive.low


def test_targets() -> None:
    theta, y = data.sine(1000)
    assert theta.shape == y.shape == (1, 1000)
    assert float(theta[0, -1]) == pytest.approx(0.999)
    theta, y = data.symmetric_sine()
    assert theta.shape == (1, 1001)
    assert float(y[0, 750]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: networks.Shallow(3).init(jax.random.key(0), jnp.zeros(5)), r"points of shape \(1, K\), got \(5,\)"),
        (lambda: networks.FullyConnected(inputs=2).init(jax.random.key(0), jnp.zeros((1, 5))), r"shape \(2, K\)"),
        (lambda: networks.Residual(inputs=2).init(jax.random.key(0), jnp.zeros((1, 5))), r"shape \(2, K\)"),
        (lambda: networks.Recurrent(3).init(jax.random.key(0), jnp.zeros(5)), r"sequence of shape \(1, K\)"),
        (lambda: networks.initialize(networks.Shallow(3), jax.random.key(0), variance=-1.0), "variance must be"),
        (
            lambda: networks.functional(networks.Shallow(3), variance="xavier"),
            "positive number, .*glorot.*, got 'xavier'",
        ),
        (lambda: networks.FullyConnected(activation="swish"), "one of tanh, relu, gelu, sigmoid, got 'swish'"),
        (lambda: networks.FullyConnected(dropout=1.0), r"must lie in \[0, 1\), got 1.0"),
        (lambda: networks.Convolutional(dropout=-0.1), r"must lie in \[0, 1\), got -0.1"),
        (lambda: networks.FullyConnected(normalization="group"), '"batch", "layer" or None, got \'group\''),
        (lambda: networks.Convolutional(shape=(28, 28)), r"\(height, width, channels\) of the images, got \(28, 28\)"),
        (lambda: networks.Sequence("rnn"), "one of gru, lstm, got 'rnn'"),
        (lambda: networks.Sequence(steps=3, inputs=64), "multiple of the 3 steps, got 64"),
        (lambda: data.sine(0), "points must be a positive integer"),
        (lambda: losses.mean_squared_error(lambda p, x: x, jnp.ones((1, 3)), jnp.ones((1, 4)))(0.0), "targets"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
