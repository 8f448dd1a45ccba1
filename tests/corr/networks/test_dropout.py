"""What a key drops: the share asked for, rescaled, whole channels of images, every layer on its own."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import corr
from corr import networks
from corr.networks._layers import Activation

from .registry import CASES, DROPPING, RATE, points

K = 4.0
KEYS = 2000


@pytest.mark.parametrize("name", [pytest.param(one, marks=[pytest.mark.slow] * (one == "nnx")) for one in DROPPING])
def test_a_key_is_a_mask_and_the_mean_over_keys_is_the_network_without(name: str) -> None:
    """Where the last layer alone comes after what is dropped; sums that are not rescaled are refused (the twin)."""
    network, data = CASES[name].make(), points(name)
    params = jax.jit(network.init)(jax.random.key(1))
    weights = jax.random.normal(jax.random.key(2), (CASES[name].outputs, data.shape[1]))

    @jax.jit
    def drawn(params: Any) -> tuple[jax.Array, jax.Array]:
        one = lambda key: jnp.sum(weights * network.apply(params, data, key=key))  # noqa: E731
        keys = jax.random.split(jax.random.key(3), KEYS)
        return jax.lax.map(one, jnp.concatenate([keys, keys[:2]]), batch_size=100), jnp.sum(
            weights * network.apply(params, data)
        )

    found, without = (np.asarray(part, float) for part in drawn(params))
    masks, again = found[:KEYS], found[KEYS:]
    np.testing.assert_allclose(again, masks[:2], rtol=1e-5, atol=1e-5)
    assert len(np.unique(masks.round(4))) > KEYS // 10
    error = K * masks.std(ddof=1) / np.sqrt(KEYS)
    assert abs(masks.mean() - without) < error
    assert abs((1 - RATE) * masks.mean() - without) > error


@pytest.mark.parametrize("shape", [(40, 50), (3, 2, 40, 50)], ids=["units", "channels"])
def test_the_share_is_dropped_and_channels_everywhere_at_once(shape: tuple[int, ...]) -> None:
    """Units of every point on their own, channels at all places of an image."""
    module = Activation("relu", dropout=RATE)
    out = np.asarray(module.apply({}, jnp.ones(shape), rngs={"dropout": jax.random.key(0)}))
    kept = out.reshape(-1, *shape[-2:])
    assert (kept == kept[:1]).all()
    assert set(np.unique(out)) == {0, np.float32(1 / (1 - RATE))}
    dropped, error = np.mean(kept[0] == 0), K * (RATE * (1 - RATE) / kept[0].size) ** 0.5
    assert abs(dropped - RATE) < error < abs(dropped - (1 - RATE))


class LinenTwice(nn.Module):
    """What two dropouts of the same shape leave of the features; told by no flag."""

    @nn.compact
    def __call__(self, features: jax.Array) -> jax.Array:
        scale = self.param("scale", nn.initializers.ones_init(), ())
        for _ in range(2):
            features = nn.Dropout(RATE, deterministic=False)(features)
        return scale * features


class NnxTwice(nnx.Module):
    """The same in nnx."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.scale = nnx.Param(jnp.ones(()))
        self.dropouts = nnx.List([nnx.Dropout(RATE, rngs=rngs) for _ in range(2)])

    def __call__(self, features: jax.Array) -> jax.Array:
        for dropout in self.dropouts:
            features = dropout(features)
        return self.scale * features


class NnxCalled(NnxTwice):
    """Told all by arguments of the call."""

    def __call__(self, features: jax.Array, *, train: bool, rngs: nnx.Rngs | None) -> jax.Array:
        for dropout in self.dropouts:
            features = dropout(features, deterministic=not train, rngs=rngs)
        return self.scale * features


@pytest.mark.parametrize("module", [LinenTwice(), NnxTwice, NnxCalled])
def test_layers_drop_independently(module: Any) -> None:
    """Two layers keep (1 - p)² of the units; one mask for both would keep 1 - p."""
    size, right = 2000, (1 - RATE) ** 2
    network = networks.from_flax(module, (size,))
    params = network.init(jax.random.key(0))
    kept = jnp.mean(network.apply(params, jnp.ones((size, 1)), key=jax.random.key(1)) != 0)
    error = K * (right * (1 - right) / size) ** 0.5
    assert abs(float(kept) - right) < error < abs(float(kept) - (1 - RATE))
    assert (network.apply(params, jnp.ones((size, 1))) == 1).all()


@pytest.mark.slow
def test_one_mask_or_two_for_the_losses_of_a_step() -> None:
    """At σ so short that a change under one mask is below 0.01, that under two is what the masks make of the loss."""
    network, data = CASES["dropout"].make(), points("dropout")
    params = jax.jit(network.init)(jax.random.key(1))

    def loss(params: Any, key: jax.Array | None = None) -> jax.Array:
        return jnp.mean(network.apply(params, data, key=key) ** 2)

    one = corr.minibatch(
        lambda key: corr.mutation(lambda params: loss(params, key), mutation_std=1e-4),
        batch=lambda key: key,
        loss=loss,
    )
    two = corr.two_batches(loss, batch=lambda key: key, loss=loss, mutation_std=1e-4)
    keys = jax.random.split(jax.random.key(2), 50)
    shared, apart = (
        np.asarray(jax.jit(jax.vmap(lambda key, w=walk: w.step(key, w.init(params))[1].loss_change))(keys))
        for walk in (one, two)
    )
    masks = np.asarray(jax.jit(jax.vmap(lambda key: loss(params, key)))(keys))
    assert np.abs(shared).max() < 0.01 < apart.std()
    assert abs(apart.std() / (2**0.5 * masks.std()) - 1) < K * (2 / 50) ** 0.5
