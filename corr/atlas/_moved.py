"""Whether the displacements that were drawn can say which descent a scheme is."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from .._start import initial_shape
from .._told import warn
from .._types import Dynamics, Params, State
from ._candidates import Flat
from ._honest import spacing
from ._moves import BLOCKS, MEDIAN_OF, Moves, Place, blocks_of
from ._seldom import may_move

SKEWED = 1e-3  # p-value below which means of blocks are not symmetric


def check_moved(moves: dict[str, Moves], dtype: Any, robust: bool) -> None:
    """Refuse displacements, or medians, that are none; warn where they are lost in rounding or losses not finite."""
    for name, one in moves.items():
        _check_steps(name, one)
        if robust:
            _check_medians(name, one)
        _warn_of_lost(name, one, dtype)


def _check_steps(name: str, moves: Moves) -> None:
    finite = np.isfinite(moves.steps).all(axis=1)
    if not finite.all():
        raise ValueError(
            f"displacements at {name!r} are not finite in {(~finite).sum()} of {finite.size} draws: choose another"
            " point or a smaller step"
        )
    if not moves.steps.any():
        advice = (
            "its acceptance is 0: give a smaller step, or a point that is no minimum"
            if not moves.accepted.any()
            else "steps are accepted but have no length: give a larger one"
        )
        raise ValueError(f"nothing moves at {name!r} in any of {len(moves.steps)} draws; {advice}")


def _warn_of_lost(name: str, moves: Moves, dtype: Any) -> None:
    if moves.finite < 1:
        warn(
            f"at {name!r} {100 * (1 - moves.finite):.3g} % of the steps met a loss that is not finite: what is said"
            " holds for the scheme on this loss, border included"
        )
    spacing = np.spacing(np.abs(moves.position).astype(dtype)).astype(float)
    size = np.sqrt(np.mean(moves.steps**2, axis=0))
    # What never moves is frozen, unless steps as long as the others' would be lost there.
    lost = np.where(size > 0, size, size.max()) < 2 * spacing
    if lost.any():
        warn(
            f"at {name!r} {lost.sum()} of {lost.size} parameters move by less than two rounding steps of"
            f" {np.dtype(dtype)} ({2 * spacing[lost].max():.2g}): drift and noise are those of rounding; use float64 or"
            " larger steps"
        )


def rounded(place: Place, params: Params) -> float:
    """By how much, in parameter units, the rounding of the position may put a displacement off."""
    return float(np.linalg.norm(spacing(params) * (np.abs(place.position) + np.abs(place.drift)))) / 2


def remembered(dynamics: Dynamics, points: Mapping[str, Any], params: Params, burn_in: int) -> str:
    """What to say of a scheme whose steps may depend on its age."""
    if not jax.tree.leaves(initial_shape(dynamics, params).aux):
        return ""
    states = [name for name, point in points.items() if isinstance(point, State)]
    age = f"{burn_in} steps (burn_in)" if not states else f"the states given, and {burn_in} steps (burn_in)"
    said = f"the scheme remembers (State.aux): asked at the age of {age}"
    if 0 < len(states) < len(points):
        said += f"; ages are mixed: {', '.join(map(repr, states))} given as State, the others as parameters of age 0"
    return said


def moving_parameters(moves: dict[str, Moves]) -> tuple[np.ndarray, str]:
    """Which parameters the candidates are about, (N,), and what to say of the others; warns of too few draws."""
    counts = np.sum([np.count_nonzero(one.steps, axis=0) for one in moves.values()], axis=0)
    moving, never = may_move(counts), int((counts == 0).sum())
    if not never:
        return moving, ""
    if not moving.all():
        return moving, f"{never} of {counts.size} parameters never move: left out of every candidate"
    warn(
        f"{never} of {counts.size} parameters never moved, by chance, since others moved as rarely: draws are too few"
        " to tell what is frozen; none is left out, give more draws"
    )
    return moving, f"{never} of {counts.size} parameters never moved, by chance: kept"


def _check_medians(name: str, moves: Moves) -> None:
    """Refuse medians of blocks that are zero for want of steps."""
    if (blocks_of(moves.samples, True)[:, moves.steps.any(axis=0)] == 0).mean() > 0.5:
        raise ValueError(f"medians are zero at {name!r}: most blocks do not move; give more draws, or robust=False")


def check_skewed(name: str, moves: Moves, robust: np.ndarray, share: float) -> None:
    """Warn where the robust drift is no mean: means of parts lie to one side of their medians, and far off."""
    parts = (moves.samples @ robust / float(robust @ robust)).reshape(BLOCKS, MEDIAN_OF, -1).mean(axis=2)
    above = parts.mean(axis=1) - np.median(parts, axis=1)
    apart, one_sided = abs(float(above.mean())), stats.binomtest(int((above > 0).sum()), BLOCKS).pvalue
    if apart > share / 2 and one_sided < SKEWED:
        warn(
            f"at {name!r} medians of blocks lie {100 * apart:.2g} % off the plain mean of all draws: steps are skewed,"
            " as those are which a mutation with heavy tails takes at β = ∞, and what is said of the robust drift is"
            " that of the medians; more draws bring them together"
        )


def check_reach(name: str, place: Place, loss: Flat, dtype: Any, moving: np.ndarray, share: float) -> None:
    """Warn where the gradient changes on the way of many generations, so that their drift is no step's."""
    with jax.default_matmul_precision("highest"):
        there = moving * np.asarray(jax.jit(jax.grad(loss))(jnp.asarray(place.position + place.drift, dtype)), float)
    change = np.linalg.norm(there - place.gradient) / np.linalg.norm(place.gradient)
    if not change <= share:
        warn(
            f"at {name!r} the gradient at the mean end of a displacement differs by {100 * change:.3g} % from that at"
            " its start: coefficients are those of the whole way, and the clock is slower or faster than a step's; give"
            " fewer generations"
        )
