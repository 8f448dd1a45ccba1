"""When a run is saved, how it stops on a signal, and how it goes on."""

import signal
import threading
import time
from collections.abc import Callable, Container, Mapping
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from types import FrameType, MappingProxyType, TracebackType
from typing import Any, Protocol, Self

import jax
import numpy as np

from .._fingerprint import refresh_matters, run_fingerprint
from .._plan import Plan
from .._start import initial_shape
from .._types import Params, State
from ..results._lock import locked
from ._checkpoint import CheckpointError, Checkpoints
from ._engine import Counts
from ._processes import check_agreement
from ._shares import own_trajectories
from ._simulate import Snapshot

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """A signal ended a run; everything up to the step its message names is saved.

    Attributes:
        signal: the number of the signal.
    """

    def __init__(self, message: str, number: int):
        super().__init__(message)
        self.signal = number


class Record(Protocol):
    """What a run leaves behind: ``Recorder`` of an ensemble, ``Curves`` of a fit.

    Attributes:
        arrays: all of it by name, changed in place; "rows", "loss" and "acceptance" are among them.
        facts: what fixes it beside the run, plain numbers and texts.
        told: what is said beside the progress.
    """

    arrays: dict[str, np.ndarray]
    facts: Mapping[str, Any]
    told: str

    @property
    def done(self) -> bool:
        """Whether it wants no more steps."""
        ...

    def add(self, snapshot: Snapshot, observed: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Take in a snapshot and what was observed of it; returns facts for the log."""
        ...

    def go_on(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take over what a shorter or longer run had left so far."""
        ...


class Saver:
    """Saves one run at intervals and on signals; without a folder it does nothing.

    Args:
        folder: folder for checkpoints, or None.
        every: seconds between checkpoints.
        check: called with (step, parameters of the first trajectory) at every checkpoint, or None.
        plan: what runs; a run may be asked for later steps than it was begun with.
        record: what is saved beside the states.

    Raises:
        ValueError: if several processes were given different runs.
    """

    def __init__(
        self,
        folder: Path | None,
        every: float,
        check: Callable[[int, Params], None] | None,
        plan: Plan,
        record: Record,
    ):
        self._saved = None
        if folder is not None or jax.process_count() > 1:
            whole = _identity(plan, record.facts)
            check_agreement(whole(plan.marks[-1]))
            if folder is not None:
                self._saved = Checkpoints(_place(folder), whole)
        self._every, self._check, self._record, self._steps = every, check, record, plan.marks[-1]
        self._structure = jax.tree.structure(initial_shape(plan.dynamics, plan.start)._replace(tape=()))
        self._stop, self._last = 0, time.monotonic()
        self._old: dict[int, Any] = {}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        if self._saved is not None:
            self._held.enter_context(locked(self._saved.folder))
        if self._saved is not None and threading.current_thread() is threading.main_thread():
            self._old = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)
        self._held.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stop == number == signal.SIGINT:
            raise KeyboardInterrupt
        self._stop = number

    def resume(self) -> Snapshot | None:
        """Where to go on, with the record brought back; None to begin."""
        if self._saved is None or (found := self._saved.newest()) is None:
            return None
        step, arrays = found
        if "path" in self._record.arrays:
            _check_paths(self._saved, len(arrays["record/path"]), len(self._record.arrays["path"]))
        self._record.go_on({name: arrays[f"record/{name}"] for name in self._record.arrays})
        leaves = [arrays[f"state/{number}"] for number in range(self._structure.num_leaves)]
        counts = Counts(*(arrays[f"counts/{name}"] for name in Counts._fields))
        return Snapshot(step, jax.tree.unflatten(self._structure, leaves), counts)

    def after_chunk(self, step: int, fetch: Callable[[], Snapshot]) -> None:
        """Save where it is time or a signal came.

        Raises:
            CheckpointError: if the checkpoint cannot be written.
            Interrupted: after a signal.
        """
        if self._saved is None:
            return
        if self._stop or step == self._steps or time.monotonic() - self._last >= self._every:
            snapshot = fetch()
            self._saved.save(step, _pack(snapshot, self._record))
            self._last = time.monotonic()
            if self._check is not None and len(snapshot.state.loss):
                self._check(step, jax.tree.map(lambda leaf: leaf[0], snapshot.state.position))
        if self._stop:
            raise Interrupted(f"stopped at step {step} of {self._steps}, saved in {self._saved.folder}", self._stop)


def _pack(snapshot: Snapshot, record: Record) -> dict[str, np.ndarray]:
    state: State = snapshot.state
    return {
        **{f"state/{number}": np.asarray(leaf) for number, leaf in enumerate(jax.tree.leaves(state))},
        **{f"counts/{name}": value for name, value in snapshot.counts._asdict().items()},
        **{f"record/{name}": np.asarray(value) for name, value in record.arrays.items()},
    }


def check_saved(plan: Plan, folder: Path, *, unknown: Container[str] = ()) -> None:
    """Refuse checkpoints of another run, and leave them as they are; facts that are still unknown are passed over.

    Raises:
        CheckpointError: naming what differs.
    """
    saved = Checkpoints(_place(folder), lambda step: _identity(plan)(step))
    found = saved.check(unknown)
    if found is not None:
        step, shapes = found
        if step > plan.marks[-1] and not unknown:
            raise CheckpointError(
                f"{saved.folder} is at step {step}, asked for {plan.marks[-1]}: what was begun can go on further,"
                " and is not cut; give its end_time or a later one, and take the earlier times of what comes back"
            )
        ids = own_trajectories(plan.layout, plan.trajectories)
        _check_paths(saved, shapes["record/path"][1][0], int(np.sum(ids < plan.kept)))


def _place(folder: Path) -> Path:
    return folder / f"process-{jax.process_index()}"


def _check_paths(saved: Checkpoints, paths: int, kept: int) -> None:
    if kept > paths:
        raise CheckpointError(f"{saved.folder} holds {paths} paths, asked for {kept}: give a smaller keep")


def _identity(plan: Plan, facts: Mapping[str, Any] = MappingProxyType({})) -> Callable[[int], dict[str, Any]]:
    """What fixes a run before a step: rows recorded later, and rebuilds of nothing, do not."""
    fingerprint = run_fingerprint(plan.dynamics, plan.start, plan.key)
    matters, sizes = refresh_matters(plan.dynamics, plan.start), plan.sizes
    here = {"processes": jax.process_count(), "platform": jax.default_backend()}
    versions = {"jax": version("jax"), "jaxlib": version("jaxlib")}

    def before(step: int) -> dict[str, Any]:
        recorded = [mark for mark in plan.marks if mark < step]
        used = plan.refreshes[: len(recorded)]
        counts = matters or any(step % every for every in used)
        refresh = {"refresh_every": used[0] if len({*used}) == 1 else used} if counts else {}
        return {**facts, **sizes, **refresh, "record_at": recorded, **fingerprint(step), **here, **versions}

    return before
