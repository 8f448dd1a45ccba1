"""When a run is saved, how it stops on a signal, and how it goes on."""

import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import jax
import numpy as np

from ._fingerprint import refresh_matters, run_fingerprint
from ._lock import locked
from ._recorder import Recorder
from ._types import Dynamics, Params, State
from .ensemble import Counts, Snapshot
from .ensemble._checkpoint import CheckpointError, Checkpoints
from .ensemble._processes import check_agreement

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """A signal ended a run; everything up to the step its message names is saved.

    Attributes:
        signal: the number of the signal.
    """

    def __init__(self, message: str, number: int):
        super().__init__(message)
        self.signal = number


class Saver:
    """Saves one run at intervals and on signals; without a folder it does nothing.

    Args:
        folder: folder for checkpoints, or None.
        every: seconds between checkpoints.
        check: called with (step, parameters of the first trajectory) at every checkpoint, or None.
        dynamics, params, key: what runs, from where, on which random numbers.
        identity: the sizes that fix the bits of the run beside these.
        refresh_every: steps between rebuilds of what the dynamics keeps.
        recorder: what is saved beside the states.
        marks: the recorded steps, ascending; a run may be asked for later ones than it was begun with.

    Raises:
        ValueError: if several processes were given different runs.
    """

    def __init__(
        self,
        folder: Path | None,
        every: float,
        check: Callable[[int, Params], None] | None,
        dynamics: Dynamics,
        params: Params,
        key: jax.Array,
        identity: Mapping[str, Any],
        refresh_every: int,
        recorder: Recorder,
        marks: list[int],
    ):
        self._saved = None
        if folder is not None or jax.process_count() > 1:
            whole = _identity(dynamics, params, key, identity, refresh_every, marks)
            check_agreement(whole(marks[-1]))
            if folder is not None:
                self._saved = Checkpoints(folder / f"process-{jax.process_index()}", whole)
        self._every, self._check, self._recorder, self._steps = every, check, recorder, marks[-1]
        self._structure = jax.tree.structure(jax.eval_shape(dynamics.init, params)._replace(tape=()))
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
        """Where to go on, with the recorder brought back; None to begin."""
        if self._saved is None or (found := self._saved.newest()) is None:
            return None
        step, arrays = found
        paths, kept = len(arrays["record/path"]), len(self._recorder.arrays["path"])
        if kept > paths:
            raise CheckpointError(f"{self._saved.folder} holds {paths} paths, asked for {kept}: give a smaller keep")
        self._recorder.go_on({name: arrays[f"record/{name}"] for name in self._recorder.arrays})
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
            self._saved.save(step, _pack(snapshot, self._recorder))
            self._last = time.monotonic()
            if self._check is not None and len(snapshot.state.loss):
                self._check(step, jax.tree.map(lambda leaf: leaf[0], snapshot.state.position))
        if self._stop:
            raise Interrupted(f"stopped at step {step} of {self._steps}, saved in {self._saved.folder}", self._stop)


def _pack(snapshot: Snapshot, recorder: Recorder) -> dict[str, np.ndarray]:
    state: State = snapshot.state
    return {
        **{f"state/{number}": np.asarray(leaf) for number, leaf in enumerate(jax.tree.leaves(state))},
        **{f"counts/{name}": value for name, value in snapshot.counts._asdict().items()},
        **{f"record/{name}": np.asarray(value) for name, value in recorder.arrays.items()},
    }


def _identity(
    dynamics: Dynamics, params: Params, key: jax.Array, sizes: Mapping[str, Any], refresh_every: int, marks: list[int]
) -> Callable[[int], dict[str, Any]]:
    """What fixes a run before a step: rows recorded later, and rebuilds of nothing, do not."""
    fingerprint, matters = run_fingerprint(dynamics, params, key), refresh_matters(dynamics, params)
    here = {"processes": jax.process_count(), "platform": jax.default_backend()}
    versions = {"jax": version("jax"), "jaxlib": version("jaxlib")}

    def before(step: int) -> dict[str, Any]:
        refresh = {"refresh_every": refresh_every} if matters or step % refresh_every else {}
        recorded = {"record_at": [mark for mark in marks if mark < step]}
        return {**sizes, **refresh, **recorded, **fingerprint(step), **here, **versions}

    return before
