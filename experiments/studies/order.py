"""How the distance to noise-free descent falls with the mutation scale and the temperature, with fitted orders."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from scipy.optimize import curve_fit

import corr
from corr import inference
from theory import level1

from ..declaring.number import Number
from ..declaring.rounding import measured
from ..declaring.study import Parts, Study
from ..problems.sines import shallow_sine

COLD_TIME, WARM_TIME = 1.0, 1.0
COLD_RATE, WARM_RATE = 1e-4, 1e-4
COLD_TWIN_STEP, WARM_TWIN_STEP = 1e-3, 5e-4
FLOOR_BETA = 20.0
WARM_START = (-1.0, 0.0)


class Sizes(NamedTuple):
    """Trajectories of twins and mutation with their λα (β = ∞), and with their β, λα (finite β)."""

    cold_twins: int
    cold_twin_step_times: tuple[float, ...]
    cold_mutation: int
    cold_step_times: tuple[float, ...]
    warm_twins: int
    warm_twin_betas: tuple[float, ...]
    warm_mutation: int
    warm_betas: tuple[float, ...]
    warm_step_time: float
    floor_step_times: tuple[float, ...]


def valley(x: jax.Array) -> jax.Array:
    """U(x, y) = (y - x²)²/2 + (x - 1)²/4: a curved valley, cheap enough for large ensembles."""
    return 0.5 * (x[1] - x[0] ** 2) ** 2 + 0.25 * (x[0] - 1) ** 2


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Unbiased Δ at one time against λα (β = ∞), against β at fixed βσ², and against λα at fixed β."""
    limit = [(beta, 0.0) for beta in sizes.warm_twin_betas]
    found: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        "cold twins": partial(_cold, step_times=sizes.cold_twin_step_times, count=sizes.cold_twins, mutate=False),
        "warm twins": partial(_warm, settings=limit, count=sizes.warm_twins, kind="limit"),
    }
    for step_time in sizes.cold_step_times:
        run = partial(_cold, step_times=(step_time,), count=sizes.cold_mutation, mutate=True)
        found[f"cold mutation {step_time:g}"] = run
    warm = {(beta, sizes.warm_step_time) for beta in sizes.warm_betas}
    for at in sorted(warm | {(FLOOR_BETA, step_time) for step_time in sizes.floor_step_times}):
        for kind, count in (("mutation", sizes.warm_mutation), ("corrected", sizes.warm_twins)):
            found[f"warm {kind} {at[0]:g} {at[1]:g}"] = partial(_warm, settings=[at], count=count, kind=kind)
    return found


def _cold(key: jax.Array, step_times: tuple[float, ...], count: int, *, mutate: bool) -> xarray.Dataset:
    """Figure 1's network and start, β = ∞, t = 1: before the plateau."""
    problem = shallow_sine()
    start = problem.start()
    rows = []
    for number, step_time in enumerate(step_times):
        if mutate:
            std = corr.matched_mutation_std(learning_rate=step_time, step_ratio=1.0)
            side, dt, label = corr.mutation(problem.loss, mutation_std=std), step_time, "mutation"
        else:
            moments = corr.paper_moments(step_time=step_time)
            side, dt = corr.langevin(problem.loss, time_step=COLD_TWIN_STEP, moments=moments), COLD_TWIN_STEP
            label = "twin"
        one = jax.random.fold_in(key, number)
        rows.append(_away(side, problem.loss, start, COLD_TIME, dt, COLD_RATE, one, count, f"{label} {step_time:g}", 4))
    return _dataset(rows, beta=[math.inf] * len(rows), step_time=step_times)


def _warm(key: jax.Array, settings: list[tuple[float, float]], count: int, kind: str) -> xarray.Dataset:
    """The curved valley at finite β, t = 1: mutation, its twin in the limit λα → 0, or its twin of level 1."""
    start, rows = jnp.asarray(WARM_START), []
    for number, (beta, step_time) in enumerate(settings):
        side, dt = _warm_side(kind, beta, step_time)
        one, label = jax.random.fold_in(key, number), f"{kind} β = {beta:g}"
        rows.append(_away(side, valley, start, WARM_TIME, dt, WARM_RATE, one, count, label, 500))
    return _dataset(rows, beta=[beta for beta, _ in settings], step_time=[st for _, st in settings])


