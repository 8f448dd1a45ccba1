"""Random keys ``fold_in(fold_in(fold_in(root, stream), trajectory), step)``: any trajectory can be replayed alone."""

import enum

import jax


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


def root_key(seed: int) -> jax.Array:
    """The root key of a run: a typed threefry key.

    Args:
        seed: non-negative integer.

    Returns:
        A scalar typed key.

    Example:
        >>> root_key(0).shape
        ()
    """
    return jax.random.key(seed, impl="threefry2x32")


def trajectory_key(root: jax.Array, stream: int, trajectory: jax.Array | int) -> jax.Array:
    """Key of one trajectory of one stream, ``fold_in(fold_in(root, stream), trajectory)``.

    Args:
        root: scalar typed key of the run.
        stream: a ``Stream`` member or any integer of the caller's.
        trajectory: index i of the trajectory, from 0.

    Returns:
        A scalar typed key; fold in the step number n for the key of step n.

    Example:
        >>> key = trajectory_key(root_key(0), Stream.MUTATION, 3)
    """
    return jax.random.fold_in(jax.random.fold_in(root, int(stream)), trajectory)
