"""``validity``: before a run, where along the way the paper's limit holds and what happens where it does not."""

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

import corr
from corr import inference
from corr._timegrid import steepness_along, step_limits, twin_grid
from corr._timing import Clock
from corr.difference._promote import in_float64
from theory import level0, level1, level3
from theory.spectrum import LARGEST_FULL, Spectrum, full_spectrum, hessian_product, lanczos_spectrum
from theory.validity import Curvature
from theory.validity import validity as validity_numbers

from ._declare import TIME_ROUNDING, Experiment
from ._measured import measure_step
from ._regimes import Point, largest_sigma, map_row, regime_map
from ._runner import Options, plan, start_of

POINTS, TWINS = 5, 64
TOLERANCE = 0.1
SIGMA_DECADES, BETA_DECADES, PER_DECADE = (-7, -1), (1, 9), 6
MEASURED_SIGMAS = (1.0, 10.0, 100.0)


def validity(
    experiment: Experiment, options: Options | None = None, *, tolerance: float = TOLERANCE, progress: bool = True
) -> dict[str, Any]:
    """Predict, from one noise-free run, how well mutation will follow gradient descent.

    Args:
        experiment: the declaration.
        options: preset, seed and physical overrides as of a run; its smallest λ is looked at. None for preset quick.
        tolerance: relative error of the one-step drift (level 3 against the paper's limit) called small.
        progress: show progress bars.

    Returns:
        Plain numbers: ``clock``, ``end_time`` and ``paper_end_time`` (None unless preset paper goes further), ``rows``
        (one per time: s, c, βm, κ, acceptance, its error and drift ratio by level 3, and the predicted bias of Δ over
        the squared distance travelled), ``regimes`` over σ and β, and ``measured`` one-step points on that map. Rows
        and the whole have ``largest_sigma``, up to which the drift stays within the tolerance of level 0 at the run's
        β, and ``largest_sigma_noise_free``, up to which the spread stays below it as well; both look from the least to
        the largest σ of ``sigma_range``, which stand for "or more", and 0 for none.

    Raises:
        ValueError, TypeError: for bad options.

    Example:
        >>> from experiments import validity                                           # doctest: +SKIP
        >>> from experiments.fig1 import experiment                                    # doctest: +SKIP
        >>> validity(experiment, progress=False)["largest_sigma"]                      # doctest: +SKIP
    """
    options = Options() if options is None else options
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance must lie in (0, 1), got {tolerance}")
    _, clock, _, preset = plan(experiment, options)[0]
    problem = preset.resolved(experiment)
    params = problem.init(corr.trajectory_key(corr.root_key(start_of(options)), corr.Stream.START, 0))
    start, unravel = ravel_pytree(params)
    loss = lambda flat: problem.loss(unravel(flat))  # noqa: E731
    end = preset.end_time
    rate = preset.descent_learning_rate or clock.learning_rate
    times = np.linspace(0, end, POINTS + 1)
    smooth = _descend(loss, start, clock, rate, times, progress)
    points = [
        _point(loss, time, row, float(np.linalg.norm(row - smooth[0])))
        for time, row in zip(times[1:], smooth[1:], strict=True)
    ]
    key = corr.root_key(options.seed)
    bias = _predicted_bias(loss, start, clock, times, smooth, experiment.judged_until, key, progress)
    sigmas, betas = _axes(clock)
    rows = [{**_row(point, clock, tolerance, sigmas), "bias": b} for point, b in zip(points, bias, strict=True)]
    paper = experiment.presets.get("paper", preset).end_time
    largest = {name: min(row[name] for row in rows) for name in ("largest_sigma", "largest_sigma_noise_free")}
    return {
        "experiment": experiment.name,
        "preset": options.preset,
        "end_time": end,
        "paper_end_time": paper if paper > end else None,
        "tolerance": tolerance,
        "clock": {**clock._asdict(), "beta": "inf" if math.isinf(clock.beta) else clock.beta},
        "rows": rows,
        "sigma_range": [float(sigmas[0]), float(sigmas[-1])],
        **largest,
        "regimes": [regime_map(point, tolerance, sigmas, betas) for point in (points[1], points[-1])],
        "measured": _measured(loss, (points[1], points[-1]), clock, key),
    }


def _descend(
    loss: Callable[..., Any], start: jax.Array, clock: Clock, rate: float, times: np.ndarray, progress: bool
) -> np.ndarray:
    side = corr.descent(loss, learning_rate=rate, normalized=math.isinf(clock.beta))
    marks = np.rint(times / rate).astype(int)
    data = corr.run(
        side, start, steps=int(marks[-1]), record_at=marks.tolist(), trajectories=1, key=corr.root_key(0), block_size=1,
        devices=1, label="descent", progress=progress,
    )  # fmt: skip
    return data.path.values[0]


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
            "time": point.time,
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
    loss: Callable[..., Any], start: jax.Array, clock: Clock, times: np.ndarray, smooth: np.ndarray, until: float,
    key: jax.Array, progress: bool,
) -> list[float | None]:  # fmt: skip
    """Unbiased Δ of a small twin ensemble to noise-free descent over travelled distance²; None after ``until``."""
    early = times[times <= until + TIME_ROUNDING]
    if len(early) == 1:
        return [None] * (len(times) - 1)
    limits = step_limits(*steepness_along(loss, start)(smooth[: len(early)]), clock.beta)
    grid = twin_grid(early, limits, clock.step_time)
    moments = corr.paper_moments(step_time=clock.step_time, beta=clock.beta)
    twin = corr.langevin(loss, time_step=grid.schedule, moments=moments)
    data = corr.run(
        twin, start, steps=int(grid.marks[-1]), record_at=grid.marks.tolist(), trajectories=TWINS, key=key,
        label="twin", progress=progress,
    )  # fmt: skip
    paths = data.path.values.astype(float)
    away = inference.unbiased_delta(paths, smooth[: len(early)].astype(float))[1:]
    share = away / inference.travelled(smooth[: len(early)])[1:]
    return [*map(float, share), *[None] * (len(times) - len(early))]


def _measured(
    loss: Callable[..., Any], points: tuple[Point, ...], clock: Clock, key: jax.Array
) -> list[dict[str, Any]]:
    """Real steps at every point and σ, each with random numbers of its own, in a stream that no run uses."""
    return [
        measure_step(loss, *place, clock=clock, key=corr.trajectory_key(key, corr.Stream.CUSTOM, number))
        for number, place in enumerate(itertools.product(points, MEASURED_SIGMAS))
    ]
