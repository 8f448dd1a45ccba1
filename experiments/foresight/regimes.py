"""What level 3 foresees over σ and β: which limit a step stays near, and what becomes of a run."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from theory import level0, level3
from theory.spectrum import Spectrum

FEW_ACCEPTED = 0.05
REGIMES = (
    "follows noise-free descent",
    "follows its noisy twin",
    "follows the corrected twin only",
    "learns otherwise",
    "mean loss does not fall",
)


class Point(NamedTuple):
    """One place on the noise-free path: common time, flat parameters, spectrum in float64, distance travelled."""

    time: float
    position: np.ndarray
    spectrum: Spectrum
    travelled: float


class Row(NamedTuple):
    """What level 3 foresees at one β, every field of shape (σ,).

    Attributes:
        error: relative error of the drift against level 0 at this β.
        spread: N times the noise of a level-0 step over its drift and the distance travelled: the squared spread that
            the ensemble gathers, relative to the squared distance travelled.
        cold_error: the same error against level 0 at β = ∞.
        cold_spread: the same spread at β = ∞.
        change: mean change of the loss in one step.
        acceptance: mean acceptance.
    """

    error: Any
    spread: Any
    cold_error: Any
    cold_spread: Any
    change: Any
    acceptance: Any


def largest_sigma(
    foreseen: Callable[[np.ndarray], Row], sigmas: np.ndarray, holds: Callable[[Row], np.ndarray]
) -> float:
    """Largest σ up to which a condition holds from the least on, to 1/len(sigmas) of a grid step; 0 if nowhere."""
    within = np.logical_and.accumulate(holds(foreseen(sigmas)))
    count = np.count_nonzero(within)
    if count in (0, len(sigmas)):
        return float(sigmas[within].max(initial=0.0))
    finer = np.geomspace(sigmas[count - 1], sigmas[count], len(sigmas))
    return float(finer[np.logical_and.accumulate(holds(foreseen(finer)))].max(initial=sigmas[count - 1]))


def regime_map(point: Point, tolerance: float, sigmas: np.ndarray, betas: list[float]) -> list[list[int]]:
    """The regime at every β and σ of the map, as numbers into ``REGIMES``.

    At finite β the drift is judged by the nearer of the paper's two limits, that of s → 0 and that of β = ∞ (s → ∞).
    """
    with jax.enable_x64(True):
        steady = np.logical_and.accumulate(map_row(point, math.inf, sigmas).error < tolerance)
        return [regimes(map_row(point, beta, sigmas), steady, tolerance) for beta in betas]


def map_row(point: Point, beta: float, sigmas: np.ndarray) -> Row:
    where = (point.spectrum, point.travelled, sigmas)
    row = _cold_row(*where) if math.isinf(beta) else _warm_row(*where, beta)
    return Row(*map(np.asarray, row))


def _row_of(spectrum: Spectrum, travelled: jax.Array, sigmas: jax.Array, beta: Any) -> Row:
    gradient = spectrum.basis @ spectrum.gradient

    def one(std: jax.Array) -> Row:
        step = level3.one_step(spectrum, mutation_std=std, beta=beta)

        def against(cost: Any) -> tuple[jax.Array, jax.Array]:
            limit = level0.drift(gradient, mutation_std=std, beta=cost)
            size = jnp.linalg.norm(limit)
            noise = gradient.size * level0.noise_variance(mutation_std=std, beta=cost)
            return jnp.linalg.norm(step.drift - limit) / size, noise / (size * travelled)

        change = level3.mean_loss_change(spectrum, mutation_std=std, beta=beta)
        return Row(*against(beta), *against(math.inf), change, step.acceptance)

    return jax.lax.map(one, sigmas)


_warm_row, _cold_row = jax.jit(_row_of), jax.jit(functools.partial(_row_of, beta=math.inf))


def regimes(row: Row, steady: np.ndarray, tol: float) -> list[int]:
    """``steady`` says where β = ∞ itself stays near its limit: elsewhere nearness to that limit is an accident."""
    colder = row.cold_error < row.error
    own = np.logical_and.accumulate(row.error < tol)  # beyond the first σ that is off, agreement is an accident
    near = np.where(colder, steady & (row.cold_error < tol), own)
    spread = np.where(colder, row.cold_spread, row.spread)
    falls, often = row.change < 0, row.acceptance >= FEW_ACCEPTED
    choices = [near & (spread < tol), near, falls & often, falls]
    return np.select(choices, range(4), default=4).tolist()
