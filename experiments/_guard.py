"""Accept/reject decisions against float64: at the start, at every checkpoint, and along the finished run."""

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

from corr._flips import flip_counter
from corr._keys import Stream, trajectory_key
from corr._timing import Clock

WARN_FLIPS, REFUSE_FLIPS = 1e-3, 1e-2
CHECKED_POINTS = 4


class DecisionGuard:
    """Measures flip rates of one run and keeps them in ``flips.jsonl`` in its folder, so that they outlive a restart.

    Args:
        loss: U.
        clock: σ, β and the time of a step.
        root: root key of the run.
        folder: the run's folder.
        say: called with one line of text where decisions differ too often.
    """

    def __init__(self, loss: Any, clock: Clock, root: jax.Array, folder: Path, say: Any):
        self._counter = flip_counter(loss, mutation_std=clock.mutation_std, beta=clock.beta)
        self._clock, self._root, self._file, self._say = clock, root, folder / "flips.jsonl", say

    def start(self, params: Any) -> None:
        """Refuse a run in which rounding decides.

        Raises:
            ValueError: if more than 1 % of decisions differ from float64 at the start.
        """
        rate = self._measure(0, params)
        if rate > REFUSE_FLIPS:
            raise ValueError(
                f"{100 * rate:.2g} % of decisions differ from float64 at the start, expected under 1 %: use --precision"
                " float64 or a larger --sigma"
            )

    def at_checkpoint(self, step: int, params: Any) -> None:
        """Measure at ``params`` after ``step`` mutation steps."""
        self._measure(step, params)

    def along(self, walk: xarray.Dataset, params: Any) -> None:
        """Measure along the first trajectory, at times spread over the run."""
        start, unravel = ravel_pytree(params)
        for k in np.linspace(0, len(walk.time) - 1, CHECKED_POINTS).round().astype(int)[1:]:
            self._measure(int(walk.step.values[k]), unravel(jnp.asarray(walk.path.values[0, k], start.dtype)))

    def rows(self) -> list[dict[str, Any]]:
        """Everything measured, one row per time."""
        lines = self._file.read_text(encoding="utf-8").splitlines()
        found = {row["time"]: row for row in map(json.loads, lines)}
        return [found[time] for time in sorted(found)]

    def _measure(self, step: int, params: Any) -> float:
        key = trajectory_key(self._root, Stream.FLIP_CHECK, int(step) % 2**32)
        time = step * self._clock.step_time
        row = {"time": round(time, 12), **self._counter(params, key)._asdict()}
        if jax.process_index() == 0:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        if row["rate"] > WARN_FLIPS:
            self._say(f"warning: {100 * row['rate']:.2g} % of decisions differ from float64 at t = {time:g}")
        return row["rate"]
