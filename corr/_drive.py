"""The loop of a run: steps, records, progress, checkpoints, until the last step or until the record has seen enough."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ._checks import real_number
from ._decisions import check_against_float64
from ._plan import Plan
from ._start import initial_shape
from ._types import Params, spent
from ._watch import Watch
from .ensemble._progress import Progress
from .ensemble._resume import Record, Saver
from .ensemble._shares import own_devices
from .ensemble._simulate import simulate

PATIENCE = 60.0


class Manner(NamedTuple):
    """How a run is shown, saved and checked on its way; as the arguments of ``run``."""

    progress: bool
    log: Path | None
    checkpoint: Path | None
    checkpoint_every: float
    check: Callable[[int, Params], None] | None
    check_decisions: bool
    label: str = "run"

    def of(self, side: str) -> "Manner":
        """The same for one side of a comparison."""
        folder = None if self.checkpoint is None else self.checkpoint / side
        return self._replace(label=side, checkpoint=folder)


def check_manner(
    progress: bool,
    log: Path | str | None,
    checkpoint: Path | str | None,
    checkpoint_every: float,
    check: Callable[[int, Params], None] | None,
    check_decisions: bool,
) -> Manner:
    """The manner of a run with its places as paths; refuses what cannot be called or is no time."""
    if not real_number("checkpoint_every", checkpoint_every) >= 0:
        raise ValueError(f"checkpoint_every must be at least 0 seconds, got {checkpoint_every}")
    if check is not None and not callable(check):
        raise TypeError(f"check must be a function (step, params) or None, got {type(check).__name__} {check!r}")
    log, checkpoint = (None if place is None else Path(place) for place in (log, checkpoint))
    return Manner(progress, log, checkpoint, checkpoint_every, check, check_decisions)


def spends(plan: Plan) -> bool:
    """Whether steps cost different numbers of evaluations."""
    return spent(initial_shape(plan.dynamics, plan.start).aux) is not None


def drive(plan: Plan, manner: Manner, record: Record) -> None:
    """Run what was checked, with a snapshot to the record at each of its steps, until it is done."""
    dynamics, marks, observer = plan.dynamics, plan.marks, plan.observer
    uneven = spends(plan)
    look = observer.looking(plan.layout.block, (device for _, device in own_devices(plan.layout))) if observer else None
    saver = Saver(manner.checkpoint, manner.checkpoint_every, manner.check, plan, record)
    watch = Watch(dynamics, marks[-1], max(plan.refreshes))
    begun = time.monotonic()
    with saver, Progress(manner.label, marks[-1], show=manner.progress, log=manner.log) as bar:
        resumed = saver.resume()
        if resumed is not None:
            arrays = record.arrays
            watch.resume(marks[int(arrays["rows"][0]) - 1], arrays["loss"], arrays["acceptance"])
        elif manner.check_decisions:
            check_against_float64(dynamics, plan.start, plan.key)

        def after_chunk(step: int, fetch: Any) -> None:
            bar.advance(step)
            if watch.waiting and time.monotonic() - begun > PATIENCE:
                watch.look(fetch())
            saver.after_chunk(step, fetch)

        for snapshot in simulate(
            dynamics,
            plan.params,
            trajectories=plan.trajectories,
            key=plan.key,
            record_at=marks,
            layout=plan.layout,
            refresh_every=plan.refreshes,
            thin=plan.thin,
            resume=resumed,
            after_chunk=after_chunk,
            start_per_trajectory=plan.each,
        ):
            watch.add(snapshot)
            found = look(snapshot.state.position) if look else {}
            if uneven:
                found["evaluations"] = snapshot.step * dynamics.evaluations + np.asarray(spent(snapshot.state.aux))
            bar.write(**record.add(snapshot, found))
            bar.tell(record.told)
            if record.done:
                break
