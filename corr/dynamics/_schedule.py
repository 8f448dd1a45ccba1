"""Schedules of numbers that are looked at before a run."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

EVERY, LAST = 2**17, 2**31 - 1  # steps before which each is looked at, and the last


def along(name: str, schedule: Any, good: Callable[[np.ndarray], np.ndarray], expected: str) -> np.ndarray:
    """Values of a schedule in each of its first 131072 steps, at later powers of two and at 2^31 - 1.

    Args:
        name: of what follows it.
        schedule: ``step number -> scalar``.
        good: which of the values are in range.
        expected: the range, in words.

    Raises:
        ValueError: if one is no scalar, or out of range.

    Example:
        >>> falls = lambda step: jnp.where(step < 2, 1.0, 0.5)
        >>> along("mutation_std", falls, lambda values: values > 0, "positive")[:4].tolist()
        [1.0, 1.0, 0.5, 0.5]
    """
    steps = np.array([*range(EVERY), *(2**power for power in range(EVERY.bit_length() - 1, 31)), LAST], np.int32)
    with jax.ensure_compile_time_eval():  # a dynamics may be made within a step, of a batch for example
        values = np.asarray(jax.vmap(lambda step: jnp.asarray(schedule(step)))(steps))
    if values.shape != steps.shape:
        raise ValueError(f"{name} must be one number at a step, got an array of shape {values.shape[1:]}")
    bad = np.flatnonzero(~good(values))
    if bad.size:
        raise ValueError(
            f"{name} must be {expected}, got {values[bad[0]]} at step {steps[bad[0]]}: let the schedule stay and end"
            " there"
        )
    return values
