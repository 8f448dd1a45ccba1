"""Directions that a mean displacement may follow, as vectors at a point."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

Flat = Callable[[jax.Array], jax.Array]
Vectors = dict[str, np.ndarray]
EXPONENTS = np.linspace(0.0, 2.0, 201)

GRADIENT, UNIT, SIGN, POWER = "g", "g/|g|", "sign g", "sign(g)|g|^H"
SMOOTHED, UNIT_SMOOTHED = "∇U_σ", "∇U_σ/|∇U_σ|"
TURNED, UNIT_TURNED = "C g", "C g/√(gᵀC g)"
PAIRS = ((GRADIENT, UNIT), (SMOOTHED, UNIT_SMOOTHED), (TURNED, UNIT_TURNED))
BUILT_IN = {GRADIENT, UNIT, SIGN, POWER, SMOOTHED, UNIT_SMOOTHED, TURNED, UNIT_TURNED}


def gradient_at(name: str, loss: Flat, position: np.ndarray, dtype: Any, moving: np.ndarray) -> np.ndarray:
    """∇U at a point (N,), zero where nothing moves; refuses one that is zero or not finite."""
    with jax.default_matmul_precision("highest"):
        gradient = moving * np.asarray(jax.jit(jax.grad(loss))(jnp.asarray(position, dtype)), np.float64)
    if not np.isfinite(gradient).all():
        raise ValueError(f"the gradient of the loss is not finite at {name!r}: choose another point, or give `loss=`")
    if not gradient.any():
        raise ValueError(
            f"the gradient of the loss is zero at {name!r}, so no displacement lies along it: choose a point that is no"
            " minimum, or give as `loss=` a smooth one in place of a loss of steps: with the rule 'barker' mutation"
            " follows the gradient of the loss smoothed over its steps"
        )
    return gradient


def vectors_at(
    gradient: np.ndarray,
    exponent: float,
    smoothed: np.ndarray | None,
    covariance: np.ndarray | None,
    own: Mapping[str, np.ndarray],
) -> Vectors:
    """Every candidate at one point, (N,) each."""
    size = np.linalg.norm(gradient)
    found = {
        GRADIENT: gradient,
        UNIT: gradient / size,
        SIGN: np.sign(gradient),
    }
    if smoothed is not None:
        found |= {SMOOTHED: smoothed, UNIT_SMOOTHED: smoothed / np.linalg.norm(smoothed)}
    if covariance is not None:
        turned = covariance @ gradient
        found |= {TURNED: turned, UNIT_TURNED: turned / np.sqrt(gradient @ turned)}
    return found | dict(own) | {POWER: powered(gradient, exponent)}


def powered(gradient: np.ndarray, exponent: float) -> np.ndarray:
    """sign(g)|g|^H by component; zero where g is."""
    return np.sign(gradient) * np.where(gradient == 0, 0, np.abs(np.where(gradient == 0, 1, gradient)) ** exponent)


def fitted_exponent(drifts: list[np.ndarray], gradients: list[np.ndarray]) -> float:
    """H in [0, 2] of the power sign(g)|g|^H whose directions lie closest to the drifts of all points together."""
    closeness = [
        sum(_cosine(drift, powered(g, h)) for drift, g in zip(drifts, gradients, strict=True)) for h in EXPONENTS
    ]
    return float(EXPONENTS[int(np.argmax(closeness))])


def _cosine(drift: np.ndarray, vector: np.ndarray) -> float:
    return float(-drift @ vector / (np.linalg.norm(drift) * np.linalg.norm(vector)))


def own_vector(name: str, function: Callable[[Any], Any], params: Any, size: int) -> np.ndarray:
    """A user's direction at a point; refuses what is not like the parameters, not finite or zero."""
    vector = np.asarray(ravel_pytree(function(params))[0], np.float64)
    if vector.shape != (size,):
        raise ValueError(f"candidate {name!r} gives {vector.size} numbers, expected {size}, one for each parameter")
    if not (np.isfinite(vector).all() and vector.any()):
        raise ValueError(f"candidate {name!r} gives a vector that is zero or not finite: it is no direction")
    return vector
