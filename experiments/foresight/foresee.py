"""Before a run: where along the noise-free path the paper's limit holds, and what happens where it does not."""

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr import Clock, inference
from corr._timegrid import steepness_along, step_limits, twin_grid
from corr.difference._promote import in_float64
from theory import level0, level1, level3
from theory.spectrum import LARGEST_FULL, Spectrum, full_spectrum, hessian_product, lanczos_spectrum
from theory.validity import Curvature
from theory.validity import validity as validity_numbers

from ..declaring.experiment import TIME_ROUNDING, Problem
from .regimes import REGIMES, Point, largest_sigma, map_row, regime_map
from .steps import measure_step

POINTS, TWINS = 5, 64
TOLERANCE = 0.1
SIGMA_DECADES, BETA_DECADES, PER_DECADE = (-7, -1), (1, 9), 6
MEASURED_SIGMAS = (1.0, 10.0, 100.0)


def foresee(
    problem: Problem,
    clock: Clock,
    end_time: float,
    key: jax.Array,
    *,
    start_seed: int = 0,
    descent_learning_rate: float | None = None,
    twins_until: float = math.inf,
    tolerance: float = TOLERANCE,
    progress: bool = True,
) -> xarray.Dataset:
    """Predict, from one noise-free run, how well mutation will follow gradient descent.

    Args:
        problem: what is learned.
        clock: σ, β, α, λ of the run looked ahead to.
        end_time: last common time t.
        key: of the twins and of the measured steps.
        start_seed: seed of the start parameters.
        descent_learning_rate: of the noise-free run, None for α.
        twins_until: common time up to which a small twin ensemble is followed.
        tolerance: relative error of the one-step drift (level 3 against the paper's limit) called small, in (0, 1).
        progress: show progress bars.

    Returns:
        A Dataset. Over time (along the noise-free path): ``gradient_norm``, ``s``, ``curvature``, ``beta_m``,
        ``kappa``, ``acceptance`` with its error and ``drift_ratio`` by level 3, and ``bias``, unbiased Δ of the twins
        over the squared distance travelled, NaN after ``twins_until``. ``largest_sigma``, up to which the drift stays
        within the tolerance of level 0 at the run's β, and ``largest_sigma_noise_free``, up to which the spread stays
        below it as well, are looked for between the ends of ``sigma``, which stand for "or more", and 0 for none; the
        attributes of these names are the least over time. ``regime`` over (map_time, beta, sigma) holds numbers into
        ``names``. Over step: real steps at ``step_time``, ``step_sigma`` and ``step_beta`` with ``measured_acceptance``
        and ``measured_drift`` (in units of σ), each with ``_error`` and level 3's ``_theory``; ``beyond`` where they
        differ.

    Raises:
        ValueError: if the tolerance lies outside (0, 1).

    Example:
        >>> from corr.experiments.problems.sines import shallow_sine                   # doctest: +SKIP
        >>> found = foresee(shallow_sine(), corr.resolve_clock(1e-5, 1.0, None, math.inf), 10.0,  # doctest: +SKIP
        ...                 corr.root_key(0), descent_learning_rate=1e-4)
        >>> found.attrs["largest_sigma"]                                               # doctest: +SKIP

    Reference: theory/README.md, "Where the limit ends".
    """
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance must lie in (0, 1), got {tolerance}")
    start, unravel = ravel_pytree(problem.start(start_seed))
    loss = lambda flat: problem.loss(unravel(flat))  # noqa: E731
    times = np.linspace(0, end_time, POINTS + 1)
    rate = descent_learning_rate or clock.learning_rate
    descent = corr.noise_free(
        loss, start, learning_rate=rate, times=rate * np.rint(times / rate), normalized=math.isinf(clock.beta),
        progress=progress,
    )  # fmt: skip
    path = descent.path.values[0]
    points = [
        _point(loss, time, row, float(np.linalg.norm(row - path[0])))
        for time, row in zip(times[1:], path[1:], strict=True)
    ]
    bias = _predicted_bias(loss, start, clock, times, path, twins_until, key, progress)
    sigmas, betas = _axes(clock)
    rows = [_row(point, clock, tolerance, sigmas) for point in points]
    mapped = (points[1], points[-1])
    maps = [regime_map(point, tolerance, sigmas, betas) for point in mapped]
    data: dict[str, Any] = {name: ("time", np.array([row[name] for row in rows])) for name in rows[0]}
    data |= {"bias": ("time", bias), "regime": (("map_time", "beta", "sigma"), np.array(maps, np.int8))}
    data |= _measured(loss, mapped, clock, key)
    coords = {"time": times[1:], "map_time": [one.time for one in mapped], "beta": betas, "sigma": sigmas}
    largest = {name: min(row[name] for row in rows) for name in ("largest_sigma", "largest_sigma_noise_free")}
    facts = {**clock._asdict(), "end_time": end_time, "tolerance": tolerance, **largest, "names": list(REGIMES)}
    return xarray.Dataset(data, coords, facts)


