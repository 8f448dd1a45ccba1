"""Modules of flax: equal to themselves, left as they were, and refused where they are no function of parameters."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import corr
from corr import losses, networks
from corr.data._mnist import FASHION

from .registry import SIDE, LinenImages, NnxImages

IMAGE = (SIDE, SIDE, 1)
IMAGES = jax.random.uniform(jax.random.key(0), (7, *IMAGE))
POINTS = IMAGES.reshape(7, -1).T


def test_linen_gives_what_the_module_gives() -> None:
    network, module = networks.from_flax(LinenImages(), IMAGE), LinenImages()
    params = jax.jit(network.init)(jax.random.key(1))
    own: Any = jax.jit(lambda key: module.init(key, IMAGES, train=False))(jax.random.key(1))
    assert jax.tree.all(jax.tree.map(np.array_equal, params, own["params"]))
    key = jax.random.key(2)
    expected, _ = jax.jit(
        lambda own: module.apply(own, IMAGES, train=True, rngs={"dropout": key}, mutable=["batch_stats"])
    )(own)
    found = jax.jit(network.apply)(params, POINTS, key=key)
    np.testing.assert_allclose(found.T, expected, rtol=1e-5, atol=1e-5)


def test_nnx_gives_what_the_module_gives_and_leaves_it_alone() -> None:
    """A module that stands in evaluation keeps its mode, its parameters, statistics and random numbers."""
    module = NnxImages(nnx.Rngs(3))
    module.eval()
    before = jax.tree.map(jnp.array, nnx.to_pure_dict(nnx.state(module, nnx.Param, nnx.BatchStat)[0]))
    network = networks.from_flax(module, IMAGE)
    params = network.init(jax.random.key(1))
    found = network.apply(params, POINTS)
    network.apply(params, POINTS, key=jax.random.key(2))
    assert module.dropout.deterministic and module.normalizations[0].use_running_average
    assert not any(np.any(layer.mean[...]) for layer in module.normalizations)
    assert int(module.dropout.rngs.count[...]) == 0  # pyright: ignore[reportOptionalMemberAccess]
    assert jax.tree.all(jax.tree.map(np.array_equal, params, before))
    module.dropout.rate = 0.0
    np.testing.assert_allclose(found.T, module(IMAGES, train=True), rtol=1e-5, atol=1e-5)


def test_a_class_of_nnx_starts_by_key_and_an_instance_with_what_it_has() -> None:
    by_key, instance = networks.from_flax(NnxImages, IMAGE), networks.from_flax(NnxImages(nnx.Rngs(3)), IMAGE)
    first, other = ([net.init(jax.random.key(k))["last"]["kernel"] for k in (0, 1)] for net in (by_key, instance))
    assert not np.array_equal(*first) and np.array_equal(*other)


class Linear(nnx.Module):
    """To be broken: one layer, and what ``more`` adds."""

    def __init__(self, rngs: nnx.Rngs, outputs: int = 2, **more: Any) -> None:
        self.layer = nnx.Linear(3, outputs, rngs=rngs)
        for name, value in more.items():
            setattr(self, name, value)

    def __call__(self, features: jax.Array) -> jax.Array:
        return self.layer(features)


class Squeezed(Linear):
    def __call__(self, features: jax.Array) -> jax.Array:
        return self.layer(features)[:, 0]


class Noisy(Linear):
    """Adds noise of its own stream, asked or not."""

    def __call__(self, features: jax.Array) -> jax.Array:
        return self.layer(features) + jax.random.normal(self.stream.noise(), (len(features), 2))


class Averaged(Linear):
    """Uses a running average whatever it is told."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        super().__init__(rngs, normalization=nnx.BatchNorm(3, rngs=rngs))

    def __call__(self, features: jax.Array) -> jax.Array:
        return self.layer(self.normalization(features, use_running_average=True))


class Linen(nn.Module):
    """To be broken, in ``way``."""

    way: str

    @nn.compact
    def __call__(self, features: jax.Array) -> jax.Array:
        if self.way == "average":
            features = nn.BatchNorm(use_running_average=True)(features)
        if self.way == "state":
            self.variable("cache", "count", lambda: jnp.zeros(()))
        if self.way == "statistics":
            self.variable("batch_stats", "largest", lambda: jnp.zeros(()))
        if self.way == "integer":
            self.param("table", lambda key: jnp.arange(3))
        if self.way == "noise":
            features += jax.random.normal(self.make_rng("noise"), features.shape)
        return nn.Dense(2)(features) if self.way != "empty" else features


