"""Start parameters and the functional (init, apply) form of a flax module."""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np


class Network(NamedTuple):
    """A network as two pure functions.

    Attributes:
        init: ``init(key) -> params``.
        apply: ``apply(params, points of shape (features, K)) -> outputs of shape (outputs, K)``.
    """

    init: Callable[[jax.Array], Any]
    apply: Callable[[Any, jax.Array], jax.Array]


def functional(module: nn.Module, *, variance: float | str | None = 1e-4) -> Network:
    """The (init, apply) form of a flax module with data points last.

    Args:
        module: a flax module with an ``inputs`` attribute, its number of input features.
        variance: start parameters, see ``initialize``.

    Returns:
        A ``Network``.

    Example:
        >>> from corr.networks import Shallow
        >>> network = functional(Shallow(2))
        >>> network.apply(network.init(jax.random.key(0)), jnp.zeros((1, 4))).shape
        (1, 4)
    """

    def apply(params: Any, points: jax.Array) -> jax.Array:
        return cast(jax.Array, module.apply({"params": params}, points))

    return Network(lambda key: initialize(module, key, variance=variance), apply)


def initialize(module: nn.Module, key: jax.Array, *, variance: float | str | None = 1e-4) -> Any:
    """Start parameters of a network.

    Args:
        module: a flax module with an ``inputs`` attribute, its number of input features.
        key: scalar typed key.
        variance: a number σ0² for N(0, σ0²) on every parameter (the paper's shallow networks, 1e-4); ``"fan_in"`` for
            N(0, 1/fan-in) on kernels and zero biases (our choice for the deep network); None for flax's own.

    Returns:
        A pytree of float32 (or float64, where x64 is enabled) arrays.

    Raises:
        ValueError: if ``variance`` is neither positive, ``"fan_in"`` nor None.

    Example:
        >>> from corr.networks import Shallow
        >>> sorted(initialize(Shallow(3), jax.random.key(0), variance=1e-4))
        ['a', 'b', 'c']

    Reference: Whitelam et al. (2021), Fig. 1: σ0² = 1e-4.
    """
    params = module.init(key, jnp.zeros((module.inputs, 1)))["params"]  # pyright: ignore[reportAttributeAccessIssue]
    if variance is None:
        return params
    if variance != "fan_in" and not (isinstance(variance, (int, float)) and np.isfinite(variance) and variance > 0):
        raise ValueError(f'variance must be a positive number, "fan_in" or None, got {variance!r}')
    leaves, treedef = jax.tree.flatten(params)
    keys = jax.random.split(key, len(leaves))

    def draw(key: jax.Array, leaf: jax.Array) -> jax.Array:
        if variance != "fan_in":
            return jnp.sqrt(jnp.asarray(variance, leaf.dtype)) * jax.random.normal(key, leaf.shape, leaf.dtype)
        if leaf.ndim < 2:
            return jnp.zeros_like(leaf)
        return jax.random.normal(key, leaf.shape, leaf.dtype) / np.sqrt(leaf.shape[-1]).astype(leaf.dtype)

    return jax.tree.unflatten(treedef, [draw(k, leaf) for k, leaf in zip(keys, leaves, strict=True)])
