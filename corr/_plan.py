"""What ``run`` is asked for, checked before anything is computed."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from ._checks import check_count, check_positive, real_number
from ._compiler import check_compiled
from ._digest import digest
from ._gradient import check_gradient
from ._keys import check_key
from ._objective import check_loss, check_params
from ._observe import Observer, check_observe
from ._types import Dynamics, Params
from .ensemble._blocks import choose_block
from .ensemble._layout import Layout, choose_layout
from .ensemble._memory import check_memory
from .ensemble._recorder import paths_to_keep
from .ensemble._simulate import check_refresh, check_thin, default_refreshes


class Plan(NamedTuple):
    """A run whose arguments were checked.

    Attributes:
        dynamics, params, key: what runs, from where (one start, or one per trajectory), on which random numbers.
        start: the start of the first trajectory.
        each: whether there is one start per trajectory.
        trajectories: how many.
        marks: the recorded steps, with 0 and the last.
        times: common time of each recorded step.
        refreshes: steps between rebuilds, for each interval between recorded steps.
        thin: (recorded step, count) or None.
        kept: how many full paths are kept.
        layout: devices and blocks.
        observer: what is looked at beside, or None.
    """

    dynamics: Dynamics
    params: Params
    key: jax.Array
    start: Params
    each: bool
    trajectories: int
    marks: list[int]
    times: np.ndarray
    refreshes: list[int]
    thin: tuple[int, int] | None
    kept: int
    layout: Layout
    observer: Observer | None = None

    @property
    def sizes(self) -> dict[str, Any]:
        """What fixes the bits of the run beside its dynamics, its steps and its random numbers."""
        starts = digest(self.params) if self.each else "one"
        seen = {} if self.observer is None else self.observer.fingerprint(self.start)
        return {
            "trajectories": self.trajectories,
            "thin": self.thin,
            "block_size": self.layout.block,
            "starts": starts,
            **seen,
        }

    @property
    def evaluations(self) -> np.ndarray:
        """Evaluations of the loss by each trajectory up to each recorded step."""
        each = float(self.dynamics.evaluations)
        return np.asarray(self.marks) * (int(each) if each.is_integer() else each)

    @property
    def refresh_every(self) -> int | list[int]:
        """Steps between rebuilds, one number where all intervals have the same."""
        return self.refreshes[0] if len({*self.refreshes}) == 1 else self.refreshes


def plan_run(
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
    refresh_every: int | Sequence[int] | None = None,
    devices: int | None = None,
    block_size: int | None = None,
    start_per_trajectory: bool = False,
    check_decisions: bool = True,
    observe: Callable[[Params], Mapping[str, Any]] | None = None,
) -> Plan:
    """The arguments of ``run`` that fix its numbers, each refused where ``run`` says so."""
    if not isinstance(dynamics, Dynamics):
        raise TypeError(f"dynamics must be one like corr.mutation(loss, ...), got {type(dynamics).__name__}")
    check_key(key)
    params = check_params(params)
    steps, trajectories = check_count("steps", steps), check_count("trajectories", trajectories)
    start = first_start(params, trajectories) if start_per_trajectory else params
    allowed = _check_loss(dynamics, start, check_decisions, devices)
    _check_evaluations(dynamics.evaluations)
    _check_room(dynamics, steps)
    observer = check_observe(observe, start)
    marks = check_marks(record_at, steps)
    block = choose_block(dynamics, start, trajectories, devices) if block_size is None else block_size
    layout = choose_layout(trajectories, allowed, block)
    thin = check_thin(thin, marks)
    refreshes = default_refreshes(marks[1:]) if refresh_every is None else check_refresh(refresh_every, marks[1:])
    size = sum(np.size(leaf) for leaf in jax.tree.leaves(start))
    kept = paths_to_keep(keep, trajectories, len(marks), size)
    observed = 0 if observer is None else observer.bytes_each
    check_memory(dynamics, start, layout, rows=len(marks), kept=kept, observed=observed)
    clock = _clock(marks, time_step, times)
    return Plan(
        dynamics,
        params,
        key,
        start,
        start_per_trajectory,
        trajectories,
        marks,
        clock,
        refreshes,
        thin,
        kept,
        layout,
        observer,
    )


def _check_loss(dynamics: Dynamics, start: Params, check_decisions: bool, devices: int | None) -> int | None:
    """The devices on which the loss may run, if it may."""
    if dynamics.loss is None:
        return devices
    check_loss(dynamics.loss, start)
    allowed = check_compiled(dynamics.loss, start, devices)
    if check_decisions and dynamics.facts.get("gradient") and dynamics.keeps_loss:
        check_gradient(dynamics.loss, start)
    return allowed


def _check_evaluations(count: Any) -> None:
    number = real_number("evaluations of the dynamics", count)
    if not (number >= 0 and math.isfinite(number)):
        raise ValueError(f"evaluations of the dynamics must be at least 0 and finite, got {count}: those of one step")


def _check_room(dynamics: Dynamics, steps: int) -> None:
    room = dynamics.facts.get("most_steps", math.inf)
    if steps > room:
        raise ValueError(f"steps must be at most {room}, for which {dynamics.facts['dynamics']} has room, got {steps}")


def first_start(params: Params, trajectories: int) -> Params:
    """The first of one start per trajectory; refuses leaves without an axis of that length."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        if np.shape(leaf)[:1] != (trajectories,):
            raise ValueError(
                f"{jax.tree_util.keystr(path) or 'params'} has shape {np.shape(leaf)}, expected ({trajectories}, ...):"
                " with start_per_trajectory every leaf has a leading axis of one start per trajectory"
            )
    return jax.tree.map(lambda leaf: leaf[0], params)


def check_marks(record_at: Sequence[int], steps: int) -> list[int]:
    """Recorded steps, sorted, with 0 and the last; refuses what is no whole number, and steps outside [0, steps]."""
    for mark in record_at:
        number = real_number("a step of record_at", mark)
        if not (0 <= number <= steps and number.is_integer()):
            raise ValueError(f"record_at holds {mark}, expected whole step numbers in [0, {steps}]")
    return sorted({0, steps, *(int(mark) for mark in record_at)})


def _clock(marks: list[int], time_step: float, times: Sequence[float] | None) -> np.ndarray:
    if times is None:
        return np.asarray(marks, float) * check_positive("time_step", time_step)
    if len(times) != len(marks):
        raise ValueError(f"times holds {len(times)} numbers for {len(marks)} recorded steps {marks[:3]}...")
    return np.asarray(times, float)
