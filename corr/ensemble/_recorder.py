"""What is kept of an ensemble: moments over trajectories, losses of each, paths of some, as named arrays."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import jax
import numpy as np
import xarray

from .._checks import check_count
from .._observe import axes_of
from .._precision import wide
from .._types import Params
from ._processes import OBSERVED
from ._simulate import Snapshot

KEPT_NUMBERS = 50_000_000


class Recorder:
    """Collects snapshots of some trajectories; statistics in float64 on the host.

    Args:
        params: start parameters.
        ids: numbers of the trajectories that snapshots hold, ascending.
        times: common time of each recorded step, shape (T,).
        marks: the recorded steps, shape (T,).
        keep: full paths are kept of trajectories with numbers below this.
        loss_dtype: of the losses, None for that of the parameters; half precision is recorded in float32.
        observed: shape and dtype of what is observed of a trajectory, by name.
    """

    facts: Mapping[str, Any] = MappingProxyType({})
    done, told = False, ""

    def __init__(
        self,
        params: Params,
        ids: np.ndarray,
        times: np.ndarray,
        marks: list[int],
        keep: int,
        loss_dtype: Any = None,
        observed: Mapping[str, Any] = MappingProxyType({}),
    ):
        self._labels = parameter_labels(params)
        self.ids, self._times, self._marks = ids, times, marks
        own = jax.numpy.result_type(*jax.tree.leaves(params))
        dtype, losses = (np.dtype(wide(kind)) for kind in (own, own if loss_dtype is None else loss_dtype))
        rows, size, count = len(marks), len(self._labels), len(ids)
        self.arrays: dict[str, np.ndarray] = {
            "mean": np.full((rows, size), np.nan),
            "variance": np.full((rows, size), np.nan),
            "count": np.zeros(rows, np.int64),
            "loss": np.full((count, rows), np.nan, losses),
            "acceptance": np.full((count, rows), np.nan, np.float32),
            "path": np.full((int(np.sum(ids < keep)), rows, size), np.nan, dtype),
            "nonfinite": np.zeros(count, np.int64),
            "loss_drift": np.zeros(count, losses),
            "lost": np.zeros(count, bool),
            "rows": np.zeros(1, np.int64),
        }
        self._observed = [*observed]
        for name, one in observed.items():
            self.arrays[OBSERVED + name] = np.full((count, rows, *one.shape), np.nan, one.dtype)

    def go_on(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take over what a shorter or longer run of the same trajectories had recorded so far."""
        for name, mine in self.arrays.items():
            part = tuple(map(slice, np.minimum(mine.shape, arrays[name].shape)))
            mine[part] = arrays[name][part]

    def restore(self, arrays: Mapping[str, np.ndarray], ids: np.ndarray) -> None:
        """Take over the arrays of the recorders of all processes, for the trajectories ``ids``."""
        self.arrays = {name: np.array(arrays[name]) for name in self.arrays}
        self.ids = ids

    def add(self, snapshot: Snapshot, observed: Mapping[str, np.ndarray] = MappingProxyType({})) -> dict[str, Any]:
        """Record one snapshot and what was observed of it; returns a few facts for the log."""
        row, arrays = int(self.arrays["rows"][0]), self.arrays
        flat = np.concatenate([_rows(x) for x in jax.tree.leaves(snapshot.state.position)], axis=1)
        loss, counts = np.asarray(snapshot.state.loss, arrays["loss"].dtype), snapshot.counts
        here, kept = len(loss), min(len(loss), len(arrays["path"]))
        finite = np.isfinite(loss) & np.all(np.isfinite(flat), axis=1)
        good = flat[finite].astype(np.float64)
        if len(good):
            arrays["mean"][row] = np.mean(good, axis=0)
        if len(good) > 1:
            arrays["variance"][row] = np.var(good, axis=0, ddof=1)
        arrays["count"][row] = len(good)
        arrays["loss"][:here, row] = loss
        arrays["path"][:kept, row] = flat[:kept]
        for name, values in observed.items():
            arrays[OBSERVED + name][:here, row] = values
        arrays["nonfinite"][:here] += counts.nonfinite
        arrays["loss_drift"][:here] = np.fmax(arrays["loss_drift"][:here], counts.drift)
        arrays["lost"][:here] |= ~finite
        if row:
            arrays["acceptance"][:here, row] = counts.accepted / (self._marks[row] - self._marks[row - 1])
        arrays["rows"][0] += 1
        mean_loss = float(np.mean(loss[finite], dtype=np.float64)) if finite.any() else None
        accepted = float(np.mean(arrays["acceptance"][:here, row])) if row else None
        return {"step": snapshot.step, "time": float(self._times[row]), "mean_loss": mean_loss, "acceptance": accepted}

    def dataset(self) -> xarray.Dataset:
        """Everything recorded, with named dimensions."""
        arrays = self.arrays
        return xarray.Dataset(
            {
                "mean": (("time", "parameter"), arrays["mean"]),
                "variance": (("time", "parameter"), arrays["variance"]),
                "count": (("time",), arrays["count"]),
                "loss": (("trajectory", "time"), arrays["loss"]),
                "acceptance": (("trajectory", "time"), arrays["acceptance"]),
                "path": (("path_trajectory", "time", "parameter"), arrays["path"]),
                "nonfinite": (("trajectory",), arrays["nonfinite"]),
                "loss_drift": (("trajectory",), arrays["loss_drift"]),
                "finite": (("trajectory",), ~arrays["lost"]),
                **{name: self._seen(name) for name in self._observed},
            },
            coords={
                "time": ("time", self._times, {"units": "learning rate * gradient steps"}),
                "step": ("time", np.asarray(self._marks)),
                "parameter": ("parameter", np.asarray(self._labels)),
                "trajectory": ("trajectory", self.ids),
                "path_trajectory": ("path_trajectory", self.ids[: len(arrays["path"])]),
            },
        )

    def _seen(self, name: str) -> tuple[tuple[str, ...], np.ndarray]:
        array = self.arrays[OBSERVED + name]
        return ("trajectory", "time", *axes_of(name, array.ndim - 2)), array


def _rows(leaf: Any) -> np.ndarray:
    """One row a trajectory, at least float32; of length 0 where the leaf holds no numbers."""
    array = np.asarray(leaf)
    return np.reshape(array, (len(array), math.prod(array.shape[1:]))).astype(wide(array.dtype))


def paths_to_keep(keep: int | None, trajectories: int, rows: int, size: int) -> int:
    """All paths where that is at most 5e7 numbers, else the first 25; or as many as asked for."""
    if keep is not None:
        return min(check_count("keep", keep, least=0), trajectories)
    return trajectories if trajectories * rows * size <= KEPT_NUMBERS else min(25, trajectories)


def parameter_labels(params: Params) -> list[str]:
    """One label per number, by path and index: ``a[0]``, ``dense_0/kernel[3,4]``.

    Where keys with a slash or of several types would give two numbers one label, paths are written as Python does.
    """
    leaves = jax.tree_util.tree_leaves_with_path(params)
    names = [jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in leaves]
    if len({*names}) < len(names):
        names = [jax.tree_util.keystr(path) for path, _ in leaves]
    labels = []
    for name, (_, leaf) in zip(names, leaves, strict=True):
        for index in np.ndindex(np.shape(leaf)):
            labels.append(f"{name}[{','.join(map(str, index))}]" if index else name)
    return labels
