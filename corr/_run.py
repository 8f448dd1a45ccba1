"""``run``: an ensemble of one dynamics as an xarray dataset."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray

from ._clock import check_count, check_positive
from ._objective import check_params
from ._recorder import Recorder, paths_to_keep
from ._resume import Saver
from ._types import Dynamics, Params
from .ensemble._layout import choose_layout
from .ensemble._memory import check_memory
from .ensemble._processes import merge_processes
from .ensemble._progress import Progress
from .ensemble._shares import own_trajectories
from .ensemble._simulate import default_refresh, simulate

EVALUATION = 16  # roundings of a sum over 2^16 data points by halving


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
) -> xarray.Dataset:
    """Run many trajectories of one dynamics from one start.

    Args:
        dynamics: what to run, any ``Dynamics``.
        params: start parameters, any pytree of floating-point arrays.
        steps: number of steps of every trajectory.
        trajectories: number of trajectories.
        key: root key, e.g. ``root_key(0)``.
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
            an uninterrupted run. SIGINT and SIGTERM then end the run after the steps under way, saved.
        checkpoint_every: seconds between checkpoints.
        check: called with (step, parameters of the first trajectory) at every checkpoint.

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
    params = check_params(params)
    steps, trajectories = check_count("steps", steps), check_count("trajectories", trajectories)
    marks = check_marks(record_at, steps)
    clock = _clock(marks, time_step, times)
    layout = choose_layout(trajectories, devices, block_size)
    refresh = default_refresh(marks[1:]) if refresh_every is None else check_count("refresh_every", refresh_every)
    size = sum(np.size(leaf) for leaf in jax.tree.leaves(params))
    kept = paths_to_keep(keep, trajectories, len(marks), size)
    check_memory(dynamics, params, layout, rows=len(marks), kept=kept)
    recorder = Recorder(params, own_trajectories(layout, trajectories), clock, marks, kept)
    identity = {"steps": steps, "record_at": marks, "trajectories": trajectories, "refresh_every": refresh,
                "thin": thin, "keep": kept, "block_size": layout.block}  # fmt: skip
    saver = Saver(checkpoint, checkpoint_every, check, dynamics, params, key, identity, recorder, steps)
    with Progress(label, steps, show=progress, log=log) as bar, saver:

        def after_chunk(step: int, fetch: Any) -> None:
            bar.advance(step)
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
            resume=saver.resume(),
            after_chunk=after_chunk,
        ):
            bar.write(**recorder.add(snapshot))
    attrs = {"devices": layout.devices, "block_size": layout.block, "refresh_every": refresh}
    merge_processes(recorder)
    _warn_if_drifting(recorder.arrays, refresh)
    return recorder.dataset().assign_attrs(attrs)


def check_marks(record_at: Sequence[int], steps: int) -> list[int]:
    """Recorded steps, sorted, with 0 and the last; refuses fractions and steps outside [0, steps]."""
    for mark in record_at:
        if int(mark) != mark or not 0 <= mark <= steps:
            raise ValueError(f"record_at holds {mark}, expected whole step numbers in [0, {steps}]")
    return sorted({0, steps, *(int(mark) for mark in record_at)})


def _warn_if_drifting(arrays: Mapping[str, np.ndarray], refresh_every: int) -> None:
    """Kept losses may be off by one rounding per step since they were rebuilt, and evaluations by a few themselves."""
    losses, drift = arrays["loss"], arrays["loss_drift"]
    if not np.isfinite(losses).any():
        return
    allowed = (refresh_every + EVALUATION) * np.finfo(losses.dtype).eps * np.max(np.abs(losses[np.isfinite(losses)]))
    if np.max(drift) > allowed:
        warnings.warn(
            f"the kept loss drifted by {np.max(drift):.2g} from a fresh evaluation in {refresh_every} steps, expected"
            f" at most {allowed:.2g} from rounding: use a smaller refresh_every or float64",
            stacklevel=3,
        )


def _clock(marks: list[int], time_step: float, times: Sequence[float] | None) -> np.ndarray:
    if times is None:
        return np.asarray(marks, float) * check_positive("time_step", time_step)
    if len(times) != len(marks):
        raise ValueError(f"times holds {len(times)} numbers for {len(marks)} recorded steps {marks[:3]}...")
    return np.asarray(times, float)
