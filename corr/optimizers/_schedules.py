"""Learning rates over steps: the triangular cycle that optax has not, and a look at all values of any schedule."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import check_count, real_number

SHOWN = 3


def triangular(lowest: float, highest: float, half_period: int) -> Callable[[Any], jax.Array]:
    """Up and down in straight lines: η_min at step 0, η_max at s, η_min at 2s, and again.

    η_n = η_max - (η_max - η_min) |(n mod 2s)/s - 1|.

    Args:
        lowest: η_min, not negative.
        highest: η_max, at least η_min, not zero.
        half_period: s, steps from the lowest to the highest.

    Returns:
        A schedule ``step number -> η`` for any optax optimizer and for ``corr.descent``.

    Raises:
        ValueError: if a number is out of range.
        TypeError: if one has the wrong type.

    Example:
        >>> [round(float(triangular(0.1, 0.5, 2)(step)), 3) for step in range(6)]
        [0.1, 0.3, 0.5, 0.3, 0.1, 0.3]

    Reference: Smith, arXiv:1506.01186.
    """
    low, high = real_number("lowest", lowest), real_number("highest", highest)
    rise = check_count("half_period", half_period)
    if not (0 <= low <= high and 0 < high < math.inf):
        raise ValueError(f"expected 0 <= lowest <= highest, highest positive and finite, got {lowest} and {highest}")

    def schedule(count: Any) -> jax.Array:
        # The remainder of whole numbers is exact, also beyond 2^24.
        place = (jnp.asarray(count) % (2 * rise)).astype(jnp.result_type(float))
        return high - (high - low) * jnp.abs(place / rise - 1)

    return schedule


def checked(schedule: Callable[[Any], Any], steps: int) -> Callable[[Any], Any]:
    """The same schedule, once its values at all steps are known to be finite and not negative.

    An optax transformation hides its schedule, so that no run can tell a rate that turns negative (it climbs from
    there) or NaN: look at it before.

    Args:
        schedule: ``step number -> η``.
        steps: n, it is looked at 0, 1, ..., n - 1.

    Returns:
        ``schedule`` itself.

    Raises:
        ValueError: if a value is negative, not finite, or all are zero.
        TypeError: if it is no function of a step number that gives one number.

    Example:
        >>> import optax
        >>> rule = optax.adam(checked(optax.cosine_decay_schedule(1e-3, 100), 100))
        >>> checked(optax.polynomial_schedule(0.1, -0.1, 1, 4), 5)
        Traceback (most recent call last):
        ValueError: the schedule gives -0.05 at step 3, -0.1 at step 4: expected finite rates of at least 0

    Reference: DeepMind, Optax (2020).
    """
    if not callable(schedule):
        raise TypeError(f"schedule must be a function step number -> learning rate, got {type(schedule).__name__}")
    numbers = jnp.arange(check_count("steps", steps))
    try:
        with jax.numpy_dtype_promotion("standard"):
            found = jax.vmap(lambda number: jnp.asarray(schedule(number), jnp.result_type(float)))(numbers)
    except (TypeError, ValueError) as error:
        raise TypeError(f"schedule is no JAX function step number -> learning rate: {error}") from error
    values = np.asarray(found)
    if values.ndim != 1:
        raise TypeError(f"schedule must give one number, got an array of shape {values.shape[1:]}")
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if bad.size:
        said = ", ".join(f"{values[step]:.6g} at step {step}" for step in bad[:SHOWN])
        raise ValueError(f"the schedule gives {said}: expected finite rates of at least 0")
    if not values.any():
        raise ValueError(f"the schedule is zero at all of {steps} steps: nothing would move")
    return schedule
