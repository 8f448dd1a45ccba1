"""Networks, data and losses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corr import data, losses, networks


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
        (lambda: networks.initialize(networks.Shallow(3), jax.random.key(0), variance=-1.0), "variance must be"),
        (lambda: data.sine(0), "points must be a positive integer"),
        (lambda: losses.mean_squared_error(lambda p, x: x, jnp.ones((1, 3)), jnp.ones((1, 4)))(0.0), "targets"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
