"""PathNet: a network of modules in layers, of which a path is used."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp

from .._checks import check_count
from ._paths import taken_once


class Modules(NamedTuple):
    """Modules of one layer, or of a path through it.

    Attributes:
        kernel: (M, units, inputs of the layer).
        bias: (M, units).
    """

    kernel: jax.Array
    bias: jax.Array


class PathParams(NamedTuple):
    """Parameters of a ``PathNet``, or of a path through it.

    Attributes:
        layers: L of ``Modules``.
        readout: kernel (outputs, units) and bias (outputs,).
    """

    layers: list[Modules]
    readout: tuple[jax.Array, jax.Array]


@dataclass(frozen=True)
class PathNet:
    """L layers of M modules, each one layer of rectified units, of which at most N a layer are used.

    Outputs of the used modules of a layer are summed, or averaged, and fed to those above; a linear readout, one for
    each task, ends it. A path names N modules of every layer, integers (L, N); one that is named twice is used once.

    Args:
        inputs: numbers a point has.
        outputs: of the readout.
        layers: L.
        modules: M.
        used: N, at most M.
        units: of a module.
        aggregation: "sum", or "mean" over the modules that are used.

    Raises:
        TypeError: if a number is no integer.
        ValueError: if one is not positive, N is above M, or the aggregation is another.

    Example:
        >>> net = PathNet(inputs=4, outputs=2)
        >>> path = net.paths(jax.random.key(0), 1)[0]
        >>> net.apply(net.init(jax.random.key(1)), path, jnp.ones((4, 5))).shape
        (2, 5)

    Reference: Fernando et al., arXiv:1701.08734.
    """

    inputs: int
    outputs: int
    layers: int = 3
    modules: int = 10
    used: int = 3
    units: int = 20
    aggregation: Literal["sum", "mean"] = "sum"

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs", "layers", "modules", "used", "units"):
            check_count(name, getattr(self, name))
        if self.used > self.modules:
            raise ValueError(f"used (N) must be at most modules (M) = {self.modules}, got {self.used}")
        if self.aggregation not in ("sum", "mean"):
            raise ValueError(f'aggregation must be "sum" or "mean", got {self.aggregation!r}')

    def init(self, key: jax.Array) -> PathParams:
        """Kernels N(0, 2/n) of n inputs and no offset, drawn by a typed key."""
        sizes = [self.inputs, *[self.units] * (self.layers - 1)]
        *keys, last = jax.random.split(key, self.layers + 1)
        layers = [
            Modules(_drawn(one, (self.modules, self.units, size)), jnp.zeros((self.modules, self.units)))
            for one, size in zip(keys, sizes, strict=True)
        ]
        return PathParams(layers, (_drawn(last, (self.outputs, self.units)), jnp.zeros(self.outputs)))

    def paths(self, key: jax.Array, count: int) -> jax.Array:
        """So many paths, (count, L, N), of N distinct modules a layer, drawn evenly by a typed key."""
        chances = jax.random.uniform(key, (check_count("count", count), self.layers, self.modules))
        return jnp.argsort(chances, axis=-1)[..., : self.used].astype(jnp.int32)

    def renewed(self, key: jax.Array, params: PathParams, frozen: jax.Array) -> PathParams:
        """For the next task: modules of the frozen path, (L, n), as they are, all else drawn anew by a typed key."""
        fresh = self.init(key)
        kept = on_path(params, frozen)._replace(readout=fresh.readout)
        return off_path(fresh, kept, frozen, taken_once(frozen))

    def apply(self, params: PathParams, path: jax.Array, points: jax.Array) -> jax.Array:
        """Outputs (outputs, K) at points (inputs, K), through a path, (L, n)."""
        return self.through(on_path(params, path), taken_once(path), points)

    def through(self, parts: PathParams, taken: jax.Array, points: jax.Array) -> jax.Array:
        """Outputs (outputs, K) at points (inputs, K) of a path's own modules, where they are taken, (L, n)."""
        signal = points
        for layer, which in zip(parts.layers, taken, strict=True):
            made = jax.nn.relu(layer.kernel @ signal + layer.bias[:, :, None])
            weights = which.astype(points.dtype)
            signal = jnp.sum(weights[:, None, None] * made, axis=0)
            if self.aggregation == "mean":
                signal = signal / jnp.sum(weights)
        kernel, bias = parts.readout
        return kernel @ signal + bias[:, None]


def _drawn(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return (2 / shape[-1]) ** 0.5 * jax.random.normal(key, shape)


def on_path(params: PathParams, path: jax.Array) -> PathParams:
    """The modules that a path names, and the readout.

    Args:
        params: from ``PathNet.init``.
        path: integers (L, n).

    Returns:
        Parameters with n in place of M.

    Example:
        >>> net = PathNet(inputs=4, outputs=2, layers=2, modules=5, used=1, units=3)
        >>> on_path(net.init(jax.random.key(0)), jnp.array([[4], [0]])).layers[0].kernel.shape
        (1, 3, 4)
    """
    return params._replace(layers=[_each(lambda leaf, genes=genes: leaf[genes], layer)
                                   for layer, genes in zip(params.layers, path, strict=True)])  # fmt: skip


def off_path(params: PathParams, parts: PathParams, path: jax.Array, learned: jax.Array) -> PathParams:
    """Parameters with modules of a path put back, where they learned, and the readout.

    Args:
        params: from ``PathNet.init``.
        parts: like those of ``on_path``.
        path: integers (L, n).
        learned: truth values (L, n), at most one for each module.

    Returns:
        Parameters.

    Example:
        >>> net = PathNet(inputs=4, outputs=2, layers=2, modules=5, used=1, units=3)
        >>> params, path = net.init(jax.random.key(0)), jnp.array([[4], [0]])
        >>> zero = jax.tree.map(jnp.zeros_like, on_path(params, path))
        >>> back = off_path(params, zero, path, jnp.array([[True], [False]]))
        >>> [bool(layer.kernel[genes[0]].any()) for layer, genes in zip(back.layers, path)]
        [False, True]
    """
    layers = []
    for layer, new, genes, which in zip(params.layers, parts.layers, path, learned, strict=True):
        there = jnp.where(which, genes, len(layer.bias))  # out of range is dropped
        layers.append(_each(lambda old, one, there=there: old.at[there].set(one, mode="drop"), layer, new))
    return PathParams(layers, parts.readout)


def _each(change: Any, *layers: Modules) -> Modules:
    return Modules(*(change(*leaves) for leaves in zip(*layers, strict=True)))
