"""``run``: an ensemble of one dynamics as an xarray dataset."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray

from ._clock import check_count, check_positive
from ._compiler import check_compiled
from ._decisions import check_against_float64
from ._digest import digest
from ._gradient import check_gradient
from ._keys import check_key
from ._objective import check_loss, check_params
from ._recorder import Recorder, paths_to_keep
from ._resume import Saver
from ._told import told_once
from ._types import Dynamics, Params
from ._watch import Watch
from .ensemble._layout import choose_layout
from .ensemble._memory import check_memory
from .ensemble._processes import merge_processes
from .ensemble._progress import Progress
from .ensemble._shares import own_trajectories
from .ensemble._simulate import check_thin, default_refresh, simulate

PATIENCE = 60.0


@told_once()
def run(
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
    refresh_every: int | None = None,
    devices: int | None = None,
    block_size: int | None = None,
    progress: bool = True,
    log: Path | str | None = None,
    label: str = "run",
    checkpoint: Path | str | None = None,
    checkpoint_every: float = 60.0,
    check: Callable[[int, Params], None] | None = None,
    start_per_trajectory: bool = False,
    check_decisions: bool = True,
) -> xarray.Dataset:
    """Run many trajectories of one dynamics, from one start or one each.

    Where nothing is accepted, nothing is finite, or the kept loss drifts, a warning says so at the first recorded step
    that shows it (or after a minute). Two runs under one key share their random numbers, also at different σ.

    Args:
        dynamics: what to run, any ``Dynamics``.
        params: start parameters, any pytree of floating-point arrays.
        steps: number of steps of every trajectory.
        trajectories: number of trajectories.
        key: root key, e.g. ``root_key(0)``. Two runs of one stream under one key share their random numbers: give each
            a key of its own, e.g. ``trajectory_key(key, Stream.RUN, number)``, where they count as independent.
        record_at: step numbers to record beside step 0 and the last; whole numbers in [0, steps].
        time_step: common time per step (α for descent, αλ for mutation), used for the ``time`` coordinate.
        times: common time of each recorded step, where steps are not of equal length; overrides ``time_step``.
        keep: how many full paths to keep; None for all where that is at most 5e7 numbers, else the first 25.
        thin: (step, count): after this recorded step only the first ``count`` trajectories are followed; the others are
            NaN from there on.
        refresh_every: steps between rebuilds of kept activations; None chooses at most 1000.
        devices: number of devices, None for all.
        block_size: trajectories advanced together, None to choose.
        progress: show a progress bar on standard error, or a line a minute where that is not a terminal.
        log: JSON-lines file to append to, made with its folder if missing.
        label: name shown beside the progress bar.
        checkpoint: folder for checkpoints; a run that finds one of its own there goes on from it, with the same bits as
            an uninterrupted run, also past the last step it had been asked for. SIGINT and SIGTERM then end the run
            after the steps under way, saved.
        checkpoint_every: seconds between checkpoints.
        check: called with (step, parameters of the first trajectory) at every checkpoint.
        start_per_trajectory: every leaf of ``params`` has a leading axis of ``trajectories`` starts.
        check_decisions: at the start compare accept/reject decisions and exact changes with float64 and refuse a run in
            which they differ; of a dynamics that takes every step, look whether its loss has a gradient.

    Returns:
        A Dataset with dimensions trajectory, path_trajectory, time, parameter and variables ``mean`` and ``variance``
        (time, parameter; over trajectories whose numbers are finite), ``loss`` and ``acceptance`` (trajectory, time),
        ``path`` (path_trajectory, time, parameter), ``nonfinite`` (trajectory; steps whose loss was not finite),
        ``loss_drift`` (trajectory; largest error of the kept loss), ``finite`` (trajectory) and ``count`` (time).

    Raises:
        ValueError: if a number is out of range, a recorded step lies outside [0, steps], the run does not fit into
            memory, or a checkpoint cannot be written or belongs to another run.
        ResultError: if another run uses the folder for checkpoints, or the log cannot be written.
        TypeError: if an argument has the wrong type.
        Interrupted: if a signal ended a run that has checkpoints.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import mutation, root_key
        >>> walk = mutation(lambda x: jnp.sum(x**2), mutation_std=0.1)
        >>> data = run(walk, jnp.ones(3), steps=20, trajectories=8, key=root_key(0), record_at=[10], progress=False)
        >>> dict(data.sizes)["time"]
        3
    """
    log, checkpoint = (None if place is None else Path(place) for place in (log, checkpoint))
    check_key(key)
    params = check_params(params)
    start = first_start(params, trajectories) if start_per_trajectory else params
    if dynamics.loss is not None:
        check_loss(dynamics.loss, start)
        check_compiled(dynamics.loss, start)
        if check_decisions and dynamics.accept is None and dynamics.keeps_loss:
            check_gradient(dynamics.loss, start)
    steps, trajectories = check_count("steps", steps), check_count("trajectories", trajectories)
    marks = check_marks(record_at, steps)
    clock = _clock(marks, time_step, times)
    layout = choose_layout(trajectories, devices, block_size)
    check_thin(thin, marks)
    if not checkpoint_every >= 0:
        raise ValueError(f"checkpoint_every must be at least 0 seconds, got {checkpoint_every}")
    refresh = default_refresh(marks[1:]) if refresh_every is None else check_count("refresh_every", refresh_every)
    size = sum(np.size(leaf) for leaf in jax.tree.leaves(start))
    kept = paths_to_keep(keep, trajectories, len(marks), size)
    check_memory(dynamics, start, layout, rows=len(marks), kept=kept)
    loss_dtype = jax.eval_shape(dynamics.init, start).loss.dtype
    recorder = Recorder(start, own_trajectories(layout, trajectories), clock, marks, kept, loss_dtype)
    sizes = {"trajectories": trajectories, "thin": thin, "block_size": layout.block,
             "starts": digest(params) if start_per_trajectory else "one"}  # fmt: skip
    saver = Saver(checkpoint, checkpoint_every, check, dynamics, start, key, sizes, refresh, recorder, marks)
    watch = Watch(dynamics, steps, refresh)
    begun = time.monotonic()
    with saver, Progress(label, steps, show=progress, log=log) as bar:
        resumed = saver.resume()
        if resumed is not None:
            watch.resume(marks[int(recorder.arrays["rows"][0]) - 1], recorder.arrays["loss"])
        elif check_decisions:
            check_against_float64(dynamics, start, key)

        def after_chunk(step: int, fetch: Any) -> None:
            bar.advance(step)
            if watch.waiting and time.monotonic() - begun > PATIENCE:
                watch.look(fetch())
            saver.after_chunk(step, fetch)

        for snapshot in simulate(
            dynamics,
            params,
            trajectories=trajectories,
            key=key,
            record_at=marks,
            layout=layout,
            refresh_every=refresh,
            thin=thin,
            resume=resumed,
            after_chunk=after_chunk,
            start_per_trajectory=start_per_trajectory,
        ):
            watch.add(snapshot)
            bar.write(**recorder.add(snapshot))
    attrs = {"devices": layout.devices, "block_size": layout.block, "refresh_every": refresh}
    merge_processes(recorder)
    return recorder.dataset().assign_attrs(attrs)


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
    """Recorded steps, sorted, with 0 and the last; refuses fractions and steps outside [0, steps]."""
    for mark in record_at:
        if int(mark) != mark or not 0 <= mark <= steps:
            raise ValueError(f"record_at holds {mark}, expected whole step numbers in [0, {steps}]")
    return sorted({0, steps, *(int(mark) for mark in record_at)})


def _clock(marks: list[int], time_step: float, times: Sequence[float] | None) -> np.ndarray:
    if times is None:
        return np.asarray(marks, float) * check_positive("time_step", time_step)
    if len(times) != len(marks):
        raise ValueError(f"times holds {len(times)} numbers for {len(marks)} recorded steps {marks[:3]}...")
    return np.asarray(times, float)
