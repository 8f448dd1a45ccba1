"""Spike trains in HDF5 files of events, the layout of the Heidelberg digits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .._checks import check_count, check_positive
from ._check import check_labels
from ._data import Data, made

NAMES = ("spikes/times", "spikes/units", "labels")


def read_events(
    path: str | Path,
    *,
    units: int = 700,
    steps: int = 500,
    time_step: float = 2e-3,
    chosen: Sequence[int] | np.ndarray | None = None,
) -> Data:
    """Spike trains S_i[t] = 1 where unit i has at least one event in [t Δt, (t + 1) Δt), from a file of events.

    Several events in a bin are one spike. Events at T Δt or later are left out.

    Args:
        path: an HDF5 file with ``spikes/times`` (seconds) and ``spikes/units``, one row of any length for each sample,
            and ``labels``.
        units: number of input units.
        steps: T, number of time steps.
        time_step: Δt, in seconds.
        chosen: numbers of the samples wanted, in this order; None for all, which for 8000 of the Heidelberg digits are
            11 GB.

    Returns:
        ``Data`` with points of shape (units, T, K), 0 or 1, and labels of shape (K,).

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no HDF5 file, has other names in it, rows of different number or length, units or labels
            out of range, or times that are negative or not finite; if a sample chosen is not there.

    Example:
        >>> import tempfile, h5py
        >>> with tempfile.NamedTemporaryFile(suffix=".h5") as file:
        ...     with h5py.File(file.name, "w") as made:
        ...         for name, kind in (("times", "f4"), ("units", "i4")):
        ...             rows = made.create_dataset(f"spikes/{name}", 2, h5py.vlen_dtype(kind))
        ...             rows[0], rows[1] = [0, 1], [1]
        ...         made["labels"] = [0, 1]
        ...     points, labels = read_events(file.name, units=2, steps=3, time_step=1.0)
        >>> points[:, :, 0].tolist(), labels.tolist()
        ([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0, 1])

    Reference: Cramer, Stradmann, Schemmel, Zenke (2020), The Heidelberg spiking data sets.
    """
    count, length = check_count("units", units), check_count("steps", steps)
    width = check_positive("time_step", time_step)
    times, places, labels = _rows(Path(path), chosen)
    trains = np.zeros((count, length, len(labels)), np.float32)
    for sample, (when, where) in enumerate(zip(times, places, strict=True)):
        _check_row(path, sample, when, where, count)
        bins = np.floor(np.asarray(when, np.float64) / width)
        inside = bins < length
        trains[np.asarray(where)[inside], bins[inside].astype(np.int64), sample] = 1
    return made(trains, check_labels(labels))


def _rows(path: Path, chosen: Any) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Times, units and labels of the samples wanted."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file of events {path}")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path} is no HDF5 file, or damaged: {error}") from error
    with file:
        missing = [name for name in NAMES if not isinstance(file.get(name), h5py.Dataset)]
        if missing:
            raise ValueError(f"{path} has no {', '.join(missing)}, expected {', '.join(NAMES)}")
        times, units, labels = (file[name] for name in NAMES)
        sizes = [len(part) for part in (times, units, labels)]  # pyright: ignore[reportArgumentType]
        if len(set(sizes)) > 1:
            raise ValueError(f"{path} has {sizes[0]} rows of times, {sizes[1]} of units and {sizes[2]} labels")
        wanted = range(sizes[0]) if chosen is None else [check_count("chosen", number, least=0) for number in chosen]
        if len(wanted) and max(wanted) >= sizes[0]:
            raise ValueError(f"sample {max(wanted)} was chosen, {path} has {sizes[0]}, numbered from 0")
        rows: Any = [[part[number] for number in wanted] for part in (times, units)]  # pyright: ignore
        return rows[0], rows[1], np.asarray(labels)[list(wanted)]


def _check_row(path: Any, sample: int, times: np.ndarray, units: np.ndarray, count: int) -> None:
    if len(times) != len(units):
        raise ValueError(f"{path}: row {sample} of those read has {len(times)} times and {len(units)} units")
    if not np.all(np.isfinite(times) & (times >= 0)):
        raise ValueError(f"{path}: row {sample} of those read has times that are negative or not finite, in seconds")
    if len(units) and not (units.min() >= 0 and units.max() < count):
        raise ValueError(f"{path}: row {sample} of those read has units outside [0, {count - 1}]: give units=")
