"""``validity``: before a run, where along the way the paper's limit holds and what happens where it does not."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

import corr
from corr import inference
from corr._compare import Clock
from corr._promote import in_float64
from corr._timegrid import stiffness, twin_grid
from theory import level0, level1, level3
from theory.spectrum import LARGEST_FULL, Spectrum, full_spectrum, hessian_product, lanczos_spectrum
from theory.validity import Curvature
from theory.validity import validity as validity_numbers

from ._declare import Experiment
from ._runner import Options, plan, start_of

POINTS, TWINS, DRAWS = 5, 64, 8192
TOLERANCE = 0.1
SIGMAS = np.geomspace(1e-7, 1e-1, 37)
BETAS = (*np.geomspace(1e1, 1e9, 9).tolist(), math.inf)
MEASURED_SIGMAS = (1.0, 10.0, 100.0)
FEW_ACCEPTED = 0.05
REGIMES = (
    "follows noise-free descent",
    "follows its noisy twin",
    "follows the corrected twin only",
    "learns otherwise",
    "stuck",
)


class Point(NamedTuple):
    """One place on the noise-free path: common time, flat parameters, spectrum in float64, distance travelled."""

    time: float
    position: np.ndarray
    spectrum: Spectrum
    travelled: float


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
        Plain numbers: ``clock``, ``rows`` (one per time: s, c, βm, κ, acceptance and drift ratio by level 3, the
        largest σ within the tolerance there, and the predicted bias of Δ over the squared distance travelled),
        ``largest_sigma`` for the whole way, ``regimes`` over σ and β, and ``measured`` one-step points on that map.

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
    bias = _predicted_bias(loss, start, clock, times, smooth, experiment.judged_until, progress)
    rows = [{**_row(point, clock, tolerance), "bias": b} for point, b in zip(points, bias, strict=True)]
    return {
        "experiment": experiment.name,
        "preset": options.preset,
        "tolerance": tolerance,
        "clock": {**clock._asdict(), "beta": "inf" if math.isinf(clock.beta) else clock.beta},
        "rows": rows,
        "largest_sigma": min(row["largest_sigma"] for row in rows),
        "regimes": [regime_map(point, tolerance) for point in (points[1], points[-1])],
        "measured": [_measure(loss, point, clock, k) for point in (points[1], points[-1]) for k in MEASURED_SIGMAS],
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


def _row(point: Point, clock: Clock, tolerance: float) -> dict[str, float]:
    with jax.enable_x64(True):
        spectrum, std, beta = point.spectrum, clock.mutation_std, clock.beta
        size = jnp.linalg.norm(spectrum.gradient)
        trace = jnp.sum(spectrum.counts * spectrum.all_values)
        frobenius = jnp.sqrt(jnp.sum(spectrum.counts * jnp.square(spectrum.all_values)))
        along = jnp.sum(spectrum.values * jnp.square(spectrum.gradient)) / jnp.square(size)
        numbers = validity_numbers(size, Curvature(trace, frobenius, along), mutation_std=std, beta=beta)
        step = level3.one_step(spectrum, mutation_std=std, beta=beta)
        ratio, error = _against_limit(spectrum, step.drift, std, beta)
        errors = _map_row(point, beta)[0]
        within = SIGMAS[np.logical_and.accumulate(errors < tolerance)]
        return {
            "time": point.time,
            "gradient_norm": float(size),
            **{name: float(value) for name, value in numbers._asdict().items()},
            "acceptance": float(step.acceptance),
            "acceptance_level_1": float(level1.acceptance(numbers.s)),
            "drift_ratio": ratio,
            "drift_error": error,
            "largest_sigma": float(within.max(initial=0.0)),
        }


def _against_limit(spectrum: Spectrum, drift: jax.Array, std: float, beta: float) -> tuple[float, float]:
    """Drift along the limit's over it, and the relative error of the vector."""
    limit = level0.drift(spectrum.basis @ spectrum.gradient, mutation_std=std, beta=beta)
    square = jnp.sum(limit * limit)
    return float(jnp.sum(drift * limit) / square), float(jnp.linalg.norm(drift - limit) / jnp.sqrt(square))


