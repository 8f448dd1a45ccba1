"""``compare``: mutation, its noisy twin and noise-free descent from one start on one clock."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

from ._accept import Rule
from ._checks import check_count, check_positive
from ._drive import Manner, check_manner
from ._gradient import check_gradient
from ._gradient_sides import look_ahead, relative_scale, warn_if_coarse, warn_if_cold, warn_if_rounded, warn_if_unseen
from ._keys import check_key
from ._matched import warn_if_unmatched
from ._objective import check_loss, check_params
from ._plan import Plan, first_start, plan_run
from ._run import carry_out
from ._timegrid import TimeGrid
from ._timing import (
    Clock,
    fitted_clock,
    is_tree,
    recorded_steps,
    recorded_times,
    reference_std,
    resolve_clock,
    walk_std,
)
from ._told import told_once
from ._twin import UNKNOWN, Twin, check_moments, thinning
from ._types import Comparison, Dynamics, Params, Scalar
from .dynamics import descent, mutation, paper_moments
from .ensemble._resume import check_saved
from .proposals import Proposal
from .proposals._gaussian import check_mutation_std, scale_leaves, warn_if_unresolved

ENSEMBLES = ("mutation", "twin")


@told_once()
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
    mutation_std: Any = None,
    beta: float = math.inf,
    proposal: Proposal | None = None,
    rule: str | Rule = "metropolis",
    exact: bool = True,
    start_per_trajectory: bool = False,
    twin_trajectories: int | None = None,
    thin: tuple[float, int] | None = None,
    descent_learning_rate: float | None = None,
    twin_moments: Any = None,
    common_noise: bool = False,
    keep: int | None = None,
    block_size: int | Mapping[str, int] | None = None,
    devices: int | None = None,
    progress: bool = True,
    log: Path | str | None = None,
    checkpoint: Path | str | None = None,
    checkpoint_every: float = 60.0,
    check: Callable[[int, Params], None] | None = None,
    check_decisions: bool = True,
    observe: Callable[[Params], Mapping[str, Any]] | None = None,
) -> Comparison:
    """Run mutation, its noisy gradient twin and noise-free gradient descent from the same start on the same clock.

    At β = ∞ the gradient sides are normalized, at finite β plain. The twin's time step follows clip(0.1 |∇U|/h_max, λα,
    1e-3) of a noise-free pilot (0.1/h_max at finite β) and is looked at again where the twins went. What one can know
    to be outside the correspondence is said in a warning: s = βσ|∇U| beyond the warm limit, a twin too coarse, a
    descent that is not finite. ``sweep`` does many in one call.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        params: start parameters, any pytree of floating-point arrays; with ``start_per_trajectory`` every leaf has a
            leading axis of ``trajectories`` starts.
        key: root key, e.g. ``root_key(0)``. The two ensembles share no random numbers; two comparisons under one key
            share theirs: give each a key of its own, e.g. ``trajectory_key(key, Stream.RUN, number)``, where they count
            as independent.
        trajectories: size of the mutation ensemble.
        end_time: last common time t.
        record_every: common time between recorded times.
        learning_rate: α.
        step_ratio: λ; give this or ``mutation_std``.
        mutation_std: σ; give this or ``step_ratio``, the other follows from the matching. Where ``record_every`` is
            then no whole number of mutation steps, the nearest σ that makes it one is taken, with a warning where it is
            off by more than 1e-6. Or a pytree of σ_i as in ``mutation``, 0 frozen: the clock is that of the largest
            σ_i (the others are moved with it), or of ``step_ratio`` if given, and the gradient sides are scaled by
            σ_i/σ alike.
        beta: β in (0, ∞].
        proposal: another law of mutations; with ``step_ratio``, which the caller matches to the law (at finite β and
            Metropolis any symmetric law of variance σ² has the Gaussian's clock).
        rule: "metropolis", "barker", or a callable as in ``mutation``; the latter with both ``step_ratio`` and
            ``mutation_std``, which the caller matches.
        exact: as in ``mutation``.
        start_per_trajectory: one start per trajectory; twin j starts from start j modulo their number, and there is one
            noise-free descent per start.
        twin_trajectories: size of the twin ensemble, None for ``trajectories``.
        thin: (time, count): after this recorded time, not 0, only the first ``count`` twin trajectories are followed.
        descent_learning_rate: learning rate of the noise-free descent, None for α.
        twin_moments: moments of the twin, or the pair (measure, moments) of ``theory.corrected``, as ``langevin`` takes
            them; None for the paper's. What a pair measures is measured at every step:
            N Hessian-vector products each; ``run`` with ``langevin`` measures less often.
        common_noise: twins that share mutation's normal numbers, twin i those of trajectory i, and so its steps. What
            the two have in common drops out of ``inference.paired_test``: where nearly all is accepted tens of times
            fewer trajectories show the same difference, at β = ∞ under four times fewer, while each twin takes a
            gradient at every step of mutation. The tests for independent ensembles are not for such twins.
        block_size: as in ``run``, for both ensembles or by name: ``{"mutation": 4, "twin": 2}``.
        keep, devices, progress, log, checkpoint, checkpoint_every: as in ``run``; a comparison with checkpoints may be
            asked for a later ``end_time`` at the same ``record_every``, up to 1024 times it; one of more up to the
            next power of two times it. One that is refused leaves the checkpoints of all sides as they are.
        check, check_decisions: as in ``run``, for the mutation side.
        observe: as in ``run``, for all three sides.

    Returns:
        A ``Comparison``; the Datasets' attributes hold σ, β, α and λ of the clock, the time steps used, the rule, and
        whether a proposal was given. Each side has the ``evaluations`` of its own steps.

    Raises:
        ValueError: if a number is out of range, the clock is contradictory, a recorded time is not a whole number of
            steps, the loss is not a finite scalar at the start, or checkpoints belong to another comparison; all before
            the first side runs.
        TypeError: if an argument has the wrong type.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import root_key
        >>> sides = compare(lambda x: jnp.sum(x**2), jnp.ones(3), key=root_key(0), trajectories=4, end_time=0.1,
        ...                 record_every=0.05, learning_rate=1e-2, step_ratio=1.0, progress=False)
        >>> bool(sides.descent.loss[0, -1] < sides.descent.loss[0, 0])
        True

    Reference: Whitelam et al. (2021), eqs. 3-17.
    """
    trajectories = check_count("trajectories", trajectories)
    twins = trajectories if twin_trajectories is None else check_count("twin_trajectories", twin_trajectories)
    if common_noise:
        _check_common(proposal, twins, trajectories)
    params, key = check_params(params), check_key(key)
    start = first_start(params, trajectories) if start_per_trajectory else params
    check_loss(loss, start)
    if is_tree(mutation_std):
        scale_leaves(mutation_std, start)
    clock = _clock_of(learning_rate, step_ratio, mutation_std, beta, proposal, rule, record_every)
    std = walk_std(mutation_std, clock, fitted=step_ratio is None)
    scale = relative_scale(std, start, clock.mutation_std) if is_tree(std) else None
    check_gradient(loss, start, scale)
    if proposal is None:
        warn_if_unresolved(std, start)
    times = recorded_times(end_time, record_every)
    descending = clock.learning_rate if descent_learning_rate is None else descent_learning_rate
    slow = check_positive("descent_learning_rate", descending)
    plain = descent(loss, learning_rate=slow, normalized=math.isinf(clock.beta), scale=scale)
    walk = _walk(loss, clock, std, proposal, rule, exact)
    weights = None if scale is None else ravel_pytree(scale)[0]
    usual = paper_moments(step_time=clock.step_time, beta=clock.beta, scale=weights)
    moments = usual if twin_moments is None else check_moments(twin_moments)
    twin = Twin(loss, clock.step_time, moments, thinning(thin, times), len(times) - 1, common_noise)
    twin.check(start, key)
    if proposal is not None or callable(rule) or twin_moments is not None:
        warn_if_unmatched(walk, start, key, clock, *twin.parts)

    slow_marks = recorded_steps(times, slow, "noise-free descent")
    marks = recorded_steps(times, clock.step_time, "mutation")
    again = np.arange(twins) % trajectories
    starts = jax.tree.map(lambda leaf: leaf[again], params) if start_per_trajectory else params
    blocks, one_each = _blocks(block_size), trajectories if start_per_trajectory else 1
    shared = {"key": key, "times": times.tolist(), "devices": devices, "start_per_trajectory": start_per_trajectory,
              "observe": observe}  # fmt: skip
    plans = {
        "descent": _plan(plain, params, slow_marks, one_each, block_size=1, **shared),
        "mutation": _plan(walk, params, marks, trajectories, keep=keep, block_size=blocks["mutation"], **shared),
        "twin": _plan(twin.foreseen, starts, marks, twins, keep=keep, block_size=blocks["twin"],
                      thin=twin.thinned_at(marks), **shared),
    }  # fmt: skip
    manner = check_manner(progress, log, checkpoint, checkpoint_every, check, check_decisions)
    _check_saved(plans, manner)

    alone = manner._replace(check=None, check_decisions=False)
    noise_free = _carry_out("descent", plans["descent"], alone)
    warn_if_rounded(loss, start, noise_free, slow, weights, normalized=math.isinf(clock.beta))
    pilot = look_ahead(loss, start, noise_free, clock, weights)
    pilot = pilot._replace(grid=twin.steps(pilot.grid, marks))
    warn_if_unseen(noise_free, pilot.slope)
    if twin_moments is None:
        warn_if_cold(pilot.slope, clock, "metropolis" if callable(rule) else rule)
    mutated = _carry_out("mutation", plans["mutation"], manner)
    noisy = _carry_out("twin", twin.on(pilot.grid, plans["twin"]), alone)
    warn_if_coarse(pilot, noisy, clock)
    lengths = zip((mutated, noisy, noise_free), (clock.step_time, pilot.grid, slow), strict=True)
    said = {"rule": "a function" if callable(rule) else rule, "proposal": "gaussian" if proposal is None else "given"}
    said |= {"common_noise": "yes"} if common_noise else {}
    return Comparison(*(_label(side, clock, steps).assign_attrs(said) for side, steps in lengths))


def _check_common(proposal: Proposal | None, twins: int, trajectories: int) -> None:
    if proposal is not None:
        raise ValueError(
            "common_noise shares normal numbers, which a proposal of your own does not draw: leave one out"
        )
    if twins != trajectories:
        raise ValueError(
            f"common_noise pairs twin i with trajectory i, got {twins} twins of {trajectories} trajectories: leave"
            " twin_trajectories out"
        )


def _plan(side: Dynamics, params: Params, marks: list[int], trajectories: int, **options: Any) -> Plan:
    return plan_run(side, params, steps=marks[-1], record_at=marks, trajectories=trajectories, check_decisions=False,
                    **options)  # fmt: skip


def _blocks(block_size: int | Mapping[str, int] | None) -> Mapping[str, int | None]:
    if not isinstance(block_size, Mapping):
        return dict.fromkeys(ENSEMBLES, block_size)
    if {*block_size} != {*ENSEMBLES}:
        raise ValueError(f"block_size names {[*block_size]}, expected both of {[*ENSEMBLES]}, or one number")
    return block_size


def _check_saved(plans: Mapping[str, Plan], manner: Manner) -> None:
    """Refuse checkpoints of another comparison before a side goes on, so that all of them stay as they are."""
    for side, plan in plans.items():
        if (folder := manner.of(side).checkpoint) is not None:
            check_saved(plan, folder, unknown=UNKNOWN if side == "twin" else ())


def _carry_out(side: str, plan: Plan, manner: Manner) -> xarray.Dataset:
    return carry_out(plan, manner.of(side)).assign_attrs(side=side)


def _clock_of(
    learning_rate: float,
    step_ratio: float | None,
    mutation_std: Any,
    beta: float,
    proposal: Proposal | None,
    rule: Any,
    record_every: float,
) -> Clock:
    """The clock: matched where mutation is Gaussian under a rule by name, else as the caller declares it."""
    if proposal is not None and mutation_std is not None:
        raise ValueError("give exactly one of mutation_std (sigma) and proposal")
    if (proposal is not None or callable(rule)) and step_ratio is None:
        raise ValueError("a proposal or a rule of your own has no known clock: give step_ratio (lambda), matched to it")
    if callable(rule) and proposal is None and mutation_std is None:
        raise ValueError("a rule of your own needs both step_ratio (lambda) and mutation_std (sigma)")
    name = "metropolis" if callable(rule) else rule
    if is_tree(mutation_std):
        check_mutation_std(mutation_std)
    std = None if mutation_std is None else check_positive("mutation_std", reference_std(mutation_std))
    if step_ratio is None:
        return fitted_clock(resolve_clock(learning_rate, None, std, beta, name), record_every, name)
    declared = callable(rule) or is_tree(mutation_std)
    clock = resolve_clock(learning_rate, step_ratio, None if declared else std, beta, name)
    return clock._replace(mutation_std=std) if callable(rule) and std is not None else clock


def _walk(
    loss: Any, clock: Clock, mutation_std: Any, proposal: Proposal | None, rule: str | Rule, exact: bool
) -> Dynamics:
    std = mutation_std if proposal is None else None
    beta = math.inf if callable(rule) else clock.beta
    return mutation(loss, mutation_std=std, proposal=proposal, beta=beta, rule=rule, exact=exact)


def _label(data: xarray.Dataset, clock: Clock, steps: float | TimeGrid) -> xarray.Dataset:
    numbers = {**clock._asdict(), "step_time": clock.step_time}
    attrs = {name: "inf" if value == math.inf else value for name, value in numbers.items()}
    lengths = steps.time_steps if isinstance(steps, TimeGrid) else np.full(len(data.time) - 1, steps)
    varying = xarray.DataArray(np.concatenate([[np.nan], lengths]), dims="time")
    return data.assign_attrs(attrs).assign(step_size=varying)
