"""Files of events: bins, clipping, what is left out, and what is no such file."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from corr.data import read_events

TIMES = [[0.0005, 0.0012, 0.0018, 0.0055], [], [0.0031]]
UNITS = [[0, 1, 1, 2], [], [2]]


def written(folder: Path, times: Any = TIMES, units: Any = UNITS, labels: Any = (1, 0, 1)) -> Path:
    path = folder / "events.h5"
    with h5py.File(path, "w") as file:
        for name, rows, kind in (("times", times, "f2"), ("units", units, "i8")):
            there = file.create_dataset(f"spikes/{name}", len(rows), h5py.vlen_dtype(np.dtype(kind)))
            for number, row in enumerate(rows):
                there[number] = row
        file["labels"] = np.asarray(labels, np.int64)
    return path


def test_events_become_trains(tmp_path: Path) -> None:
    """Two of a bin are one spike; 5.5 ms is just after the fifth step; an empty row has none."""
    points, labels = read_events(written(tmp_path), units=3, steps=5, time_step=1e-3)
    assert points.shape == (3, 5, 3) and labels.tolist() == [1, 0, 1]
    assert np.argwhere(np.asarray(points)).tolist() == [[0, 0, 0], [1, 1, 0], [2, 3, 2]]
    assert float(points.max()) == 1


def test_chosen_samples_in_their_order(tmp_path: Path) -> None:
    path = written(tmp_path)
    whole = read_events(path, units=3, steps=10, time_step=1e-3)
    some = read_events(path, units=3, steps=10, time_step=1e-3, chosen=[2, 1])
    assert np.array_equal(some.points, np.asarray(whole.points)[..., [2, 1]]) and some.targets.tolist() == [1, 0]


BAD = {
    "units outside [0, 1]": ({}, {"units": 2}),
    "1 times and 2 units": ({"times": [[0.1], [], []], "units": [[0, 1], [], []]}, {}),
    "negative or not finite": ({"times": [[-0.1], [], []], "units": [[0], [], []]}, {}),
    "negative or not": ({"times": [[np.nan], [], []], "units": [[0], [], []]}, {}),
    "3 of units and 2 labels": ({"labels": (0, 1)}, {}),
    "sample 3 was chosen": ({}, {"chosen": [0, 3]}),
    "time_step must be positive": ({}, {"time_step": 0.0}),
    "steps must be at least 1": ({}, {"steps": 0}),
}


@pytest.mark.parametrize("said", BAD)
def test_bad_files_and_numbers_are_named(said: str, tmp_path: Path) -> None:
    content, options = BAD[said]
    path = written(tmp_path, **content)
    with pytest.raises(ValueError) as raised:
        read_events(path, **{"units": 3, **options})
    assert said in str(raised.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no file of events"):
        read_events(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(ValueError, match="no HDF5 file"):
        read_events(tmp_path / "text.h5")
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        file["labels"] = [0, 1]
    with pytest.raises(ValueError, match="has no spikes/times, spikes/units"):
        read_events(tmp_path / "empty.h5")
