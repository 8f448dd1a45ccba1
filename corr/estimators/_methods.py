"""The dynamics that an estimator may train by."""

import math
from collections.abc import Callable
from typing import Any

from .._checks import check_positive
from .._clock import matched_mutation_std
from .._types import Dynamics
from ..dynamics import adaptive_mutation, descent, langevin, mutation, paper_moments

RATE = 0.05  # of adaptive Monte Carlo, for runs of thousands of steps; the published 1e-3 is for millions


def step_time(mutation_std: float, beta: float) -> float:
    """λα of a mutation of this size, the common time of one step: σ/√(2π) at β = ∞, βσ²/2 at finite β.

    Example:
        >>> round(step_time(0.1, 50.0), 12)
        0.25
    """
    check_positive("mutation_std", mutation_std)
    if math.isinf(beta):
        return mutation_std / matched_mutation_std(learning_rate=1.0, step_ratio=1.0)
    return beta * mutation_std**2 / 2


def by_mutation(loss: Callable[..., Any], mutation_std: float, beta: float) -> Dynamics:
    """Neuroevolution."""
    return mutation(loss, mutation_std=mutation_std, beta=beta)


def by_adaptive_mutation(loss: Callable[..., Any], mutation_std: float, beta: float) -> Dynamics:
    """Adaptive Monte Carlo."""
    return adaptive_mutation(loss, mutation_std=mutation_std, rate=RATE, beta=beta)


def by_twin(loss: Callable[..., Any], mutation_std: float, beta: float) -> Dynamics:
    """The noisy gradient twin of ``by_mutation``, a step for a step."""
    time = step_time(mutation_std, beta)
    return langevin(loss, time_step=time, moments=paper_moments(step_time=time, beta=beta))


def by_descent(loss: Callable[..., Any], mutation_std: float, beta: float) -> Dynamics:
    """Noise-free descent on the same clock, along g/|g| at β = ∞."""
    return descent(loss, learning_rate=step_time(mutation_std, beta), normalized=math.isinf(beta))


METHODS: dict[str, Callable[[Callable[..., Any], float, float], Dynamics]] = {
    "mutation": by_mutation,
    "adaptive": by_adaptive_mutation,
    "twin": by_twin,
    "descent": by_descent,
}
