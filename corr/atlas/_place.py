"""Noise, acceptance and κ of the displacements from one point."""

import numpy as np

from ..inference import Estimate
from ..inference._step_moments import step_moments
from ._moves import BLOCKS, Moves, Place, blocks_of
from ._seldom import may_move

NAMES: tuple[str, ...] = ("trace", "along", "across")
MATRIX = 500  # parameters up to which the whole covariance is kept
NOTHING = 1e-13  # of the mean square of a displacement: a variance of rounding alone
NORMAL_MAD = 1.482602  # of a normal law, standard deviation over median absolute deviation


def place(moves: Moves, gradient: np.ndarray, evaluations: float, *, robust: bool = False) -> Place:
    """Drift, noise and κ of displacements from one point.

    Args:
        moves: n of them, a multiple of 100 (robust: of 500).
        gradient: ∇U at the point, (N,), not zero.
        evaluations: of the loss, that one displacement costs.
        robust: medians of blocks in place of means.

    Returns:
        A ``Place``.

    Example:
        >>> steps = np.random.default_rng(0).normal(size=(1000, 3)) - np.array([1.0, 0, 0])
        >>> found = place(Moves(steps, steps, np.ones(1000), np.zeros(3)), np.array([2.0, 0, 0]), 4.0)
        >>> round(found.noise["across"].value, 1), bool(abs(found.kappa.value - 4) < 1)
        (1.0, True)

    Reference: theory/README.md, "Which descent".
    """
    blocks = blocks_of(moves.samples, robust)
    drift = blocks.mean(axis=0)
    error = blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks))
    unit = gradient / np.linalg.norm(gradient)
    free = may_move(np.count_nonzero(moves.steps, axis=0))  # the others would count as directions without noise
    held = moves._replace(steps=moves.steps[:, free], samples=moves.samples[:, free])
    each = [_robust_noise(part, unit[free]) for part in np.split(held.steps, BLOCKS)] if robust else None
    noise = _means(each) if each is not None else _noise(held, unit[free])
    return Place(
        moves.position, gradient, drift, error, blocks, noise, float(moves.accepted.mean()),
        _kappa(noise["across"], drift, blocks, evaluations), evaluations,
        *(_covariance(moves.steps) if not robust and len(unit) <= MATRIX else (None, None)),
    )  # fmt: skip


def _covariance(steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of displacements and its standard errors, √((<d_i² d_j²> - C_ij²)/n) with d their deviations."""
    off = steps - steps.mean(axis=0)
    found = off.T @ off / (len(off) - 1)
    squares = off**2
    fourth = squares.T @ squares / len(off)
    return found, np.sqrt(np.maximum(fourth - found**2, 0) / len(off))


def _noise(moves: Moves, unit: np.ndarray) -> dict[str, Estimate]:
    """Of all displacements; their squares have the errors of means, whatever the drift was estimated from."""
    if not np.ptp(moves.steps, axis=0).any():
        none = dict.fromkeys(NAMES, Estimate(0.0, 0.0))
        return none if len(unit) > 1 else none | {"across": Estimate(np.nan, np.nan)}
    drift = moves.samples.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # of a ratio to what lies across, where that is exactly zero
        found = step_moments(moves.steps, np.ones(len(moves.steps)), unit, drift, moves.samples - drift)
    nothing = NOTHING * found["second_moment"].value
    rows = ((name, *found.get(name, (np.nan, np.nan))) for name in NAMES)
    return {name: Estimate(0.0 if value < nothing else value, error) for name, value, error in rows}


def _robust_noise(steps: np.ndarray, unit: np.ndarray) -> tuple[float, float, float]:
    """Squares of normal-consistent median absolute deviations: all together, along, mean of those across.

    Of the steps that were taken, times their share: most of all steps may be none.
    """
    moved = steps[steps.any(axis=1)]
    if not len(moved):
        return 0.0, 0.0, 0.0
    share = len(moved) / len(steps)
    centred = moved - np.median(moved, axis=0)
    components = share * (NORMAL_MAD * np.median(np.abs(centred), axis=0)) ** 2
    line = centred @ unit
    along = share * float((NORMAL_MAD * np.median(np.abs(line))) ** 2)
    weights = 1 - unit**2
    across = float(components @ weights / weights.sum()) if len(unit) > 1 else np.nan
    return float(components.sum()), along, across


def _means(each: list[tuple[float, float, float]]) -> dict[str, Estimate]:
    values = np.array(each)
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    rows = zip(NAMES, values.mean(axis=0), error, strict=True)
    return {name: Estimate(float(value), float(one)) for name, value, one in rows}


def _kappa(across: Estimate, drift: np.ndarray, blocks: np.ndarray, evaluations: float) -> Estimate:
    """Evaluations · D/v², v² freed of its own noise; errors of D and v taken as independent."""
    size = len(blocks)
    square = float(drift @ drift - np.sum(blocks.var(axis=0, ddof=1)) / size)
    along = blocks @ drift / np.linalg.norm(drift) if drift.any() else np.zeros(size)
    if not square > 0:
        return Estimate(np.inf, np.inf)
    value = evaluations * across.value / square
    relative = np.hypot(
        across.standard_error / across.value if across.value else 0.0,
        2 * along.std(ddof=1) / np.sqrt(size) / np.sqrt(square),
    )
    return Estimate(float(value), float(value * relative))