def _predicted_bias(
    loss: Callable[..., Any], start: jax.Array, clock: Clock, times: np.ndarray, smooth: np.ndarray, until: float,
    progress: bool,
) -> list[float | None]:  # fmt: skip
    """Unbiased Δ of a small twin ensemble to noise-free descent over travelled distance²; None after ``until``."""
    early = times[times <= until + 1e-9]
    grid = twin_grid(early, *stiffness(loss, smooth[: len(early)], start), clock.step_time, clock.beta)
    moments = corr.paper_moments(step_time=clock.step_time, beta=clock.beta)
    twin = corr.langevin(loss, time_step=grid.schedule, moments=moments)
    data = corr.run(
        twin, start, steps=int(grid.marks[-1]), record_at=grid.marks.tolist(), trajectories=TWINS, key=corr.root_key(1),
        label="twin", progress=progress,
    )  # fmt: skip
    paths = data.path.values.astype(float)
    away = inference.unbiased_delta(paths, smooth[: len(early)].astype(float))[1:]
    share = away / inference.travelled(smooth[: len(early)])[1:]
    return [*map(float, share), *[None] * (len(times) - len(early))]


def regime_map(point: Point, tolerance: float) -> dict[str, Any]:
    """The regime at every σ and β of the map, as numbers into ``REGIMES``."""
    with jax.enable_x64(True):
        table = [_regimes(_map_row(point, beta), tolerance) for beta in BETAS]
    betas = ["inf" if math.isinf(beta) else beta for beta in BETAS]
    return {"time": point.time, "sigma": SIGMAS.tolist(), "beta": betas, "names": REGIMES, "regime": table}


def _map_row(point: Point, beta: float) -> list[np.ndarray]:
    """Drift error, spread, mean change of the loss and acceptance for every σ at one β.

    The spread is N times the noise of a step over its drift and the distance travelled: the squared spread that the
    ensemble gathers on the way, relative to the way.
    """
    cold = (point.spectrum, point.travelled)
    rows = _cold_row(*cold) if math.isinf(beta) else _warm_row(*cold, beta)
    return [np.asarray(row) for row in rows]


def _row_of(spectrum: Spectrum, travelled: jax.Array, beta: Any) -> tuple[jax.Array, ...]:
    def one(std: jax.Array) -> tuple[jax.Array, ...]:
        step = level3.one_step(spectrum, mutation_std=std, beta=beta)
        gradient = spectrum.basis @ spectrum.gradient
        limit = level0.drift(gradient, mutation_std=std, beta=beta)
        size = jnp.linalg.norm(limit)
        noise = gradient.size * level0.noise_variance(mutation_std=std, beta=beta)
        change = level3.mean_loss_change(spectrum, mutation_std=std, beta=beta)
        return jnp.linalg.norm(step.drift - limit) / size, noise / (size * travelled), change, step.acceptance

    return jax.lax.map(one, jnp.asarray(SIGMAS))


_warm_row, _cold_row = jax.jit(_row_of), jax.jit(functools.partial(_row_of, beta=math.inf))


def _regimes(row: list[np.ndarray], tol: float) -> list[int]:
    error, spread, change, accepted = row
    near = np.logical_and.accumulate(error < tol)  # beyond the first σ that is off, agreement is an accident
    falls, often = change < 0, accepted >= FEW_ACCEPTED
    choices = [near & (spread < tol), near, falls & often, falls]
    return np.select(choices, range(4), default=4).tolist()


def _measure(loss: Callable[..., Any], point: Point, clock: Clock, factor: float) -> dict[str, Any]:
    """Acceptance and drift along ĝ of real mutation steps, beside level 3."""
    scaled = clock._replace(mutation_std=factor * clock.mutation_std)
    walk = corr.mutation(loss, mutation_std=scaled.mutation_std, beta=scaled.beta)
    gradient = np.asarray(point.spectrum.basis) @ np.asarray(point.spectrum.gradient)
    size = np.linalg.norm(gradient)
    steps = inference.one_step_displacements(walk, jnp.asarray(point.position), draws=DRAWS, key=jax.random.key(0))
    along = steps.displacements @ (gradient / size / scaled.mutation_std).astype(np.float32)
    values = along * (steps.accepted - steps.accepted.mean())
    rate, pull = ([float(x.mean()), float(x.std() / math.sqrt(DRAWS))] for x in (steps.accepted, values))
    with jax.enable_x64(True):
        step = level3.one_step(point.spectrum, mutation_std=scaled.mutation_std, beta=scaled.beta)
        predicted = float(jnp.sum(step.drift * gradient)) / size / scaled.mutation_std
    return {
        "time": point.time,
        "sigma": scaled.mutation_std,
        "beta": "inf" if math.isinf(scaled.beta) else scaled.beta,
        "acceptance": [*rate, float(step.acceptance)],
        "drift": [*pull, float(predicted)],
    }
