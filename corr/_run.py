"""``run``: an ensemble of one dynamics as an xarray dataset."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import xarray

from ._drive import Manner, check_manner, drive, spends
from ._plan import Plan, plan_run
from ._start import initial_shape
from ._told import told_once
from ._types import Dynamics, Params
from .ensemble._processes import merge_processes
from .ensemble._recorder import Recorder
from .ensemble._shares import own_trajectories


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
    refresh_every: int | Sequence[int] | None = None,
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
    observe: Callable[[Params], Mapping[str, Any]] | None = None,
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
        refresh_every: steps between rebuilds of kept activations, one number or one for each interval between recorded
            steps; None takes the largest divisor up to 1000 of the first interval, where another is no multiple of it
            100, 10 or 1.
        devices: number of devices, None for all; on CPUs one where the loss factorizes matrices (eigenvalues, say): two
            may then wait for each other for ever (jaxlib 0.10).
        block_size: trajectories advanced together, None to choose.
        progress: show a progress bar on standard error, or a line a minute where that is not a terminal.
        log: JSON-lines file to append to, made with its folder if missing.
        label: name shown beside the progress bar.
        checkpoint: folder for checkpoints; a run that finds one of its own there goes on from it, with the same bits as
            an uninterrupted run, also past the last step it had been asked for (which the longer run then records
            too). SIGINT and SIGTERM then end the run
            after the steps under way, saved.
        checkpoint_every: seconds between checkpoints.
        check: called with (step, parameters of the first trajectory) at every checkpoint.
        start_per_trajectory: every leaf of ``params`` has a leading axis of ``trajectories`` starts.
        check_decisions: at the start compare accept/reject decisions with float64 and refuse a run in which more than
            1 % differ, warn from 0.1 % on, or where exact changes of the loss differ by more than 5 %; of a dynamics
            that follows a gradient (``descent``, ``langevin``, ``from_optax``) refuse a loss without derivative, and
            warn where it is zero.
        observe: a JAX function ``params -> {name: number or array}``, what else to record of every trajectory at every
            recorded time, such as an accuracy on test data. It sees the position of the state, and is compiled.

    Returns:
        A Dataset with dimensions trajectory, path_trajectory, time, parameter and variables ``mean`` and ``variance``
        (time, parameter; over trajectories whose numbers are finite), ``loss`` and ``acceptance`` (trajectory, time),
        ``path`` (path_trajectory, time, parameter), ``nonfinite`` (trajectory; steps whose loss was not finite),
        ``loss_drift`` (trajectory; largest error of the kept loss), ``finite`` (trajectory) and ``count`` (time); what
        is observed under its own names (trajectory, time, NAME_0, NAME_1, ... for the axes of an array), NaN where a
        trajectory is no longer followed. Coordinates of ``time`` are ``step`` and ``evaluations``: of the loss, by one
        trajectory, its steps times ``dynamics.evaluations``; (trajectory, time) where a line search takes more.

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
        >>> data = run(walk, jnp.ones(3), steps=20, trajectories=4, key=root_key(0), record_at=[10], progress=False)
        >>> dict(data.sizes)["time"], data.evaluations.values.tolist()
        (3, [0, 10, 20])
    """
    plan = plan_run(
        dynamics,
        params,
        steps=steps,
        trajectories=trajectories,
        key=key,
        record_at=record_at,
        time_step=time_step,
        times=times,
        keep=keep,
        thin=thin,
        refresh_every=refresh_every,
        devices=devices,
        block_size=block_size,
        start_per_trajectory=start_per_trajectory,
        check_decisions=check_decisions,
        observe=observe,
    )
    manner = check_manner(progress, log, checkpoint, checkpoint_every, check, check_decisions)
    return carry_out(plan, manner._replace(label=label))


def carry_out(plan: Plan, manner: Manner) -> xarray.Dataset:
    """Run what was checked."""
    start, marks, observer = plan.start, plan.marks, plan.observer
    uneven = {"evaluations": jax.ShapeDtypeStruct((), float)} if spends(plan) else {}
    ids = own_trajectories(plan.layout, plan.trajectories)
    kind = initial_shape(plan.dynamics, start).loss.dtype
    seen = (observer.shapes if observer else {}) | uneven
    recorder = Recorder(start, ids, plan.times, marks, plan.kept, kind, seen)
    drive(plan, manner, recorder)
    attrs = {"devices": plan.layout.devices, "block_size": plan.layout.block, "refresh_every": plan.refresh_every}
    merge_processes(recorder)
    data = recorder.dataset()
    counted = data.evaluations.variable if uneven else xarray.Variable("time", plan.evaluations)
    counted.attrs["units"] = "evaluations of the loss by one trajectory"
    return data.assign_coords(evaluations=counted).assign_attrs(attrs)
