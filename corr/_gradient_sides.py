"""The gradient sides of a comparison: how fine their steps must be, and what is said where they cannot be trusted."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree
from scipy.special import erfcx, expit

from ._timegrid import RESOLUTION, TimeGrid, steepness_along, step_limits, twin_grid
from ._timing import Clock
from ._told import warn
from ._types import Params, Scalar

PILOTS = 4
COLD_DRIFT = 0.1
UNRESOLVED, COARSE = 1.0, 5.0
PLACES = 64
ROUNDED = 0.05
FEW_LEVELS = 10


class Pilot(NamedTuple):
    """What noise-free descent says before the twin runs.

    Attributes:
        grid: time steps of the twin.
        measure: ``measure(path of shape (T, N)) -> (|∇U|, largest |Hessian eigenvalue|)``.
        slope: largest |∇U| along the path.
    """

    grid: TimeGrid
    measure: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    slope: float


def look_ahead(
    loss: Callable[[Params], Scalar], template: Params, noise_free: xarray.Dataset, clock: Clock, scale: Any
) -> Pilot:
    """Time steps of the twin from the noise-free paths, with a warning where these stop being finite."""
    times = noise_free.time.values
    measure = steepness_along(loss, template, scale)
    slopes, curvatures = (np.stack(part) for part in zip(*map(measure, noise_free.path.values[:PILOTS]), strict=True))
    bad = ~np.isfinite(noise_free.loss.values).all(axis=0)
    if bad.any():
        first = int(np.argmax(bad))
        warn(
            f"noise-free descent is not finite from t = {times[first]:g} on (the last finite time is"
            f" t = {times[max(first - 1, 0)]:g}): what came before is kept, mutation rejects such proposals; choose"
            f" an end_time below {times[first]:g}, a smaller learning_rate, or a loss that is finite beyond",
            stacklevel=4,
        )
    limits = np.min(step_limits(slopes, curvatures, clock.beta), axis=0)
    return Pilot(twin_grid(times, limits, clock.step_time), measure, float(np.nanmax(slopes)))


def warn_if_rounded(
    loss: Callable[[Params], Scalar],
    template: Params,
    noise_free: xarray.Dataset,
    step: float,
    scale: Any,
    *,
    normalized: bool,
) -> None:
    """Say where the steps of noise-free descent drown in the rounding of the parameters, at start, middle and end.

    The mean of the rounded steps along the gradient is compared with what they should be; noise carries the twin and
    mutation over it, while descent takes the same rounded step again and again.
    """
    flat, unravel = ravel_pytree(template)
    gradient = jax.jit(lambda at: ravel_pytree(jax.grad(loss)(unravel(at)))[0])
    rows = noise_free.path.values[0]
    for row in sorted({0, len(rows) // 2, len(rows) - 1}):
        at = jnp.asarray(rows[row], flat.dtype)
        slope = np.asarray(gradient(at), np.float64)
        slope = slope if scale is None else np.asarray(scale, np.float64) * slope
        length = float(np.linalg.norm(slope))
        if length == 0 or not math.isfinite(length):
            continue
        wanted = -step * slope / (length if normalized else 1.0)
        wanted = wanted if scale is None else np.asarray(scale, np.float64) * wanted
        moved = np.asarray(at + jnp.asarray(wanted, at.dtype), np.float64) - np.asarray(at, np.float64)
        off = abs(float(moved @ slope) / float(wanted @ slope) - 1)
        if off > ROUNDED:
            warn(
                f"noise-free descent: rounding of its {flat.dtype} parameters changes its step by {100 * off:.3g} % at"
                f" t = {float(noise_free.time[row]):g}: it is no descent at that learning rate; use float64"
                " (jax_enable_x64) or a larger descent_learning_rate",
                stacklevel=3,
            )
            return


def warn_if_unseen(noise_free: xarray.Dataset, slope: float) -> None:
    """Say where a large constant hides the descent of the loss; ``slope`` is the largest |∇U| on the way."""
    losses = noise_free.loss.values[0]
    losses = losses[np.isfinite(losses)]
    fall, step = float(np.ptp(losses)), float(np.spacing(np.max(np.abs(losses))))
    if slope > 0 and fall < FEW_LEVELS * step:
        warn(
            f"the loss moves by {fall:.2g} along noise-free descent, its {losses.dtype} value {losses[0]:.6g} has"
            f" rounding steps of {step:.2g}: recorded losses cannot show the descent. Take a constant off the loss, use"
            " float64 (jax_enable_x64), or a later end_time",
            stacklevel=3,
        )


def warn_if_cold(slope: float, clock: Clock, rule: str) -> None:
    """Say where s = βσ|∇U| leaves the warm limit, in which mutation at finite β is plain descent."""
    if math.isinf(clock.beta):
        return
    s = clock.beta * clock.mutation_std * slope
    short = 1 - _warm_share(s, rule)
    if short > COLD_DRIFT:
        warn(
            f"s = beta sigma |grad U| reaches {s:.3g} on the noise-free path: there mutation drifts {100 * short:.0f} %"
            " slower than plain descent and its twin, which need s << 1. Use a smaller step_ratio or beta, or (for the"
            " Metropolis rule) the twin that is right at any s, level 1: twin_moments=partial(theory.level1.moments,"
            f" mutation_std={clock.mutation_std:.6g}, beta={clock.beta:g}, step_time={clock.step_time:.6g})",
            stacklevel=3,
        )


def _warm_share(s: float, rule: str) -> float:
    """Drift on a linear loss over its limit s → 0: erfcx(s/√2) for Metropolis, -(4/s) E[z/(1 + e^{sz})] for Barker."""
    if rule != "barker":
        return float(erfcx(s / math.sqrt(2)))
    z, weight = np.polynomial.hermite_e.hermegauss(80)
    return float(np.sum(weight * -z * expit(-s * z)) / math.sqrt(2 * math.pi) * 4 / s) if s > 0 else 1.0


def warn_if_coarse(pilot: Pilot, twin: xarray.Dataset, clock: Clock) -> None:
    """Look at places the twins visited: was their step fine enough there, are they finite?"""
    rows, places = _visited(twin)
    coarse = False
    if len(rows):
        steps = np.append(pilot.grid.time_steps, pilot.grid.time_steps[-1])[rows]
        with np.errstate(divide="ignore"):
            ratio = RESOLUTION * steps / step_limits(*pilot.measure(places), clock.beta)
        finest = (steps <= clock.step_time * (1 + 1e-9)) & math.isinf(clock.beta)
        excess = np.nan_to_num(ratio / np.where(finest, COARSE, UNRESOLVED), nan=0.0, posinf=0.0)
        worst = int(np.argmax(excess))
        coarse = bool(excess[worst] > 1)
    lost = int(np.sum(~twin["finite"].values))
    if coarse:
        limit = "|grad U|/h" if math.isinf(clock.beta) else "1/h"
        warn(
            f"the twin's time step is {ratio[worst]:.2g} times {limit} (h the largest curvature) where its own"
            f" trajectories are at t = {twin.time.values[rows[worst]]:g}, expected well below 1: its stiffest direction"
            " is not resolved. Use a smaller step_ratio, or run corr.langevin with a finer time_step",
            stacklevel=3,
        )
    elif lost:
        warn(
            f"{lost} of {twin.sizes['trajectory']} twins are not finite at the end: the loss is not defined everywhere"
            " the noise goes, or their time step is too coarse there; mean and variance leave them out from then on",
            stacklevel=3,
        )


def _visited(twin: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """(time index, place) of a few twins at every recorded time, those followed there in turn."""
    each = max(1, PLACES // len(twin.time))
    followed = np.minimum(twin["count"].values, len(twin.path))
    picked = [(k, (k * each + i) % n) for k, n in enumerate(followed) for i in range(min(each, n))]
    rows, which = (np.asarray(part, int) for part in zip(*picked, strict=True)) if picked else (np.zeros(0, int),) * 2
    return rows, twin.path.values[which, rows]


def relative_scale(mutation_std: Any, params: Params, reference: float) -> Any:
    """r = σ_i/σ as a tree like the parameters, full shapes."""
    return jax.tree.map(
        lambda std, leaf: np.broadcast_to(np.asarray(std, float) / reference, np.shape(leaf)), mutation_std, params
    )
