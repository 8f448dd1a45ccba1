"""Random keys ``fold_in(fold_in(fold_in(root, stream), trajectory), step)``: any trajectory can be replayed alone."""

import enum
import hashlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import threefry_2x32

from ._checks import check_count

IMPLEMENTATION = "threefry2x32"
WORD = 2**32


class Stream(enum.IntEnum):
    """One fixed integer per use of randomness; two different uses never share numbers under one root key.

    Two runs of one use do: give each a root key of its own, for example ``trajectory_key(key, Stream.RUN, number)``.
    """

    START = 0
    MUTATION = 1
    TWIN = 2
    RESAMPLING = 3
    FLIP_CHECK = 4
    OPTIMIZER = 5
    CUSTOM = 6
    RUN = 7
    POPULATION = 8


def root_key(seed: int) -> jax.Array:
    """The root key of a run: a typed threefry key.

    Args:
        seed: integer in [0, 2^64); each gives a key of its own, whether or not JAX runs in double precision.

    Returns:
        A scalar typed key.

    Raises:
        TypeError: if the seed is not an integer.
        ValueError: if it lies outside the range.

    Example:
        >>> root_key(0).shape
        ()
    """
    number = check_count("seed", seed, least=0)
    if number >= WORD**2:
        raise ValueError(f"seed must be below 2^64, got {number}: take it modulo 2**64")
    return jax.random.wrap_key_data(jnp.asarray(step_words(number)), impl=IMPLEMENTATION)


def check_key(key: jax.Array) -> jax.Array:
    """The key, if it is one typed threefry key: others draw numbers that depend on how many are drawn together."""
    dtype = getattr(key, "dtype", None)
    if dtype is None or not jnp.issubdtype(dtype, jax.dtypes.prng_key):
        got = f"an array of dtype {dtype}" if dtype is not None else type(key).__name__
        raise TypeError(
            f"key must be a typed key such as corr.root_key(0), got {got}: wrap a raw one, e.g. of jax.random.PRNGKey,"
            f" with jax.random.wrap_key_data(key, impl={IMPLEMENTATION!r})"
        )
    if key.shape != ():
        raise ValueError(f"key must be one key, got an array of keys of shape {key.shape}: give one of them")
    if str(jax.random.key_impl(key)) != IMPLEMENTATION:
        raise ValueError(
            f"key is of the kind {jax.random.key_impl(key)}, whose numbers depend on the block size: use"
            f" corr.root_key(seed), or jax.random.key(seed, impl={IMPLEMENTATION!r})"
        )
    return key


def any_key() -> Any:
    """The shape of a key alone, so that what asks within a traced step leaves no operation there."""
    return jax.eval_shape(lambda: root_key(0))


def trajectory_key(root: jax.Array, stream: int, trajectory: jax.Array | int) -> jax.Array:
    """Key of one trajectory of one stream, ``fold_in(fold_in(root, stream), trajectory)``.

    Args:
        root: scalar typed key of the run.
        stream: a ``Stream`` member or any integer of the caller's.
        trajectory: index i of the trajectory, from 0.

    Returns:
        A scalar typed key; fold in the step number n for the key of step n (``step_key`` where n may pass 2^32).

    Example:
        >>> key = trajectory_key(root_key(0), Stream.MUTATION, 3)
    """
    return jax.random.fold_in(jax.random.fold_in(root, int(stream)), trajectory)


def text_key(root: jax.Array, text: str) -> jax.Array:
    """Root key of the one run that a text names: the same wherever it is asked for, else another.

    Args:
        root: scalar typed key.
        text: any; other texts give other keys, but for one pair in 2^64.

    Returns:
        A scalar typed key.

    Example:
        >>> bool(text_key(root_key(0), "one") == text_key(root_key(0), "other"))
        False
    """
    first, second = np.frombuffer(hashlib.sha256(text.encode()).digest()[:8], "<u4")
    return jax.random.fold_in(trajectory_key(root, Stream.RUN, first), second)


def step_key(key: jax.Array, step: jax.Array | np.ndarray) -> jax.Array:
    """Key of one step of one trajectory: ``fold_in(key, n)``, for n up to 2^64 in place of 2^32.

    Args:
        key: scalar typed threefry key of the trajectory.
        step: n as two uint32 words (high, low), from ``step_words``; shape (2,).

    Returns:
        A scalar typed key.

    Example:
        >>> key = root_key(0)
        >>> bool(step_key(key, step_words(7)) == jax.random.fold_in(key, 7))
        True
    """
    return jax.random.wrap_key_data(threefry_2x32(jax.random.key_data(key), step), impl=IMPLEMENTATION)


def proposal_and_decision(key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The two keys of a step of mutation, made of the key of the step: of what is proposed, and of what decides.

    Args:
        key: from ``step_key``.

    Returns:
        Two scalar typed keys.

    Example:
        >>> proposed, decided = proposal_and_decision(root_key(0))
        >>> bool(proposed == decided)
        False
    """
    proposed, decided = jax.random.split(key)
    return proposed, decided


def step_words(step: int) -> np.ndarray:
    """A step number as two uint32 words (high, low), so that it passes 2^32 without double precision."""
    return np.array(divmod(step, WORD), np.uint32)


def later(step: jax.Array, more: jax.Array) -> jax.Array:
    """The words of n + ``more``, for ``more`` of uint32."""
    low = step[1] + more
    return jnp.stack([step[0] + (low < more).astype(jnp.uint32), low])
