"""``fit``: one trajectory of any dynamics as a trainer, with validation, early stopping and the best weights kept."""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from ._checks import check_count, real_number
from ._drive import check_manner, drive
from ._plan import Plan, check_marks, plan_run
from ._start import initial_shape
from ._told import told_once, warn
from ._types import Dynamics, Params
from .ensemble._curves import Curves, Goal
from .ensemble._memory import estimate_memory
from .ensemble._simulate import check_refresh, default_refreshes

LOOKS = 100


class Fit(NamedTuple):
    """What ``fit`` gives back.

    Attributes:
        params: the parameters of the best look.
        step: its step number.
        curves: a Dataset with dimension ``step``, one entry for each look: ``loss`` (of all training data), what is
            observed, ``acceptance`` since the look before; coordinates ``evaluations`` of the loss and ``seconds``.
        stopped: whether patience ended it before its last step.
    """

    params: Params
    step: int
    curves: xarray.Dataset
    stopped: bool


@told_once()
def fit(
    dynamics: Dynamics,
    params: Params,
    *,
    steps: int,
    key: jax.Array,
    look_every: int | None = None,
    observe: Callable[[Params], Mapping[str, Any]] | None = None,
    monitor: str = "loss",
    mode: str = "min",
    patience: int | None = None,
    min_delta: float = 0.0,
    refresh_every: int | Sequence[int] | None = None,
    progress: bool = True,
    log: Path | str | None = None,
    label: str = "fit",
    checkpoint: Path | str | None = None,
    checkpoint_every: float = 60.0,
    check_decisions: bool = True,
) -> Fit:
    """Train by any dynamics: look at the loss and at what is observed, keep the best weights, stop when patience ends.

    The best look is the first whose number is better than every one before by more than ``min_delta``; more than
    ``patience`` looks in a row without one end the fit. A number that is not finite is no improvement, and is warned
    of. Choose by data that are not trained on: of the training loss the last look is mostly the best.

    Args:
        dynamics: what trains, any ``Dynamics``: ``mutation``, ``adaptive_mutation``, ``minibatch``, ``from_optax``, ...
        params: start parameters, any pytree of floating-point arrays.
        steps: at most so many steps.
        key: root key, e.g. ``root_key(0)``; the steps are those of the first trajectory of ``run`` under this key.
        look_every: steps between looks; None for a hundred looks. The first is at step 0, the last at the end.
        observe: a JAX function ``params -> {name: number or array}``, such as a loss and an accuracy on validation
            data, as in ``run``.
        monitor: "loss", or the name of an observed number.
        mode: "min" where less of it is better, "max" where more is.
        patience: looks without improvement, at least 0; None never stops.
        min_delta: what counts as better, in the units of the number, not negative.
        refresh_every: steps between rebuilds of kept activations, as in ``run``.
        progress: say how many parameters there are and what memory they take, and show a progress bar with the numbers
            of the last look, or a line a minute, on standard error.
        log: JSON-lines file to append to.
        label: name shown beside the progress.
        checkpoint: folder for checkpoints; a fit that finds one of its own there goes on from it with the same bits.
            SIGINT and SIGTERM then end it after the steps under way, saved.
        checkpoint_every: seconds between checkpoints.
        check_decisions: at the start compare decisions with float64, as in ``run``.

    Returns:
        A ``Fit``.

    Raises:
        ValueError: if a number is out of range, nothing of the name in ``monitor`` is observed or it is no single
            number, or a checkpoint belongs to another fit.
        TypeError: if an argument has the wrong type.
        Interrupted: if a signal ended a fit that has checkpoints.

    Example:
        >>> import corr
        >>> target = jnp.array([1.0, -2.0])
        >>> walk = corr.mutation(lambda x: jnp.sum((x - target) ** 2), mutation_std=0.1)
        >>> found = fit(walk, jnp.zeros(2), steps=400, key=corr.root_key(0), look_every=20, progress=False,
        ...             observe=lambda x: {"distance": jnp.linalg.norm(x - target)}, monitor="distance", patience=5)
        >>> bool(found.curves.distance.sel(step=found.step) == found.curves.distance.min())
        True

    Reference: Prechelt, Neural Networks: Tricks of the Trade (1998); flax.training.early_stopping.
    """
    if jax.process_count() > 1:
        raise ValueError(f"fit follows one trajectory in one process, got {jax.process_count()} processes: use run")
    plan = _plan(dynamics, params, steps, key, look_every, refresh_every, check_decisions, observe)
    goal = _goal(monitor, mode, patience, min_delta, {} if plan.observer is None else plan.observer.shapes)
    manner = check_manner(progress, log, checkpoint, checkpoint_every, None, check_decisions)
    if progress:
        _say_size(plan, label)
    kind = initial_shape(dynamics, plan.start).loss.dtype
    shapes = {} if plan.observer is None else plan.observer.shapes
    curves = Curves(plan.start, plan.marks, float(dynamics.evaluations), kind, shapes, goal)
    drive(plan, manner._replace(label=label), curves)
    _warn_if_lost(curves, monitor)
    best, found = curves.best
    return Fit(jax.tree.map(jnp.asarray, found), plan.marks[best], curves.dataset(), curves.done)


