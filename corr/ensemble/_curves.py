"""What is kept of a fit: learning curves, the best parameters so far, and whether patience has ended."""

import sys
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray
from flax.training.early_stopping import EarlyStopping

from .._observe import axes_of
from .._precision import wide
from .._types import Params
from ._processes import OBSERVED
from ._simulate import Snapshot

BEST = "best/"


class Goal(NamedTuple):
    """What a fit wants: the least (or most) of one number, and how many looks it waits for an improvement.

    Attributes:
        monitor: "loss" or the name of an observed number.
        mode: "min" or "max".
        patience: looks in a row, None for all.
        min_delta: by how much a number must be better, in its units.
    """

    monitor: str
    mode: str
    patience: int | None
    min_delta: float


class Curves:
    """Learning curves of one trajectory and its best parameters, as named arrays.

    Args:
        params: start parameters.
        marks: the steps looked at, 0 and the last among them.
        each: evaluations of the loss by one step.
        loss_dtype: of the losses.
        observed: shape and dtype of what is observed, by name.
        goal: which look is the best, and when to stop.
    """

    def __init__(
        self,
        params: Params,
        marks: list[int],
        each: float,
        loss_dtype: Any,
        observed: Mapping[str, Any],
        goal: Goal,
    ):
        rows, numbers = len(marks), ("evaluations", "seconds", "acceptance")
        self._marks, self._each, self._goal = marks, each, goal
        self.facts: Mapping[str, Any] = goal._asdict()
        self._structure = jax.tree.structure(params)
        self._before, self._begun = 0.0, time.monotonic()
        self.told = ""
        self.arrays: dict[str, np.ndarray] = {
            "rows": np.zeros(1, np.int64),
            "loss": np.full(rows, np.nan, wide(loss_dtype)),
            "best": np.zeros(1, np.int64),
            **{name: np.full(rows, np.nan) for name in numbers},
            **{OBSERVED + name: np.full((rows, *one.shape), np.nan, one.dtype) for name, one in observed.items()},
            **{f"{BEST}{number}": np.array(leaf) for number, leaf in enumerate(jax.tree.leaves(params))},
        }
        self._observed = [*observed]
        self._restart()

    def _restart(self) -> None:
        patience = len(self._marks) if self._goal.patience is None else self._goal.patience
        self._watch = EarlyStopping(min_delta=self._goal.min_delta, patience=patience)

    @property
    def done(self) -> bool:
        """Whether there was no improvement for longer than is waited."""
        return bool(self._watch.should_stop)

    @property
    def best(self) -> tuple[int, Params]:
        """The look with the best number so far and its parameters."""
        leaves = [self.arrays[f"{BEST}{number}"] for number in range(self._structure.num_leaves)]
        return int(self.arrays["best"][0]), jax.tree.unflatten(self._structure, leaves)

    @property
    def monitored(self) -> np.ndarray:
        """The number that is watched, at every look so far."""
        goal, rows = self._goal, int(self.arrays["rows"][0])
        return self.arrays["loss" if goal.monitor == "loss" else OBSERVED + goal.monitor][:rows]

    def go_on(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take over the curves of a shorter or longer fit so far; seconds go on from its last look."""
        rows = int(arrays["rows"][0])
        for name, mine in self.arrays.items():
            part: Any = slice(rows) if self._is_curve(name) else ...
            mine[part] = arrays[name][part]
        self._restart()
        for row in range(rows):
            self._improved(row)
        self._before = float(self.arrays["seconds"][rows - 1])
        self._begun = time.monotonic()

    def add(self, snapshot: Snapshot, observed: Mapping[str, np.ndarray] = MappingProxyType({})) -> dict[str, Any]:
        """Take in one look; returns its numbers for the log."""
        arrays, row, step = self.arrays, int(self.arrays["rows"][0]), snapshot.step
        arrays["loss"][row] = snapshot.state.loss[0]
        arrays["evaluations"][row] = observed["evaluations"][0] if "evaluations" in observed else step * self._each
        arrays["seconds"][row] = self._before + time.monotonic() - self._begun
        if row:
            arrays["acceptance"][row] = snapshot.counts.accepted[0] / (step - self._marks[row - 1])
        for name in self._observed:
            arrays[OBSERVED + name][row] = observed[name][0]
        arrays["rows"][0] += 1
        if self._improved(row):
            arrays["best"][0] = row
            for number, leaf in enumerate(jax.tree.leaves(snapshot.state.position)):
                arrays[f"{BEST}{number}"] = np.array(leaf[0])
        numbers = [*(OBSERVED + name for name in self._observed if arrays[OBSERVED + name].ndim == 1), "acceptance"]
        facts = {name.removeprefix(OBSERVED): float(arrays[name][row]) for name in ("loss", *numbers)}
        self.told = ", ".join(f"{name} {value:.4g}" for name, value in facts.items() if np.isfinite(value))
        return {"step": step, **{name: value if np.isfinite(value) else None for name, value in facts.items()}}

    @staticmethod
    def _is_curve(name: str) -> bool:
        return name not in ("rows", "best") and not name.startswith(BEST)

    def _improved(self, row: int) -> bool:
        goal = self._goal
        value = float(self.monitored[row])
        value = -value if goal.mode == "max" else value
        # flax takes whatever follows infinity for an improvement.
        self._watch = self._watch.update(value if np.isfinite(value) else sys.float_info.max)
        return self._watch.has_improved and np.isfinite(value)

    def dataset(self) -> xarray.Dataset:
        """The looks so far, against steps, evaluations of the loss and seconds."""
        rows = int(self.arrays["rows"][0])
        kept = {name: array[:rows] for name, array in self.arrays.items() if self._is_curve(name)}
        seen = {name: (("step", *axes_of(name, kept[OBSERVED + name].ndim - 1)), kept[OBSERVED + name])
                for name in self._observed}  # fmt: skip
        return xarray.Dataset(
            {**{name: ("step", kept[name]) for name in ("loss", "acceptance")}, **seen},
            coords={
                "step": self._marks[:rows],
                "evaluations": ("step", kept["evaluations"], {"units": "evaluations of the loss"}),
                "seconds": ("step", kept["seconds"], {"units": "seconds, compilation included"}),
            },
        )
