"""Start parameters and the functional (init, apply) form of a flax module."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from .._keys import any_key, check_key
from ._parameters import check_params, shapes_of

# One over the variance of a kernel's numbers, given its fan-in and fan-out.
PRECISIONS: dict[str, Callable[[int, int], float]] = {
    "fan_in": lambda fan_in, fan_out: fan_in,
    "he": lambda fan_in, fan_out: fan_in / 2,
    "glorot": lambda fan_in, fan_out: (fan_in + fan_out) / 2,
}


class Network(NamedTuple):
    """A network as two pure functions.

    Attributes:
        init: ``init(key) -> params``.
        apply: ``apply(params, points of shape (features, K), *, key=None, training_points=None) -> outputs of shape
            (outputs, K)``. A scalar typed ``key`` draws what is dropped; without one nothing is. Batch normalization
            takes the statistics of the points it is given, two at least, or, to evaluate others, those of
            ``training_points``, (features, any number) and no key beside them; networks without it pass over them.
    """

    init: Callable[[jax.Array], Any]
    apply: Callable[..., jax.Array]


def functional(module: nn.Module, *, variance: float | str | None = 1e-4) -> Network:
    """The (init, apply) form of a flax module with data points last.

    The key of ``apply`` is an argument of the loss, so a dynamics says how many masks a step has. By ``minibatch``
    both losses of a decision have one mask: on the average over masks mutation descends the average of the loss. By
    ``two_batches`` each has its own: what the masks make of the loss is noise, and noise is temperature.

    Args:
        module: a flax module with an ``inputs`` attribute, its number of input features.
        variance: start parameters, see ``initialize``.

    Returns:
        A ``Network``; its ``apply`` refuses parameters of another network, and one point alone in batch normalization.

    Raises:
        ValueError: if ``variance`` is none of those that ``initialize`` knows.

    Example:
        >>> import corr
        >>> from corr.networks import FullyConnected, Shallow
        >>> network = functional(Shallow(2))
        >>> network.apply(network.init(jax.random.key(0)), jnp.zeros((1, 4))).shape
        (1, 4)

        Dropout, one mask for both losses of a step; then two, which is a temperature:

        >>> network = functional(FullyConnected((8,), dropout=0.2), variance="glorot")
        >>> theta, y = corr.data.sine(10)
        >>> loss = lambda params, key=None: jnp.mean((network.apply(params, theta, key=key) - y) ** 2)
        >>> one = corr.minibatch(lambda key: corr.mutation(lambda params: loss(params, key), mutation_std=0.01),
        ...                      batch=lambda key: key, loss=loss)
        >>> two = corr.two_batches(loss, batch=lambda key: key, loss=loss, mutation_std=0.01)
        >>> one.evaluations, two.evaluations  # what a step costs
        (2, 3)

    Reference: Srivastava et al. (2014), Dropout; theory/README.md, "Noisy evaluations".
    """
    _check_variance(variance)
    takes_statistics = getattr(module, "normalization", None) == "batch"

    def init(key: jax.Array) -> Any:
        return initialize(module, key, variance=variance)

    @functools.cache
    def expected() -> dict[str, tuple[int, ...]]:
        return shapes_of(jax.eval_shape(init, any_key()))

    def apply(
        params: Any, points: jax.Array, *, key: jax.Array | None = None, training_points: jax.Array | None = None
    ) -> jax.Array:
        key = checked(key, points, training_points, takes_statistics=takes_statistics)
        check_params(params, expected())
        rngs = {} if key is None else {"dropout": key}
        if training_points is None or not takes_statistics:
            return cast(jax.Array, module.apply({"params": params}, points, rngs=rngs))
        together, first = _after_training(training_points, points)
        outputs = cast(jax.Array, module.apply({"params": params}, together, training=first, rngs=rngs))
        return outputs[:, first:]

    return Network(init, apply)


def checked(
    key: jax.Array | None, points: jax.Array, training_points: jax.Array | None, *, takes_statistics: bool
) -> jax.Array | None:
    """The key of ``apply``, a typed one, and not beside training points, which are for evaluation.

    Raises:
        TypeError: if it is no typed key.
        ValueError: if it is an array of keys, there are training points too, or batch normalization would take the
            statistics of one point.
    """
    if key is not None and training_points is not None:
        raise ValueError("give a key, to train, or training_points, to evaluate, not both")
    which = "points" if training_points is None else "training_points"
    if takes_statistics and jnp.shape(points if training_points is None else training_points)[-1:] == (1,):
        raise ValueError(
            f"batch normalization has one point in {which}, of which it would take away all that differs: give two at "
            "least, or, to evaluate some, training_points beside them"
        )
    return None if key is None else check_key(key)


def _after_training(training_points: jax.Array, points: jax.Array) -> tuple[jax.Array, int]:
    """The training points and the others side by side, and how many of them are training points.

    Raises:
        ValueError: if they have different features, or there are no training points.
    """
    shape = jnp.shape(training_points)
    if len(shape) != 2 or shape[0] != points.shape[0] or not shape[1]:
        raise ValueError(f"training_points must have shape ({points.shape[0]}, K) as points have, got {shape}")
    return jnp.concatenate([training_points, points], axis=-1), shape[1]


def initialize(module: nn.Module, key: jax.Array, *, variance: float | str | None = 1e-4) -> Any:
    """Start parameters of a network.

    Args:
        module: a flax module with an ``inputs`` attribute, its number of input features.
        key: scalar typed key.
        variance: a number σ0² for N(0, σ0²) on every parameter (the paper's shallow networks, 1e-4); for normal
            numbers on kernels, whose fan-in and fan-out are the numbers of links into and out of a unit,
            ``"fan_in"`` (LeCun's; our choice for the deep network) for variance 1/fan-in, ``"he"`` for 2/fan-in,
            ``"glorot"`` for 2/(fan-in + fan-out), each with biases zero and scales of normalization one; None for
            flax's own.

    Returns:
        A pytree of float32 (or float64, where x64 is enabled) arrays.

    Raises:
        TypeError: if the key is no typed key.
        ValueError: if ``variance`` is none of these.

    Example:
        >>> from corr.networks import Shallow
        >>> sorted(initialize(Shallow(3), jax.random.key(0), variance=1e-4))
        ['a', 'b', 'c']

    Reference: Whitelam et al. (2021), Fig. 1: σ0² = 1e-4; LeCun et al. (1998), Efficient backprop; Glorot and Bengio
    (2010), Understanding the difficulty; He et al. (2015), Delving deep into rectifiers.
    """
    _check_variance(variance)
    check_key(key)
    params = module.init(key, jnp.zeros((module.inputs, 1)))["params"]  # pyright: ignore[reportAttributeAccessIssue]
    if variance is None:
        return params
    leaves, treedef = jax.tree.flatten(params)
    keys = jax.random.split(key, len(leaves))

    def draw(key: jax.Array, leaf: jax.Array) -> jax.Array:
        if not isinstance(variance, str):
            return jnp.sqrt(jnp.asarray(variance, leaf.dtype)) * jax.random.normal(key, leaf.shape, leaf.dtype)
        if leaf.ndim < 2:
            return leaf
        window = math.prod(leaf.shape[2:])  # of a convolution, (out, in, height, width)
        precision = PRECISIONS[variance](leaf.shape[1] * window, leaf.shape[0] * window)
        return jax.random.normal(key, leaf.shape, leaf.dtype) / np.sqrt(precision).astype(leaf.dtype)

    return jax.tree.unflatten(treedef, [draw(k, leaf) for k, leaf in zip(keys, leaves, strict=True)])


def _check_variance(variance: float | str | None) -> None:
    if variance is None or (isinstance(variance, str) and variance in PRECISIONS):
        return
    if not (isinstance(variance, (int, float)) and np.isfinite(variance) and variance > 0):
        known = ", ".join(f'"{name}"' for name in PRECISIONS)
        raise ValueError(f"variance must be a positive number, {known} or None, got {variance!r}")