def _warm_side(kind: str, beta: float, step_time: float) -> tuple[corr.Dynamics, float]:
    """A side and its time step."""
    if kind == "limit":
        moments = corr.paper_moments(beta=beta)
        return corr.langevin(valley, time_step=WARM_TWIN_STEP, moments=moments), WARM_TWIN_STEP
    std = corr.matched_mutation_std(learning_rate=step_time, step_ratio=1.0, beta=beta)
    if kind == "mutation":
        return corr.mutation(valley, mutation_std=std, beta=beta), step_time
    exact = partial(level1.moments, mutation_std=std, beta=beta, step_time=step_time)
    return corr.langevin(valley, time_step=WARM_TWIN_STEP, moments=exact), WARM_TWIN_STEP


def _away(side, loss, start, time, dt, rate, key, count, label, block) -> tuple[float, float]:
    """Unbiased Δ to noise-free descent over the squared distance travelled, and its standard error."""
    normalized = loss is not valley
    descent = corr.noise_free(loss, start, learning_rate=rate, times=[time], normalized=normalized)
    path = descent.path.values[0].astype(float)
    data = corr.run(side, start, steps=round(time / dt), trajectories=count, key=key, keep=count, label=label,
                    block_size=min(block, max(1, count // 2)))  # fmt: skip
    paths, travelled = data.path.values.astype(float), inference.travelled(path)[1]
    away, error = inference.unbiased_delta(paths, path)[1], inference.delta_standard_error(paths, path)[1]
    return away / travelled, error / travelled


def _dataset(rows: list[tuple[float, float]], **settings: Sequence[float]) -> xarray.Dataset:
    columns = {"away": [row[0] for row in rows], "error": [row[1] for row in rows], **settings}
    return xarray.Dataset({name: ("run", np.asarray(values, float)) for name, values in columns.items()})


class Order(NamedTuple):
    """A fitted power with its standard error, the amplitude, and the coefficient of the first correction."""

    exponent: float
    error: float
    amplitude: float
    correction: float


def fit_order(x: np.ndarray, y: np.ndarray, error: np.ndarray) -> Order:
    """Weighted fit of y = a x^p e^{bx}; b is the first correction to the power law.

    Args:
        x: positive, at least three values.
        y: same length; noise may make some negative.
        error: standard errors of y.

    Returns:
        An ``Order``.
    """
    scale = x.max()

    def law(x: np.ndarray, level: float, exponent: float, correction: float) -> np.ndarray:
        return y[-1] * np.exp(level) * (x / scale) ** exponent * np.exp(correction * x / scale)

    fitted, covariance = curve_fit(law, x, y, (0.0, 2.0, 0.0), error, absolute_sigma=True, maxfev=10_000)
    level, exponent, correction = fitted
    amplitude = y[-1] * math.exp(level) / scale**exponent
    return Order(float(exponent), math.sqrt(covariance[1, 1]), float(amplitude), float(correction / scale))


def gather(found: Parts, kind: str) -> xarray.Dataset:
    """All runs of a kind ("cold mutation", "warm mutation"), in order of λα and β."""
    data = xarray.concat([part for name, part in found.items() if name.startswith(kind)], "run")
    return data.isel(run=np.lexsort((data.step_time.values, data.beta.values)))


def judge(found: Parts) -> list[str]:
    """Fitted orders, and mutation against what the twins foresee."""
    cold, warm = found["cold twins"], found["warm twins"]
    first = fit_order(cold.step_time.values, cold.away.values, cold.error.values)
    second = fit_order(1 / warm.beta.values, warm.away.values, warm.error.values)
    said = [
        f"β = ∞, t = 1, before the plateau: unbiased Δ of the twins falls as (λα)^p, p = {first.exponent:.2f} ±"
        f" {first.error:.2f} (expected 2: the bias of the mean is of order λα).",
        f"Finite β, λα → 0: unbiased Δ of the twins falls as β^-p, p = {second.exponent:.2f} ± {second.error:.2f}"
        " (expected 2: the bias of the mean is of order 1/β).",
    ]
    walks, twins = gather(found, "cold mutation"), cold.isel(run=np.argsort(cold.step_time.values))
    for k, step_time in enumerate(walks.step_time.values):
        near = np.flatnonzero(np.isclose(twins.step_time, step_time, rtol=1e-6))
        if near.size:
            said.append(_beside(f"β = ∞, λα = {step_time:g}", walks.isel(run=k), "twin", twins.isel(run=near[0])))
    walks, twins = gather(found, "warm mutation"), gather(found, "warm corrected")
    for k, (beta, step_time) in enumerate(zip(walks.beta.values, walks.step_time.values, strict=True)):
        floor = warm.isel(run=int(np.argmin(np.abs(warm.beta.values - beta))))
        where = f"β = {beta:g}, λα = {step_time:g}"
        said.append(
            _beside(where, walks.isel(run=k), "twin of level 1", twins.isel(run=k))
            + f" Floor for λα → 0: {measured(100 * float(floor.away), 100 * float(floor.error))} %."
        )
    return said


def _beside(where: str, walk: xarray.Dataset, name: str, twin: xarray.Dataset) -> str:
    score = float((walk.away - twin.away) / np.hypot(walk.error, twin.error))
    mutated, other = (f"{measured(100 * float(data.away), 100 * float(data.error))} %" for data in (walk, twin))
    return (
        f"{where}: mutation {mutated} of the squared distance travelled, {name} {other} ({score:+.1f} standard errors)."
    )


def numbers(found: Parts) -> dict[str, Number]:
    """Fitted orders, expected 2, and mutation less its twin for every λα and β."""
    cold, warm = found["cold twins"], found["warm twins"]
    shown = {}
    for name, x, data in (("λα, β = ∞", cold.step_time.values, cold), ("1/β, λα → 0", 1 / warm.beta.values, warm)):
        fit = fit_order(x, data.away.values, data.error.values)
        shown[f"order in {name}"] = Number(fit.exponent, fit.error, None, 2.0)
    for kind in ("cold", "warm"):
        walks = gather(found, f"{kind} mutation")
        for row in (walks.isel(run=k) for k in range(walks.sizes["run"])):
            where = f"β = {float(row.beta):g}, λα = {float(row.step_time):g}"
            shown[f"{kind} mutation, {where}: unbiased Δ / squared distance travelled"] = Number(
                float(row.away), float(row.error)
            )
    return shown


study = Study(
    name="order",
    title="distance to noise-free descent against mutation scale and temperature, with fitted orders",
    presets={
        "smoke": Sizes(16, (1.6e-4, 3.2e-4, 6.4e-4), 4, (3.2e-4,),
                       2000, (5.0, 20.0, 80.0), 100, (20.0,), 1e-3, (1e-2,)),
        "quick": Sizes(1000, (2e-5, 4e-5, 8e-5, 1.6e-4, 3.2e-4), 200, (4e-5, 8e-5, 1.6e-4, 3.2e-4),
                       20_000, (5.0, 10.0, 20.0, 40.0, 80.0), 4000, (5.0, 10.0, 20.0, 40.0), 4e-5, (1e-2, 1e-3, 1e-4)),
        "paper": Sizes(10_000, (1e-5, 2e-5, 4e-5, 8e-5, 1.6e-4, 3.2e-4), 1000, (1e-5, 4e-5, 1.6e-4, 3.2e-4),
                       1_000_000, (5.0, 10.0, 20.0, 40.0, 80.0), 40_000, (5.0, 20.0, 80.0), 1e-5, (1e-2, 1e-3, 1e-4)),
    },
    parts=parts,
    judge=judge,
    numbers=numbers,
    minutes={"smoke": 0.5, "quick": 4.0, "paper": 120.0},
)  # fmt: skip
