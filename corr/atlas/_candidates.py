"""Directions that a mean displacement may follow, as vectors at a point."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ._power import Exponent, powered, unit_powered

Flat = Callable[[jax.Array], jax.Array]
Vectors = dict[str, np.ndarray]

GRADIENT, UNIT, SIGN = "g", "g/|g|", "sign g"
POWER, UNIT_POWER = "sign(g)|g|^H", "sign(g)|g|^H/‖g‖^H"
SMOOTHED, UNIT_SMOOTHED = "∇U_σ", "∇U_σ/|∇U_σ|"
TURNED, UNIT_TURNED = "C g", "C g/√(gᵀC g)"
POWERS = (POWER, UNIT_POWER)
PAIRS = ((GRADIENT, UNIT), (SMOOTHED, UNIT_SMOOTHED), (TURNED, UNIT_TURNED), POWERS)
FAMILIES = {POWER: powered, UNIT_POWER: unit_powered}
BUILT_IN = {GRADIENT, UNIT, SIGN, POWER, UNIT_POWER, SMOOTHED, UNIT_SMOOTHED, TURNED, UNIT_TURNED}


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
    exponents: Mapping[str, Exponent | None],
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
    fitted = {title: one.estimate.value for title, one in exponents.items() if one is not None}
    return found | dict(own) | {title: FAMILIES[title](gradient, value) for title, value in fitted.items()}


def own_vector(name: str, function: Callable[[Any], Any], params: Any, size: int, point: str) -> np.ndarray:
    """A user's direction at a point; refuses what is not like the parameters, not finite or zero."""
    vector = np.asarray(ravel_pytree(function(params))[0], np.float64)
    if vector.shape != (size,):
        raise ValueError(
            f"candidate {name!r} gives {vector.size} numbers at {point!r}, expected {size}, one for each parameter"
        )
    if not (np.isfinite(vector).all() and vector.any()):
        raise ValueError(
            f"candidate {name!r} gives a vector that is zero or not finite at {point!r}: it is no direction"
        )
    return vector
