"""``compare``: mutation, its noisy twin and noise-free descent from one start on one clock."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray

from ._accept import check_beta
from ._clock import check_count, check_positive, matched_mutation_std, matched_step_ratio, whole_steps
from ._objective import check_loss, check_params
from ._proposals import warn_if_unresolved
from ._run import run
from ._timegrid import TimeGrid, stiffness, twin_grid
from ._types import Params, Scalar
from .dynamics import descent, langevin, mutation, paper_moments


class Comparison(NamedTuple):
    """Three Datasets on the same recorded times: the mutation ensemble, the twin ensemble, one descent."""

    mutation: xarray.Dataset
    twin: xarray.Dataset
    descent: xarray.Dataset


class Clock(NamedTuple):
    """Everything that fixes the common time: σ, β, α, λ and λα."""

    mutation_std: float
    beta: float
    learning_rate: float
    step_ratio: float

    @property
    def step_time(self) -> float:
        """λα, common time of one mutation step."""
        return self.learning_rate * self.step_ratio


def compare(
    loss: Callable[[Params], Scalar],
    params: Params,
    *,
    key: jax.Array,
    trajectories: int,
    end_time: float,
    record_every: float,
    learning_rate: float,
    step_ratio: float | None = None,
    mutation_std: float | None = None,
    beta: float = math.inf,
    twin_trajectories: int | None = None,
    thin: tuple[float, int] | None = None,
    descent_learning_rate: float | None = None,
    twin_moments: Any = None,
    keep: int | None = None,
    block_size: int | Mapping[str, int] | None = None,
    devices: int | None = None,
    progress: bool = True,
    log: Path | str | None = None,
    checkpoint: Path | str | None = None,
    checkpoint_every: float = 60.0,
    check: Callable[[int, Params], None] | None = None,
) -> Comparison:
    """Run mutation, its noisy gradient twin and noise-free gradient descent from the same start on the same clock.

    At β = ∞ the gradient sides are normalized, at finite β plain. The twin's time step follows clip(0.1 |∇U|/h_max, λα,
    1e-3) of a noise-free pilot (0.1/h_max at finite β).

    Args:
        loss: U, a JAX function ``params -> scalar``.
        params: start parameters, any pytree of floating-point arrays.
        key: root key, e.g. ``root_key(0)``.
        trajectories: size of the mutation ensemble.
        end_time: last common time t.
        record_every: common time between recorded times.
        learning_rate: α.
        step_ratio: λ; give this or ``mutation_std``.
        mutation_std: σ; give this or ``step_ratio``, the other follows from the matching. Recorded times must be
            multiples of λα, which a round σ makes at β = ∞ irrational: there give ``step_ratio``.
        beta: β in (0, ∞].
        twin_trajectories: size of the twin ensemble, None for ``trajectories``.
        thin: (time, count): after this time only the first ``count`` twin trajectories are followed.
        descent_learning_rate: learning rate of the noise-free descent, None for α.
        twin_moments: moments of the twin, or the pair (measure, moments) of ``theory.corrected``, as ``langevin`` takes
            them; None for the paper's. What a pair measures is measured at every step:
            N Hessian-vector products each; ``run`` with ``langevin`` measures less often.
        block_size: as in ``run``, for both ensembles or by name: ``{"mutation": 4, "twin": 2}``.
        keep, devices, progress, log, checkpoint, checkpoint_every: as in ``run``.
        check: as in ``run``, for the mutation side.

    Returns:
        A ``Comparison``; the Datasets' attributes hold σ, β, α, λ and the time steps used.

    Raises:
        ValueError: if a number is out of range, the clock is contradictory, a recorded time is not a whole number of
            steps, or the loss is not a finite scalar at the start.
        TypeError: if an argument has the wrong type.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import root_key
        >>> sides = compare(lambda x: jnp.sum(x**2), jnp.ones(3), key=root_key(0), trajectories=8, end_time=0.1,
        ...                 record_every=0.05, learning_rate=1e-2, step_ratio=1.0, progress=False)
        >>> bool(sides.descent.loss[0, -1] < sides.descent.loss[0, 0])
        True

    Reference: Whitelam et al. (2021), eqs. 3-17.
    """
    clock = resolve_clock(learning_rate, step_ratio, mutation_std, beta)
    beta = clock.beta
    params = check_params(params)
    check_loss(loss, params)
    warn_if_unresolved(clock.mutation_std, params)
    check_count("trajectories", trajectories)
    twins = trajectories if twin_trajectories is None else check_count("twin_trajectories", twin_trajectories)
    times = recorded_times(end_time, record_every)
    slow = (
        clock.learning_rate
        if descent_learning_rate is None
        else check_positive("descent_learning_rate", descent_learning_rate)
    )
    marks = [whole_steps(t, clock.step_time, "mutation") for t in times]
    slow_marks = [whole_steps(t, slow, "noise-free descent") for t in times]
    shared = {"key": key, "keep": keep, "devices": devices, "block_size": block_size, "progress": progress, "log": log,
              "checkpoint": checkpoint, "checkpoint_every": checkpoint_every}  # fmt: skip

    smooth = descent(loss, learning_rate=slow, normalized=math.isinf(beta))
    alone = {**shared, "keep": None, "block_size": 1}
    noise_free = _run(smooth, params, slow_marks, times, 1, "descent", alone)
    grid = twin_grid(times, *stiffness(loss, noise_free.path.values[0], params), clock.step_time, beta)
    moments = paper_moments(step_time=clock.step_time, beta=beta) if twin_moments is None else twin_moments
    measure, moments = moments if isinstance(moments, tuple) else (None, moments)
    twin = langevin(loss, time_step=grid.schedule, moments=moments, measure=measure)
    # Near a minimum the gradient, and the response to it, change by a tenth in one step of the twin.
    refresh = None if measure is None else 1
    thin_step = None if thin is None else (int(grid.marks[_index(times, thin[0])]), thin[1])
    walk = mutation(loss, mutation_std=clock.mutation_std, beta=beta)
    return Comparison(
        _label(
            _run(walk, params, marks, times, trajectories, "mutation", {**shared, "check": check}),
            clock,
            clock.step_time,
        ),
        _label(
            _run(twin, params, list(grid.marks), times, twins, "twin", {**shared, "refresh_every": refresh}, thin_step),
            clock,
            grid,
        ),
        _label(noise_free, clock, slow),
    )


def resolve_clock(learning_rate: float, step_ratio: float | None, mutation_std: float | None, beta: float) -> Clock:
    """σ, β, α and λ from α and one of λ and σ; both are accepted only where they agree."""
    alpha = check_positive("learning_rate", learning_rate)
    beta = check_beta(beta)
    if step_ratio is None:
        if mutation_std is None:
            raise ValueError("give step_ratio (lambda) or mutation_std (sigma): with learning_rate they fix the clock")
        step_ratio = matched_step_ratio(learning_rate=alpha, mutation_std=mutation_std, beta=beta)
    step_ratio = check_positive("step_ratio", step_ratio)
    matched = matched_mutation_std(learning_rate=alpha, step_ratio=step_ratio, beta=beta)
    if mutation_std is not None and not math.isclose(
        check_positive("mutation_std", mutation_std), matched, rel_tol=1e-6
    ):
        raise ValueError(
            f"step_ratio {step_ratio} with learning_rate {alpha} needs mutation_std {matched:.6g}, got {mutation_std}:"
            " give only one of them"
        )
    return Clock(matched, beta, alpha, step_ratio)


def recorded_times(end_time: float, record_every: float) -> np.ndarray:
    """0, record_every, ..., end_time."""
    end_time, record_every = check_positive("end_time", end_time), check_positive("record_every", record_every)
    count = whole_steps(end_time, record_every, "end_time in units of record_every")
    if count == 0:
        raise ValueError(f"record_every {record_every} is longer than end_time {end_time}")
    return np.linspace(0.0, end_time, count + 1)


def _index(times: np.ndarray, time: float) -> int:
    nearest = int(np.argmin(np.abs(times - time)))
    if abs(times[nearest] - time) > 1e-9 * max(1.0, abs(time)):
        raise ValueError(f"thin starts at time {time}, expected one of the recorded times")
    return nearest


def _run(
    dynamics: Any,
    params: Params,
    marks: list[int],
    times: np.ndarray,
    trajectories: int,
    label: str,
    shared: dict[str, Any],
    thin: tuple[int, int] | None = None,
) -> xarray.Dataset:
    folder = shared["checkpoint"]
    block = shared["block_size"]
    own = {
        **shared,
        "checkpoint": None if folder is None else Path(folder) / label,
        "block_size": block[label] if isinstance(block, Mapping) else block,
    }
    return run(
        dynamics,
        params,
        steps=int(marks[-1]),
        record_at=marks,
        times=times.tolist(),
        trajectories=trajectories,
        thin=thin,
        label=label,
        **own,
    ).assign_attrs(side=label)


def _label(data: xarray.Dataset, clock: Clock, steps: float | TimeGrid) -> xarray.Dataset:
    numbers = {**clock._asdict(), "step_time": clock.step_time}
    attrs = {name: "inf" if value == math.inf else value for name, value in numbers.items()}
    lengths = steps.time_steps if isinstance(steps, TimeGrid) else np.full(len(data.time) - 1, steps)
    varying = xarray.DataArray(np.concatenate([[np.nan], lengths]), dims="time")
    return data.assign_attrs(attrs).assign(step_size=varying)
