"""Early stopping on recorded numbers, by flax."""

from typing import Any, NamedTuple

import numpy as np
from flax.training.early_stopping import EarlyStopping

from .._checks import check_count, real_number


class Stop(NamedTuple):
    """Where training stops, each of shape (...).

    Attributes:
        best: index of the recorded time whose parameters are kept, the last improvement before the stop.
        last: index of the last recorded time that is reached.
        stopped: whether patience ended there; False where the record did.
    """

    best: np.ndarray
    last: np.ndarray
    stopped: np.ndarray


def early_stopping(values: Any, *, patience: int, min_delta: float = 0.0) -> Stop:
    """Where a training that watches these numbers stops: after more than ``patience`` of them without improvement.

    An improvement is a fall below the best so far by more than ``min_delta``. A run records on, so that what stopping
    costs or saves is seen: ``data.loss.isel(time=stop.best)``.

    Args:
        values: recorded numbers of which less is better, (..., T), such as ``data.loss`` or an observed test loss with
            time last; of an accuracy give its negative.
        patience: recorded times in a row, at least 0.
        min_delta: in the units of the numbers, not negative.

    Returns:
        A ``Stop``.

    Raises:
        ValueError: if a number is not finite or out of range, or there are none.
        TypeError: if one has the wrong type.

    Example:
        >>> stop = early_stopping([4.0, 3.0, 2.0, 2.5, 2.2, 1.0], patience=1)
        >>> int(stop.best), int(stop.last), bool(stop.stopped)
        (2, 4, True)

    Reference: flax.training.early_stopping; Prechelt, Neural Networks: Tricks of the Trade (1998).
    """
    count, delta = check_count("patience", patience, least=0), real_number("min_delta", min_delta)
    if not 0 <= delta < np.inf:
        raise ValueError(f"min_delta must be finite and not negative, got {min_delta}")
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"values must be recorded numbers, got {type(values).__name__}: {error}") from error
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"values must be recorded numbers with time last, got shape {array.shape}")
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = ", ".join(map(str, bad[0]))
        raise ValueError(
            f"values[{where}] is {array[tuple(bad[0])]}: a trajectory that diverged or is no longer followed; leave it"
            " out, or cut the record before"
        )
    rows = [_stop(row, count, delta) for row in array.reshape(-1, array.shape[-1])]
    return Stop(*(np.reshape(part, array.shape[:-1]) for part in zip(*rows, strict=True)))


def _stop(row: np.ndarray, patience: int, min_delta: float) -> tuple[int, int, bool]:
    watch, best = EarlyStopping(min_delta=min_delta, patience=patience), 0
    for index, value in enumerate(row):
        watch = watch.update(float(value))
        best = index if watch.has_improved else best
        if watch.should_stop:
            return best, index, True
    return best, len(row) - 1, False
