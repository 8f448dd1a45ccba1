"""``run``: an ensemble of one dynamics as an xarray dataset."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray

from ._clock import check_count, check_positive
from ._objective import check_params
from ._types import Dynamics, Params
from .ensemble._engine import Snapshot, default_refresh, simulate
from .ensemble._layout import choose_layout
from .ensemble._progress import Progress

KEPT_NUMBERS = 50_000_000


def run(
    dynamics: Dynamics,
    params: Params,
    *,
    steps: int,
    trajectories: int,
    key: jax.Array,
    record_at: Sequence[int] = (),
    time_step: float = 1.0,
    times: Sequence[float] | None = None,
    keep: int | None = None,
    thin: tuple[int, int] | None = None,
    refresh_every: int | None = None,
    devices: int | None = None,
    block_size: int | None = None,
    progress: bool = True,
    log: Path | None = None,
    label: str = "run",
) -> xarray.Dataset:
    """Run many trajectories of one dynamics from one start.

    Args:
        dynamics: what to run, any ``Dynamics``.
        params: start parameters, any pytree of floating-point arrays.
        steps: number of steps of every trajectory.
        trajectories: number of trajectories.
        key: root key, e.g. ``root_key(0)``.
        record_at: step numbers to record beside step 0 and the last; whole numbers in [0, steps].
        time_step: common time per step (α for descent, αλ for mutation), used for the ``time`` coordinate.
        times: common time of each recorded step, where steps are not of equal length; overrides ``time_step``.
        keep: how many full paths to keep; None for all where that is at most 5e7 numbers, else the first 25.
        thin: (step, count): after this recorded step only the first ``count`` trajectories are followed; the others are
            NaN from there on.
        refresh_every: steps between rebuilds of kept activations; None chooses at most 1000.
        devices: number of devices, None for all.
        block_size: trajectories advanced together, None to choose.
        progress: show a progress bar.
        log: JSON-lines file to append to.
        label: name shown beside the progress bar.

    Returns:
        A Dataset with dimensions trajectory, path_trajectory, time, parameter and variables ``mean`` and ``variance``
        (time, parameter; over trajectories whose numbers are finite), ``loss`` and ``acceptance`` (trajectory, time),
        ``path`` (path_trajectory, time, parameter), ``nonfinite`` (trajectory; steps whose loss was not finite),
        ``finite`` (trajectory) and ``count`` (time).

    Raises:
        ValueError: if a number is out of range, or a recorded step lies outside [0, steps].
        TypeError: if an argument has the wrong type.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import mutation, root_key
        >>> walk = mutation(lambda x: jnp.sum(x**2), mutation_std=0.1)
        >>> data = run(walk, jnp.ones(3), steps=20, trajectories=8, key=root_key(0), record_at=[10], progress=False)
        >>> dict(data.sizes)["time"]
        3
    """
    params = check_params(params)
    check_count("steps", steps)
    marks = check_marks(record_at, steps)
    clock = _clock(marks, time_step, times)
    layout = choose_layout(trajectories, devices, block_size)
    refresh = default_refresh(marks[1:]) if refresh_every is None else check_count("refresh_every", refresh_every)
    recorder = Recorder(params, trajectories, clock, marks, keep)
    with Progress(label, steps, show=progress, log=log) as bar:
        for snapshot in simulate(
            dynamics,
            params,
            trajectories=trajectories,
            key=key,
            record_at=marks,
            layout=layout,
            refresh_every=refresh,
            thin=thin,
            progress=bar.advance,
        ):
            bar.write(**recorder.add(snapshot))
    attrs = {"devices": layout.devices, "block_size": layout.block, "refresh_every": refresh}
    return recorder.dataset().assign_attrs(attrs)


def check_marks(record_at: Sequence[int], steps: int) -> list[int]:
    """Recorded steps, sorted, with 0 and the last; refuses fractions and steps outside [0, steps]."""
    for mark in record_at:
        if int(mark) != mark or not 0 <= mark <= steps:
            raise ValueError(f"record_at holds {mark}, expected whole step numbers in [0, {steps}]")
    return sorted({0, steps, *(int(mark) for mark in record_at)})


def _clock(marks: list[int], time_step: float, times: Sequence[float] | None) -> np.ndarray:
    if times is None:
        return np.asarray(marks, float) * check_positive("time_step", time_step)
    if len(times) != len(marks):
        raise ValueError(f"times holds {len(times)} numbers for {len(marks)} recorded steps {marks[:3]}...")
    return np.asarray(times, float)


class Recorder:
    """Collects snapshots into named arrays; statistics in float64 on the host."""

    def __init__(self, params: Params, trajectories: int, clock: np.ndarray, marks: list[int], keep: int | None):
        self._labels = parameter_labels(params)
        size = trajectories * len(marks) * len(self._labels)
        wanted = (trajectories if size <= KEPT_NUMBERS else 25) if keep is None else check_count("keep", keep, least=0)
        self._keep = min(wanted, trajectories)
        self._clock, self._marks = clock, marks
        self._rows: list[dict[str, Any]] = []
        self._nonfinite = np.zeros(trajectories, np.int64)
        self._lost = np.zeros(trajectories, bool)

    def _pad(self, values: np.ndarray) -> np.ndarray:
        """``values`` with NaN rows for trajectories that are no longer followed."""
        gone = len(self._lost) - len(values)
        return (
            np.concatenate([values, np.full((gone, *np.shape(values)[1:]), np.nan, values.dtype)]) if gone else values
        )

    def add(self, snapshot: Snapshot) -> dict[str, Any]:
        """Record one snapshot; returns a few facts for the log."""
        leaves = jax.tree.leaves(snapshot.state.position)
        flat = self._pad(np.concatenate([np.reshape(leaf, (len(leaf), -1)) for leaf in leaves], axis=1))
        loss = self._pad(np.asarray(snapshot.state.loss))
        finite = np.isfinite(loss) & np.all(np.isfinite(flat), axis=1)
        good = flat[finite].astype(np.float64)
        since = self._marks[len(self._rows)] - (self._marks[len(self._rows) - 1] if self._rows else 0)
        self._nonfinite[: len(snapshot.counts.nonfinite)] += snapshot.counts.nonfinite
        self._lost[: len(leaves[0])] |= ~finite[: len(leaves[0])]
        row = {
            "mean": np.mean(good, axis=0) if len(good) else np.full(flat.shape[1], np.nan),
            "variance": np.var(good, axis=0, ddof=1) if len(good) > 1 else np.full(flat.shape[1], np.nan),
            "loss": loss,
            "path": flat[: self._keep],
            "acceptance": self._pad(snapshot.counts.accepted / since) if since else np.full(len(loss), np.nan),
            "finite": finite,
        }
        self._rows.append(row)
        mean_loss = float(np.mean(loss[finite], dtype=np.float64)) if finite.any() else None
        accepted = float(np.nanmean(row["acceptance"])) if since else None
        time = float(self._clock[len(self._rows) - 1])
        return {"step": snapshot.step, "time": time, "mean_loss": mean_loss, "acceptance": accepted}

    def dataset(self) -> xarray.Dataset:
        """All recorded snapshots with named dimensions."""
        rows = {name: np.stack([row[name] for row in self._rows]) for name in self._rows[0]}
        finite = rows["finite"]
        return xarray.Dataset(
            {
                "mean": (("time", "parameter"), rows["mean"]),
                "variance": (("time", "parameter"), rows["variance"]),
                "loss": (("trajectory", "time"), rows["loss"].T),
                "acceptance": (("trajectory", "time"), rows["acceptance"].T),
                "path": (("path_trajectory", "time", "parameter"), rows["path"].transpose(1, 0, 2)),
                "nonfinite": (("trajectory",), self._nonfinite),
                "finite": (("trajectory",), ~self._lost),
                "count": (("time",), finite.sum(axis=1)),
            },
            coords={
                "time": ("time", self._clock, {"units": "learning rate * gradient steps"}),
                "step": ("time", np.asarray(self._marks)),
                "parameter": ("parameter", np.asarray(self._labels)),
                "trajectory": ("trajectory", np.arange(finite.shape[1])),
            },
        )


def parameter_labels(params: Params) -> list[str]:
    """One label per number, by path and index: ``a[0]``, ``dense_0/kernel[3,4]``."""
    labels = []
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        for index in np.ndindex(np.shape(leaf)):
            labels.append(f"{name}[{','.join(map(str, index))}]" if index else name)
    return labels
