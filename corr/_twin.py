"""The twin of a comparison: planned before its time steps are known, then on the grid that noise-free descent gives."""

from typing import Any, NamedTuple

import jax
import numpy as np

from ._checks import check_count, check_positive
from ._fingerprint import Along
from ._plan import Plan
from ._start import initial_shape
from ._timegrid import TimeGrid, room_for
from ._types import Dynamics, Params
from .dynamics import langevin
from .ensemble._simulate import default_refreshes

UNKNOWN = ("record_at", "refresh_every", "time_step", "thin")  # before the noise-free path is


class Thin(NamedTuple):
    """From this recorded time on, the one with this index, only so many are followed."""

    index: int
    time: float
    count: int


class Twin(NamedTuple):
    """Loss, λα, moments as ``langevin`` takes them or the pair (measure, moments), thinning, number of intervals.

    With ``common_noise`` it steps as mutation does, on mutation's normal numbers.
    """

    loss: Any
    step_time: float
    moments: Any
    thin: Thin | None
    intervals: int
    common_noise: bool = False

    @property
    def foreseen(self) -> Dynamics:
        """The twin with the finest steps, and what is known of its facts."""
        steady = self._dynamics(self.step_time)
        thin = "none" if self.thin is None else f"to {self.thin.count} from time {self.thin.time:.9g} on"
        known = {"thinned": thin, "most recorded times": room_for(self.intervals), "program": steady}
        return steady._replace(facts={**steady.facts, **known})

    def check(self, start: Params, key: jax.Array) -> None:
        """Trace a step: whatever the moments refuse, they refuse here."""
        side = self.foreseen
        jax.eval_shape(side.step, key, initial_shape(side, start))

    def steps(self, grid: TimeGrid, marks: list[int]) -> TimeGrid:
        """The grid, or with common noise the steps of mutation, which is recorded at these of its own."""
        return TimeGrid(np.asarray(marks), np.full(self.intervals, self.step_time)) if self.common_noise else grid

    def on(self, grid: TimeGrid, foreseen: Plan) -> Plan:
        """The plan with the time steps of a grid.

        Near a minimum the gradient, and the response to it, change by a tenth in one step of the twin: what is measured
        is measured at every step.
        """
        marks = grid.marks.tolist()
        facts = {**foreseen.dynamics.facts, "time_step": Along(grid.upto)}
        refreshes = [1] * self.intervals if isinstance(self.moments, tuple) else default_refreshes(marks[1:])
        return foreseen._replace(
            dynamics=self._dynamics(grid.schedule)._replace(facts=facts),
            marks=marks,
            refreshes=refreshes,
            thin=self.thinned_at(marks),
        )

    def thinned_at(self, marks: list[int]) -> tuple[int, int] | None:
        """Thinning by the number of its recorded step."""
        return None if self.thin is None else (marks[self.thin.index], self.thin.count)

    @property
    def parts(self) -> tuple[Any, Any]:
        """(measure, moments), with None for a measure that there is not."""
        return self.moments if isinstance(self.moments, tuple) else (None, self.moments)

    def _dynamics(self, time_step: Any) -> Dynamics:
        measure, moments = self.parts
        return langevin(
            self.loss, time_step=time_step, moments=moments, measure=measure, common_noise=self.common_noise
        )


def check_moments(moments: Any) -> Any:
    """A function, or a pair of functions."""
    pair = moments if isinstance(moments, tuple) else (moments, moments)
    if len(pair) != 2 or not all(map(callable, pair)):
        raise TypeError(f"twin_moments must be a function, or a pair of functions (measure, moments), got {moments!r}")
    return moments


def thinning(thin: Any, times: np.ndarray) -> Thin | None:
    """Thinning at a recorded time after 0."""
    if thin is None:
        return None
    if not (isinstance(thin, tuple | list) and len(thin) == 2):
        raise TypeError(f"thin must be a pair (time, count), got {type(thin).__name__} {thin!r}")
    count = check_count("the count of thin = (time, count)", thin[1])
    time = check_positive("the time of thin = (time, count)", thin[0])
    index = int(np.argmin(np.abs(times - time)))
    if abs(times[index] - time) > 1e-6 * time:
        raise ValueError(f"thin starts at time {thin[0]}, expected one of the recorded times after 0")
    return Thin(index, float(times[index]), count)
