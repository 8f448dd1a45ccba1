"""The dynamics that an estimator may train by."""

import math
from collections.abc import Callable
from typing import Any

from .._clock import matched_step_ratio
from .._types import Dynamics
from ..dynamics import adaptive_mutation, descent, langevin, mutation, paper_moments

RATE = 0.05  # of adaptive Monte Carlo, for runs of thousands of steps; the published 1e-3 is for millions


def by_mutation(loss: Callable[..., Any], mutation_std: float, beta: float) -> Dynamics:
    """Neuroevolution."""
    return mutation(loss, mutation_std=mutation_std, beta=beta)


def by_adaptive_mutation(loss: Callable[..., Any], mutation_std: float, beta: float) -> Dynamics:
    """Adaptive Monte Carlo."""
    return adaptive_mutation(loss, mutation_std=mutation_std, rate=RATE, beta=beta)


def by_twin(loss: Callable[..., Any], mutation_std: float, beta: float) -> Dynamics:
    """The noisy gradient twin of ``by_mutation``, a step for a step."""
    time = matched_step_ratio(learning_rate=1.0, mutation_std=mutation_std, beta=beta)
    return langevin(loss, time_step=time, moments=paper_moments(step_time=time, beta=beta))


def by_descent(loss: Callable[..., Any], mutation_std: float, beta: float) -> Dynamics:
    """Noise-free descent on the same clock, along g/|g| at β = ∞."""
    time = matched_step_ratio(learning_rate=1.0, mutation_std=mutation_std, beta=beta)
    return descent(loss, learning_rate=time, normalized=math.isinf(beta))


METHODS: dict[str, Callable[[Callable[..., Any], float, float], Dynamics]] = {
    "mutation": by_mutation,
    "adaptive": by_adaptive_mutation,
    "twin": by_twin,
    "descent": by_descent,
}
