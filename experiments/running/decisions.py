"""Decisions and changes of the loss against float64: at the start, at every checkpoint, along the finished run."""

import json
import math
import os
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

from corr import Clock
from corr._decisions import Judgement, judge
from corr._flips import flip_counter
from corr._keys import Stream, trajectory_key
from corr._referee import RefereeError

CHECKED_POINTS, DRAWS = 4, 4096
WHOLE = {"time", "flips", "draws", "low", "high"}
CURE = "use --precision float64 or a larger --sigma"


class DecisionGuard:
    """Measures flip rates of one run and keeps them in ``flips.jsonl`` in its folder, so that they outlive a restart.

    Args:
        loss: U.
        clock: σ, β and the time of a step.
        root: root key of the run.
        folder: the run's folder.
        say: called with one line of text where decisions or changes of the loss are not those of float64.
    """

    def __init__(self, loss: Any, clock: Clock, root: jax.Array, folder: Path, say: Any):
        self._counter = flip_counter(loss, mutation_std=clock.mutation_std, beta=clock.beta, draws=DRAWS)
        self._clock, self._root, self._file, self._say = clock, root, folder / "flips.jsonl", say
        self._told: set[str] = set()

    def start(self, params: Any) -> None:
        """Refuse a run in which rounding decides.

        Raises:
            ValueError: if more than 1 % of decisions differ from float64 at the start (lower end of a 99 % interval).
        """
        judged = self._measure(0, params)
        if judged.refused:
            raise ValueError(judged.said)
        self._warn(judged)

    def at_checkpoint(self, step: int, params: Any) -> None:
        """Measure at ``params`` after ``step`` mutation steps."""
        self._warn(self._measure(step, params))

    def along(self, walk: xarray.Dataset, params: Any) -> None:
        """Measure along the first trajectory, at times spread over the run."""
        start, unravel = ravel_pytree(params)
        for k in np.linspace(0, len(walk.time) - 1, CHECKED_POINTS).round().astype(int)[1:]:
            self.at_checkpoint(int(walk.step.values[k]), unravel(jnp.asarray(walk.path.values[0, k], start.dtype)))

    def rows(self) -> list[dict[str, Any]]:
        """Everything measured, one row per time."""
        return read_rows(self._file)

    def _measure(self, step: int, params: Any) -> Judgement:
        key = trajectory_key(self._root, Stream.FLIP_CHECK, int(step) % 2**32)
        time = step * self._clock.step_time
        try:
            found = self._counter(params, key)
        except RefereeError as error:
            return Judgement(f"decisions are not compared with float64: {error}")
        if jax.process_index() == 0:
            error = found.change_error if math.isfinite(found.change_error) else "inf"
            append_row(self._file, {"time": round(time, 12), **found._asdict(), "change_error": error})
        judged = judge(found, params, where=f"at t = {time:g}" if step else "at the start")
        return judged._replace(said=f"{judged.said}: {CURE}") if judged.said else judged

    def _warn(self, judged: Judgement) -> None:
        if judged.said and judged.said not in self._told:
            self._told.add(judged.said)
            self._say(f"warning: {judged.said}")


def append_row(file: Path, row: dict[str, Any]) -> None:
    """Write one row, on a line of its own also where a crash tore the last one."""
    with file.open("ab+") as opened:
        size = opened.seek(0, os.SEEK_END)
        opened.seek(max(size - 1, 0))
        torn = size > 0 and opened.read(1) != b"\n"
        opened.write(b"\n" * torn + json.dumps(row).encode() + b"\n")


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Every whole row, the last of each time; torn lines are passed over."""
    found: dict[float, dict[str, Any]] = {}
    for line in file.read_bytes().splitlines() if file.exists() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and row.keys() >= WHOLE:
            found[row["time"]] = row
    return [found[time] for time in sorted(found)]
