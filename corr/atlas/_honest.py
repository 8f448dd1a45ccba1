"""What a dynamics says of its own steps, compared with what they were."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

ROUNDINGS = 16.0  # of a position, by which a step's move and its displacement may differ
UNLIKELY = 1e-6  # probability of refusing symmetric proposals


def spacing(params: Any) -> np.ndarray:
    """Relative spacing of the numbers that hold each parameter, (N,)."""
    of = lambda leaf: jnp.full(jnp.shape(leaf), float(jnp.finfo(leaf.dtype).eps), leaf.dtype)  # noqa: E731
    return np.asarray(ravel_pytree(jax.tree.map(of, params))[0], np.float64)


def check_told(
    name: str, steps: np.ndarray, changes: np.ndarray, position: np.ndarray, relative: np.ndarray, generations: int
) -> None:
    """Refuse where positions changed by other than the displacements of accepted steps, beyond rounding.

    Args:
        name: of the point.
        steps: sums of displacements of accepted steps, (n, N).
        changes: positions after less positions before, (n, N).
        position: about which they lie, (N,).
        relative: spacing of the numbers, (N,).
        generations: steps of one displacement.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.abs(position) + np.maximum(np.abs(steps), np.abs(changes))
        allowed = ROUNDINGS * generations * (relative * size + np.finfo(np.float32).tiny)
        wrong = np.isfinite(steps) & ~(np.abs(changes - steps) <= allowed)
    if wrong.any():
        draw, parameter = np.argwhere(wrong)[0]
        per = "a step" if generations == 1 else f"{generations} steps"
        raise ValueError(
            f"at {name!r} {per} moved parameter {parameter} by {changes[draw, parameter]:.4g} in draw"
            f" {draw} ({wrong.any(axis=1).sum()} of {len(wrong)} draws are such), but Info tells"
            f" {steps[draw, parameter]:.4g}, its displacement where accepted and 0 elsewhere: let Info.displacement be"
            " new - old position, and accepted say whether the state moved by it"
        )


def check_symmetric(name: str, proposals: np.ndarray) -> None:
    """Refuse proposals of a dynamics that says it draws symmetric ones and whose mean is not zero.

    P(|Σε| > z √Σε²) is at most 2 exp(-z²/2) of independent symmetric numbers of any law, tails included.
    """
    norms = np.sqrt(np.sum(proposals**2, axis=0))
    sums = np.abs(np.sum(proposals, axis=0))
    scores = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
    worst = int(np.argmax(scores))
    if 2 * len(scores) * np.exp(-(scores[worst] ** 2) / 2) < UNLIKELY:
        mean = proposals[:, worst].mean()
        raise ValueError(
            f"the dynamics says symmetric=True, but at {name!r} the mean of {len(proposals)} proposals is {mean:.3g} in"
            f" parameter {worst}, {scores[worst]:.3g} standard errors off zero: leave symmetric out, so that the drift"
            " is the mean of the steps"
        )
