"""Several processes (jax.distributed): each runs its own trajectories, the records are brought together at the end."""

import json
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from .._fingerprint import differences

PER_TRAJECTORY = ("loss", "acceptance", "nonfinite", "loss_drift", "lost")
OBSERVED = "observed/"  # before the names of what is observed of each trajectory


def merge_processes(recorder: Any) -> None:
    """Give the recorder of every process the records of all; with one process nothing changes.

    Means and variances are combined by their exact pairwise formula, so they equal those of one process to rounding.
    """
    if jax.process_count() == 1:
        return
    arrays = recorder.arrays
    ids = _exchange(recorder.ids)
    path_ids = _exchange(recorder.ids[: len(arrays["path"])])
    order, path_order = (np.argsort(np.concatenate(parts), kind="stable") for parts in (ids, path_ids))
    each = (*PER_TRAJECTORY, *(name for name in arrays if name.startswith(OBSERVED)))
    whole = {name: np.concatenate(_exchange(arrays[name]))[order] for name in each}
    whole["path"] = np.concatenate(_exchange(arrays["path"]))[path_order]
    whole["rows"] = np.max(_exchange(arrays["rows"]), axis=0)
    moments = (np.stack(_exchange(arrays[name])) for name in ("mean", "variance", "count"))
    whole["mean"], whole["variance"], whole["count"] = combine_moments(*moments)
    recorder.restore(whole, np.sort(np.concatenate(ids)))


def check_agreement(identity: Mapping[str, Any]) -> None:
    """Raises ``ValueError`` in every process where one was given another run than the first."""
    if jax.process_count() == 1:
        return
    text = np.frombuffer(json.dumps(identity).encode(), np.uint8)
    first, *others = (json.loads(one.tobytes()) for one in _exchange(text))
    for number, other in enumerate(others, start=1):
        differ = differences(first, other, ("process 0 has", f"process {number} has"))
        if differ:
            raise ValueError(
                f"the processes were given different runs ({'; '.join(differ)}): start all with the same settings"
            )


def combine_moments(mean: np.ndarray, variance: np.ndarray, count: np.ndarray) -> tuple[Any, Any, Any]:
    """Moments of the union from those of its parts.

    Args:
        mean, variance: shape (parts, times, parameters), NaN where a part has none.
        count: members, shape (parts, times).

    Returns:
        (mean, variance with ddof 1, count) of shapes (times, parameters) and (times,).

    Example:
        >>> parts = [np.array([1.0, 2.0, 6.0]), np.array([3.0])]
        >>> moments = [np.array([[[np.mean(p)]] for p in parts]), np.array([[[np.var(p, ddof=1)]] for p in parts[:1]])]
        >>> variance = np.concatenate([moments[1], np.full((1, 1, 1), np.nan)])
        >>> mean, variance, count = combine_moments(moments[0], variance, np.array([[3], [1]]))
        >>> float(mean[0, 0]), round(float(variance[0, 0]), 12) == round(float(np.var([1, 2, 6, 3], ddof=1)), 12)
        (3.0, True)

    Reference: Chan, Golub and LeVeque (1979), updating formulae.
    """
    total = count.sum(axis=0)
    weight = count[..., None].astype(float)
    means = np.where(weight > 0, mean, 0.0)
    whole = np.sum(weight * means, axis=0) / np.where(total > 0, total, np.nan)[:, None]
    within = np.where(weight > 1, (weight - 1) * variance, 0.0)
    between = weight * (means - whole) ** 2
    return whole, np.sum(within + between, axis=0) / np.where(total > 1, total - 1, np.nan)[:, None], total


def _exchange(array: np.ndarray) -> list[np.ndarray]:
    """The same array of every process, in the order of processes; leading axes may differ.

    Sent as bytes, since JAX would turn float64 into float32.
    """
    from jax.experimental import multihost_utils

    lengths = np.asarray(multihost_utils.process_allgather(np.asarray([len(array)], np.int32)))[:, 0]
    room = np.zeros((max(int(lengths.max()), 1), *array.shape[1:]), array.dtype)
    room[: len(array)] = array
    raw = np.asarray(multihost_utils.process_allgather(room.reshape(-1).view(np.uint8)))
    parts = [np.ascontiguousarray(part).view(array.dtype).reshape(room.shape) for part in raw]
    return [part[:length] for part, length in zip(parts, lengths, strict=True)]
