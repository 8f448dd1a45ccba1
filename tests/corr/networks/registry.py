"""Every network by name: a new one becomes a row here, and the contract tests hold for it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax import nnx

from corr import networks

SIDE, OUTPUTS = 4, 3
RATE = 0.4


class Case(NamedTuple):
    """A maker of a network, and what it takes: ``features`` of a point, ``outputs``, whether it drops units."""

    make: Callable[[], networks.Network]
    features: int
    outputs: int = OUTPUTS
    drops: bool = False


class LinenImages(nn.Module):
    """Two convolutions with batch normalization, dropout before the last layer; trained by a flag, as is usual."""

    @nn.compact
    def __call__(self, images: jax.Array, train: bool) -> jax.Array:
        hidden = images
        for channels in (3, 4):
            hidden = nn.Conv(channels, (3, 3), strides=2)(hidden)
            hidden = nn.relu(nn.BatchNorm(use_running_average=not train)(hidden))
        hidden = nn.Dropout(RATE, deterministic=not train)(hidden.reshape(len(images), -1))
        return nn.Dense(OUTPUTS)(hidden)


class NnxImages(nnx.Module):
    """The same in nnx, with layers in a list."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        pairs = ((1, 3), (3, 4))
        self.convolutions = nnx.List([nnx.Conv(*pair, (3, 3), strides=2, rngs=rngs) for pair in pairs])
        self.normalizations = nnx.List([nnx.BatchNorm(channels, rngs=rngs) for _, channels in pairs])
        self.dropout = nnx.Dropout(RATE, rngs=rngs)
        self.last = nnx.Linear(4, OUTPUTS, rngs=rngs)

    def __call__(self, images: jax.Array, train: bool) -> jax.Array:
        hidden = images
        for convolution, normalization in zip(self.convolutions, self.normalizations, strict=True):
            hidden = nnx.relu(normalization(convolution(hidden), use_running_average=not train))
        return self.last(self.dropout(hidden.reshape(len(images), -1), deterministic=not train))


def fully_connected(**options: Any) -> Callable[[], networks.Network]:
    widths = options.pop("widths", (6,))
    module = networks.FullyConnected(widths, inputs=5, outputs=OUTPUTS, **options)
    return lambda: networks.functional(module, variance="glorot")


def images(**options: Any) -> Callable[[], networks.Network]:
    module = networks.Convolutional(shape=(SIDE, SIDE, 1), outputs=OUTPUTS, **options)
    return lambda: networks.functional(module, variance="he")


def sequence(cell: str) -> Callable[[], networks.Network]:
    return lambda: networks.functional(networks.Sequence(cell, 4, 3, inputs=6, outputs=OUTPUTS), variance="glorot")


IMAGE = (SIDE, SIDE, 1)
CASES: dict[str, Case] = {
    "shallow": Case(lambda: networks.functional(networks.Shallow(5), variance=0.1), 1, 1),
    "tanh": Case(fully_connected(), 5),
    "relu": Case(fully_connected(activation="relu"), 5),
    "gelu": Case(fully_connected(activation="gelu"), 5),
    "sigmoid": Case(fully_connected(activation="sigmoid"), 5),
    "dropout": Case(fully_connected(dropout=RATE), 5, drops=True),
    "batch normalization": Case(fully_connected(widths=(6, 6), normalization="batch"), 5),
    "layer normalization": Case(fully_connected(activation="gelu", normalization="layer"), 5),
    "residual": Case(lambda: networks.functional(networks.Residual(2, 4, 5, OUTPUTS), variance="fan_in"), 5),
    "recurrent": Case(lambda: networks.functional(networks.Recurrent(4, 5, OUTPUTS), variance="fan_in"), 5),
    "convolutional": Case(images(channels=(4,), dropout=RATE), SIDE**2, drops=True),
    "convolutional, batch": Case(images(channels=(3, 4), normalization="batch"), SIDE**2),
    "convolutional, layer": Case(images(channels=(3, 4), activation="tanh", normalization="layer"), SIDE**2),
    "gru": Case(sequence("gru"), 6),
    "lstm": Case(sequence("lstm"), 6),
    "linen": Case(lambda: networks.from_flax(LinenImages(), IMAGE), SIDE**2, drops=True),
    "nnx": Case(lambda: networks.from_flax(NnxImages, IMAGE), SIDE**2, drops=True),
}
DROPPING = [name for name, case in CASES.items() if case.drops]
NORMALIZING = ["batch normalization", "convolutional, batch", "linen", "nnx"]
# Their points are the steps of one sequence: what comes first matters.
IN_ORDER = {"recurrent"}
# In the fast suite: each kind of layer once.
QUICK = {"batch normalization", "gru", "nnx"}
# Of these the few that are compared with float64 there.
QUICKLY_COMPARED = ("batch normalization", "gru")


def points(name: str, count: int = 7, seed: int = 0) -> jax.Array:
    return jax.random.uniform(jax.random.key(seed), (CASES[name].features, count))


def mean_cross_entropy(apply: Callable[..., jax.Array], data: jax.Array) -> Callable[..., jax.Array]:
    """Of classes 0, 1, 2, 0, ..., with a penalty on all parameters, so that each is on the slope."""
    labels = jnp.arange(data.shape[1]) % OUTPUTS

    def loss(params: Any, key: jax.Array | None = None) -> jax.Array:
        logs = jax.nn.log_softmax(apply(params, data, key=key), axis=0)
        chosen = jnp.take_along_axis(logs, labels[None], axis=0)
        return -jnp.mean(chosen) + 0.01 * sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(params))

    return loss
