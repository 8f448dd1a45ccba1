"""Any module of flax as a network: linen and nnx, which take images or whatever they take with the points first."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.errors import InvalidRngError

from .._checks import check_count
from .._keys import check_key
from ._from_linen import Linen
from ._functional import Network, checked
from ._parameters import check_params, shapes_of

PROBE = 2  # points on which a module is tried


class Pure(Protocol):
    """A module as functions of its parameters, points first."""

    @property
    def normalizes(self) -> bool:
        """Whether it has batch normalization."""
        ...

    def init(self, key: jax.Array) -> Any:
        """Start parameters."""
        ...

    def apply(self, params: Any, points: jax.Array, key: jax.Array | None, training: jax.Array | None) -> jax.Array:
        """Outputs for points, with the statistics of ``training`` where these are given."""
        ...


def from_flax(module: Any, shape: tuple[int, ...]) -> Network:
    """A network of any flax.linen or flax.nnx module that takes points first, (K, *shape) -> (K, outputs).

    Dropout and batch normalization are told what to do by ``apply``, whatever the module was made with; arguments of
    its ``__call__`` that are named ``train``, ``training``, ``is_training``, ``deterministic``,
    ``use_running_average`` or (nnx) ``rngs`` are filled in. Without a key no unit is dropped; with one every stream of
    random numbers that linen's layers ask for is drawn from it. Batch normalization goes
    by the statistics of the points it is given, or those of ``training_points``: a running average is no function of
    the parameters.

    Args:
        module: a linen module; an nnx module, which starts with the parameters it has, whatever the key of ``init``;
            or a function ``nnx.Rngs -> nnx module``, such as its class, for a start by key.
        shape: of one point, for example (28, 28, 1).

    Returns:
        A ``Network`` that takes points of shape (features, K), features the product of ``shape``, each point row by
        row as ``ravel`` does.

    Raises:
        TypeError: if the module is neither, or the shape no sequence.
        ValueError: if its outputs do not have shape (K, outputs), a parameter is not floating point, it keeps other
            state than batch statistics of flax's own layers, uses a running average or draws random numbers without
            a key.

    Example:
        >>> from flax import nnx
        >>> class Small(nnx.Module):
        ...     def __init__(self, rngs):
        ...         self.first = nnx.Conv(1, 4, (3, 3), strides=2, rngs=rngs)
        ...         self.dropout = nnx.Dropout(0.5, rngs=rngs)
        ...         self.last = nnx.Linear(64, 10, rngs=rngs)
        ...     def __call__(self, images):
        ...         hidden = self.dropout(nnx.relu(self.first(images)))
        ...         return self.last(hidden.reshape(len(images), -1))
        >>> network = from_flax(Small, (8, 8, 1))
        >>> params = network.init(jax.random.key(0))
        >>> jax.jit(network.apply)(params, jnp.ones((64, 5)), key=jax.random.key(1)).shape
        (10, 5)

    Reference: the flax documentation, "Linen" and "NNX".
    """
    if not isinstance(shape, Sequence):
        raise TypeError(f"shape must be that of one point, such as (28, 28, 1) or (64,), got {shape!r}")
    shape = tuple(check_count("a size in shape", size) for size in shape)
    pure = _pure(module, shape)

    def as_batch(name: str, points: jax.Array) -> jax.Array:
        if jnp.ndim(points) != 2 or points.shape[0] != math.prod(shape):
            expected = f"({math.prod(shape)}, K): {' x '.join(map(str, shape))} features"
            raise ValueError(f"{name} must have shape {expected} of each point, got {jnp.shape(points)}")
        return points.T.reshape(-1, *shape)

    def apply(
        params: Any, points: jax.Array, *, key: jax.Array | None = None, training_points: jax.Array | None = None
    ) -> jax.Array:
        key = checked(key, points, training_points, takes_statistics=pure.normalizes)
        check_params(params, expected)
        training = None if training_points is None else as_batch("training_points", training_points)
        return pure.apply(params, as_batch("points", points), key, training).T

    start = jax.eval_shape(pure.init, jax.random.key(0))
    _check_floating(start)
    expected = shapes_of(start)
    _check_outputs(pure, shape)
    return Network(lambda key: pure.init(check_key(key)), apply)


def _pure(module: Any, shape: tuple[int, ...]) -> Pure:
    if isinstance(module, nn.Module):
        return Linen(module, shape)
    from flax import nnx

    if isinstance(module, nnx.Module) or (callable(module) and not _is_linen_class(module)):
        from ._from_nnx import Nnx

        return Nnx(module)
    raise TypeError(
        f"module must be a flax.linen module, a flax.nnx module or a function nnx.Rngs -> nnx module, got {module!r}"
    )


def _is_linen_class(module: Any) -> bool:
    return isinstance(module, type) and issubclass(module, nn.Module)


def _check_floating(params: Any) -> None:
    """Refuses parameters that cannot be mutated by normal numbers."""
    leaves = jax.tree_util.tree_leaves_with_path(params)
    if not leaves:
        raise ValueError("the module has no parameters: expected at least one array of them")
    for path, leaf in leaves:
        if not jnp.issubdtype(leaf.dtype, jnp.floating):
            raise ValueError(
                f"parameter {jax.tree_util.keystr(path)} has dtype {leaf.dtype}, expected floating point: make it a"
                " constant of the module, or float32"
            )


def _check_outputs(pure: Pure, shape: tuple[int, ...]) -> None:
    """Tries the module on two points, with NaN for running averages."""
    size = PROBE * math.prod(shape)
    points = jnp.linspace(0.0, 1.0, size).reshape(PROBE, *shape)
    try:
        outputs = jax.jit(lambda key: pure.apply(pure.init(key), points, None, None))(jax.random.key(0))
    except InvalidRngError as error:
        raise ValueError(
            "the module draws random numbers without a key, where it is to be a function of its parameters alone: draw"
            f' where there is one, `if self.has_rng("..."):` ({str(error).splitlines()[0]})'
        ) from error
    if outputs.ndim != 2 or len(outputs) != PROBE:
        raise ValueError(
            f"the module gives outputs of shape {outputs.shape} for {PROBE} points, expected ({PROBE}, outputs):"
            " reshape what it returns, to (K, 1) for one output"
        )
    if not jnp.isfinite(outputs).all():
        raise ValueError(
            "the module's outputs are not finite at its start. A running average of batch normalization is NaN here,"
            " since it is no function of the parameters: let the layer take the statistics of its batch"
            " (use_running_average=False)"
        )