def _point(loss: Callable[..., Any], time: float, row: np.ndarray, travelled: float) -> Point:
    with jax.enable_x64(True):
        flat = jnp.asarray(row, jnp.float64)
        wide = in_float64(loss, row.dtype)
        value = lambda x: wide(x)[0]  # noqa: E731
        gradient = jax.grad(value)(flat)
        if flat.size <= LARGEST_FULL:
            return Point(time, row, full_spectrum(gradient, jax.hessian(value)(flat)), travelled)
        found = lanczos_spectrum(gradient, hessian_product(value, flat), key=jax.random.key(0))
        return Point(time, row, found, travelled)


def _axes(clock: Clock) -> tuple[np.ndarray, list[float]]:
    """σ and β of the map in whole decades around every measured point, β = ∞ last."""
    ends = [math.log10(factor * clock.mutation_std) for factor in MEASURED_SIGMAS]
    low, high = min(SIGMA_DECADES[0], math.floor(ends[0])), max(SIGMA_DECADES[1], math.ceil(ends[-1]))
    cost = BETA_DECADES if math.isinf(clock.beta) else [f(math.log10(clock.beta)) for f in (math.floor, math.ceil)]
    least, most = min(BETA_DECADES[0], cost[0]), max(BETA_DECADES[1], cost[1])
    return np.logspace(low, high, PER_DECADE * (high - low) + 1), [*(10.0**k for k in range(least, most + 1)), math.inf]


def _row(point: Point, clock: Clock, tolerance: float, sigmas: np.ndarray) -> dict[str, float]:
    with jax.enable_x64(True):
        spectrum, std, beta = point.spectrum, clock.mutation_std, clock.beta
        size = jnp.linalg.norm(spectrum.gradient)
        trace = jnp.sum(spectrum.counts * spectrum.all_values)
        frobenius = jnp.sqrt(jnp.sum(spectrum.counts * jnp.square(spectrum.all_values)))
        along = jnp.sum(spectrum.values * jnp.square(spectrum.gradient)) / jnp.square(size)
        numbers = validity_numbers(size, Curvature(trace, frobenius, along), mutation_std=std, beta=beta)
        step = level3.one_step(spectrum, mutation_std=std, beta=beta)
        ratio, error = _against_limit(spectrum, step.drift, std, beta)
        foreseen = functools.partial(map_row, point, beta)
        return {
            "gradient_norm": float(size),
            **{name: float(value) for name, value in numbers._asdict().items()},
            "acceptance": float(step.acceptance),
            "acceptance_error": float(step.error),
            "acceptance_level_1": float(level1.acceptance(numbers.s)),
            "drift_ratio": ratio,
            "drift_error": error,
            "largest_sigma": largest_sigma(foreseen, sigmas, lambda row: row.error < tolerance),
            "largest_sigma_noise_free": largest_sigma(
                foreseen, sigmas, lambda row: (row.error < tolerance) & (row.spread < tolerance)
            ),
        }


def _against_limit(spectrum: Spectrum, drift: jax.Array, std: float, beta: float) -> tuple[float, float]:
    """Drift along the limit's over it, and the relative error of the vector."""
    limit = level0.drift(spectrum.basis @ spectrum.gradient, mutation_std=std, beta=beta)
    square = jnp.sum(limit * limit)
    return float(jnp.sum(drift * limit) / square), float(jnp.linalg.norm(drift - limit) / jnp.sqrt(square))


def _predicted_bias(
    loss: Callable[..., Any], start: jax.Array, clock: Clock, times: np.ndarray, path: np.ndarray, until: float,
    key: jax.Array, progress: bool,
) -> np.ndarray:  # fmt: skip
    """Unbiased Δ of a few twins to noise-free descent over the squared distance travelled, NaN after ``until``."""
    early = times[times <= until + TIME_ROUNDING]
    found = np.full(len(times) - 1, np.nan)
    if len(early) == 1:
        return found
    limits = step_limits(*steepness_along(loss, start)(path[: len(early)]), clock.beta)
    grid = twin_grid(early, limits, clock.step_time)
    moments = corr.paper_moments(step_time=clock.step_time, beta=clock.beta)
    twin = corr.langevin(loss, time_step=grid.schedule, moments=moments)
    data = corr.run(
        twin, start, steps=int(grid.marks[-1]), record_at=grid.marks.tolist(), trajectories=TWINS, key=key,
        label="twin", progress=progress,
    )  # fmt: skip
    paths, descent = data.path.values.astype(float), path[: len(early)]
    away = inference.unbiased_delta(paths, descent.astype(float))[1:]
    found[: len(early) - 1] = away / inference.travelled(descent)[1:]
    return found


def _measured(loss: Callable[..., Any], points: tuple[Point, ...], clock: Clock, key: jax.Array) -> dict[str, Any]:
    """Real steps at every point and σ, each with random numbers of its own, in a stream that no run uses."""
    found = [
        measure_step(loss, *place, clock=clock, key=corr.trajectory_key(key, corr.Stream.CUSTOM, number))
        for number, place in enumerate(itertools.product(points, MEASURED_SIGMAS))
    ]
    data: dict[str, Any] = {
        f"step_{name}": ("step", np.array([getattr(one, name) for one in found])) for name in ("time", "sigma", "beta")
    }
    for name in ("acceptance", "drift"):
        values = np.array([getattr(one, name) for one in found])
        data |= {f"measured_{name}{end}": ("step", values[:, k]) for k, end in enumerate(("", "_error", "_theory"))}
    return data | {"beyond": ("step", np.array([one.beyond for one in found]))}