REFUSED = {
    "squeezed": (Squeezed, ValueError, r"outputs of shape \(2,\) for 2 points, expected \(2, outputs\)"),
    "integer": (
        lambda rngs: Linear(rngs, table=nnx.Param(jnp.arange(3))), ValueError, "'table'.* int32, expected floating"),
    "state": (lambda rngs: Linear(rngs, cache=nnx.Cache(jnp.zeros(()))), ValueError, r"state in \['Cache'\]"),
    "statistics": (
        lambda rngs: Linear(rngs, largest=nnx.BatchStat(jnp.zeros(()))), ValueError, "variances of nnx.BatchNorm"),
    "noise": (lambda rngs: Noisy(rngs, stream=rngs), ValueError, "draws random numbers without a key"),
    "average": (Averaged, ValueError, "running average of batch normalization is NaN here"),
    "no module": (lambda rngs: 3, TypeError, "must make an nnx module of nnx.Rngs, got int"),
    "linen average": (Linen("average"), ValueError, "running average of batch normalization is NaN here"),
    "linen noise": (Linen("noise"), ValueError, 'draws random numbers without a key.*PRNG for "noise"'),
    "linen state": (Linen("state"), ValueError, r"state in \['cache'\]"),
    "linen statistics": (Linen("statistics"), ValueError, "variances of flax.linen.BatchNorm"),
    "linen integer": (Linen("integer"), ValueError, "'table'.* int32, expected floating"),
    "linen empty": (Linen("empty"), ValueError, "has no parameters"),
    "linen class": (Linen, TypeError, "flax.linen module, a flax.nnx module or a function"),
    "number": (3, TypeError, "flax.linen module, a flax.nnx module or a function"),
}  # fmt: skip


class Masked(nn.Module):
    """Drops units by a stream of another name than flax's own."""

    @nn.compact
    def __call__(self, features: jax.Array, train: bool) -> jax.Array:
        return nn.Dense(2)(nn.Dropout(0.5, deterministic=not train, rng_collection="mask")(features))


def test_a_stream_of_any_name_is_drawn_from_the_key() -> None:
    network, points = networks.from_flax(Masked(), (8,)), jnp.ones((8, 3))
    params = network.init(jax.random.key(0))
    one, again, other = (network.apply(params, points, key=jax.random.key(n)) for n in (1, 1, 2))
    assert (one == again).all() and not jnp.allclose(one, other)
    assert not jnp.allclose(one, network.apply(params, points))


class Twice(nn.Module):
    """Outputs what two streams draw in one place."""

    @nn.compact
    def __call__(self, features: jax.Array) -> jax.Array:
        drawn = [jax.random.normal(self.make_rng(one), (len(features),)) if self.has_rng(one) else features[:, 0]
                 for one in ("dropout", "params")]  # fmt: skip
        return jnp.stack(drawn, axis=1) + 0 * nn.Dense(2)(features)


def test_two_streams_share_no_numbers() -> None:
    network = networks.from_flax(Twice(), (3,))
    outputs = network.apply(network.init(jax.random.key(0)), jnp.ones((3, 4)), key=jax.random.key(1))
    assert not jnp.isin(outputs[0], outputs[1]).any()


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_function_of_its_parameters_is_refused(name: str) -> None:
    module, kind, said = REFUSED[name]
    with pytest.raises(kind, match=said):
        networks.from_flax(module, (3,))


def test_a_shape_that_is_one_number_is_refused() -> None:
    with pytest.raises(TypeError, match=r"shape must be that of one point, such as .* or \(64,\), got 3"):
        networks.from_flax(Linen("average"), 3)  # pyright: ignore[reportArgumentType]


def test_a_constant_of_the_module_is_one() -> None:
    """An array that is no variable, here integers."""
    network = networks.from_flax(lambda rngs: Linear(rngs, table=nnx.data(jnp.arange(3))), (3,))
    assert network.apply(network.init(jax.random.key(0)), jnp.ones((3, 4))).shape == (2, 4)


class Net(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.first = nnx.Conv(1, 4, (3, 3), rngs=rngs)
        self.dropout = nnx.Dropout(0.25, rngs=rngs)
        self.last = nnx.Linear(4 * 7 * 7, 10, rngs=rngs)

    def __call__(self, images: jax.Array) -> jax.Array:
        hidden = nnx.max_pool(nnx.relu(self.first(images)), (4, 4), strides=(4, 4))
        return self.last(self.dropout(hidden.reshape(len(images), -1)))


@pytest.mark.slow
@pytest.mark.skipif(
    not FASHION.exists(), reason=f"no {FASHION}: apt-get install dataset-fashion-mnist, as .ci/run does"
)
def test_a_network_of_nnx_learns_clothes_by_mutation() -> None:
    """Cross-entropy, dropout and L2 of 50 real images: without mask, it has less loss after 400 mutations."""
    points, labels = corr.data.fashion_mnist()[0]
    network = networks.from_flax(Net, (28, 28, 1))
    entropy = losses.mean(losses.cross_entropy(), network.apply, points[:, :50], labels[:50])
    loss = losses.total(entropy, losses.l2(1e-3))
    walk = corr.minibatch(
        lambda key: corr.mutation(lambda params: loss(params, key), mutation_std=0.01),
        batch=lambda key: key,
        loss=loss,
    )
    data = corr.run(
        walk, network.init(jax.random.key(0)), steps=400, trajectories=2, key=corr.root_key(0), progress=False
    )
    assert (data.loss.values[:, -1] < 0.95 * data.loss.values[:, 0]).all()
