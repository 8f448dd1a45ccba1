"""Real mutation steps at one point of the noise-free path, beside what level 3 says of them."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import corr
from corr import Clock, inference
from theory import level3

from .regimes import Point

DRAWS = 8192
FEW_EITHER = 25
TOO_FAR = 4.0


class Measured(NamedTuple):
    """Real steps at one place; ``acceptance`` and ``drift`` (in units of σ) as (measured, standard error, level 3)."""

    time: float
    sigma: float
    beta: float
    acceptance: tuple[float, float, float]
    drift: tuple[float, float, float]

    @property
    def beyond(self) -> bool:
        """Whether acceptance or drift lies more than ``TOO_FAR`` standard errors from level 3."""
        return beyond(self.acceptance, self.drift)


def measure_step(loss: Callable[..., Any], point: Point, factor: float, *, clock: Clock, key: jax.Array) -> Measured:
    """Acceptance and drift along ĝ of real mutation steps, beside level 3.

    Args:
        loss: of flat parameters.
        point: where the steps start.
        factor: of the run's σ.
        clock: of the run.
        key: of the draws.
    """
    scaled = clock._replace(mutation_std=factor * clock.mutation_std)
    walk = corr.mutation(loss, mutation_std=scaled.mutation_std, beta=scaled.beta)
    gradient = np.asarray(point.spectrum.basis) @ np.asarray(point.spectrum.gradient)
    size = np.linalg.norm(gradient)
    steps = inference.one_step_displacements(walk, jnp.asarray(point.position), draws=DRAWS, key=key)
    along = steps.displacements @ (gradient / size / scaled.mutation_std).astype(np.float32)
    values = along * (steps.accepted - steps.accepted.mean())
    rate, pull = ((float(x.mean()), float(x.std() / math.sqrt(DRAWS))) for x in (steps.accepted, values))
    with jax.enable_x64(True):
        step = level3.one_step(point.spectrum, mutation_std=scaled.mutation_std, beta=scaled.beta)
        predicted = float(jnp.sum(step.drift * gradient)) / size / scaled.mutation_std
    return Measured(
        point.time, scaled.mutation_std, scaled.beta, (*rate, float(step.acceptance)), (*pull, float(predicted))
    )


def beyond(acceptance: tuple[float, float, float], drift: tuple[float, float, float]) -> bool:
    """Whether measured acceptance or drift lies more than ``TOO_FAR`` standard errors from level 3.

    Where next to no step (or next to every one) is accepted the measured errors vanish: acceptance then has the
    binomial error of its prediction, and drift is not judged.
    """
    rate, error, chance = acceptance
    off = abs(rate - chance) > TOO_FAR * max(error, math.sqrt(max(0.0, chance * (1 - chance)) / DRAWS))
    pull, unsure, predicted = drift
    judged = min(rate, 1 - rate) * DRAWS >= FEW_EITHER
    return off or (judged and abs(pull - predicted) > TOO_FAR * unsure)