def _plan(
    dynamics: Dynamics, params: Params, steps: int, key: jax.Array, look_every: int | None,
    refresh_every: int | Sequence[int] | None, check_decisions: bool,
    observe: Callable[[Params], Mapping[str, Any]] | None,
) -> Plan:  # fmt: skip
    """The plan of one trajectory, of which no paths are kept, looked at now and then."""
    plan = plan_run(
        dynamics, params, steps=steps, trajectories=1, key=key, keep=0, block_size=1, devices=1,
        check_decisions=check_decisions, observe=observe,
    )  # fmt: skip
    last = plan.marks[-1]
    every = max(last // LOOKS, 1) if look_every is None else check_count("look_every", look_every)
    marks = check_marks(range(0, last, every), last)
    refreshes = default_refreshes(marks[1:]) if refresh_every is None else check_refresh(refresh_every, marks[1:])
    return plan._replace(marks=marks, refreshes=refreshes)


def _warn_if_lost(curves: Curves, monitor: str) -> None:
    looks = curves.monitored
    lost = int(np.sum(~np.isfinite(looks)))
    if lost:
        kept = "so the weights of the start are given back" if lost == len(looks) else "which is no improvement"
        warn(
            f"{monitor} was not finite at {lost} of {len(looks)} looks, {kept}: see what it is computed of",
            stacklevel=4,
        )


def _say_size(plan: Plan, label: str) -> None:
    size = sum(np.size(leaf) for leaf in jax.tree.leaves(plan.start))
    needed = estimate_memory(plan.dynamics, plan.start, plan.layout, rows=1, kept=1)
    print(f"{label}: N = {size}, memory about {needed}", file=sys.stderr)


def _goal(monitor: str, mode: str, patience: int | None, min_delta: float, observed: Mapping[str, Any]) -> Goal:
    known = ["loss", *observed]
    if monitor not in known:
        raise ValueError(f"monitor must be one of {', '.join(known)}, got {monitor!r}: let observe return it by name")
    if monitor != "loss" and observed[monitor].shape:
        raise ValueError(f"monitor {monitor!r} has shape {observed[monitor].shape}, expected a single number")
    if mode not in ("min", "max"):
        raise ValueError(f'mode must be "min" or "max", got {mode!r}')
    delta = real_number("min_delta", min_delta)
    if not (delta >= 0 and math.isfinite(delta)):
        raise ValueError(f"min_delta must be finite and not negative, got {min_delta}")
    return Goal(monitor, mode, None if patience is None else check_count("patience", patience, least=0), delta)
