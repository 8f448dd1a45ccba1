"""One clock for both sides: common time t = α · (gradient steps) = α λ · (mutation steps)."""

import math
from typing import Any

from ._accept import RULES
from ._checks import check_beta, check_positive


def matched_mutation_std(
    *, learning_rate: float, step_ratio: float, beta: float = math.inf, rule: str = "metropolis"
) -> float:
    """The mutation scale matched to a learning rate, σ = λ α √(2π) at β = ∞ and σ = √(2 λ α / β) at finite β.

    Barker's rule accepts half as steeply at finite β: there σ = √(4 λ α / β).

    Args:
        learning_rate: α of gradient descent, common time per gradient step.
        step_ratio: λ, gradient steps per mutation step.
        beta: β in (0, ∞], in 1/loss.
        rule: "metropolis" or "barker".

    Returns:
        σ, in the units of the parameters.

    Raises:
        ValueError: if α or λ is not positive and finite, β is 0, negative or NaN, or the rule is unknown.

    Example:
        >>> round(matched_mutation_std(learning_rate=1e-5, step_ratio=0.1), 9)
        2.507e-06

    Reference: Whitelam et al. (2021), eqs. 14 and 17.
    """
    step_time = check_positive("learning_rate", learning_rate) * check_positive("step_ratio", step_ratio)
    beta = _gradient_beta(beta)
    if math.isinf(beta):
        return step_time * math.sqrt(2 * math.pi)
    return math.sqrt(2 * step_time / beta / _steepness(rule))


def matched_step_ratio(
    *, learning_rate: float, mutation_std: float, beta: float = math.inf, rule: str = "metropolis"
) -> float:
    """The step ratio matched to a mutation scale, λ = σ / (α √(2π)) at β = ∞ and λ = β σ² / (2 α) at finite β.

    Barker's rule accepts half as steeply at finite β: there λ = β σ² / (4 α).

    Args:
        learning_rate: α of gradient descent, common time per gradient step.
        mutation_std: σ, in the units of the parameters.
        beta: β in (0, ∞], in 1/loss.
        rule: "metropolis" or "barker".

    Returns:
        λ, gradient steps per mutation step.

    Raises:
        ValueError: if α or σ is not positive and finite, β is 0, negative or NaN, or the rule is unknown.

    Example:
        >>> round(matched_step_ratio(learning_rate=1e-4, mutation_std=2e-3, beta=50.0), 12)
        1.0

    Reference: Whitelam et al. (2021), eqs. 14 and 17.
    """
    learning_rate = check_positive("learning_rate", learning_rate)
    mutation_std = check_positive("mutation_std", mutation_std)
    beta = _gradient_beta(beta)
    if math.isinf(beta):
        return mutation_std / (learning_rate * math.sqrt(2 * math.pi))
    return beta * mutation_std**2 / (2 * learning_rate) * _steepness(rule)


def _steepness(rule: str) -> float:
    """-2/β times the slope of the acceptance at ΔU = 0 (Metropolis: mean of both sides)."""
    if rule not in RULES:
        raise ValueError(f"unknown acceptance rule {rule!r}: there are {', '.join(RULES)}")
    return 0.5 if rule == "barker" else 1.0


def whole_steps(time: float, step_time: float, what: str) -> int:
    """The number of steps that make ``time``; refuses a time that is not a whole number of them."""
    if not (math.isfinite(time) and math.isfinite(time / step_time)):
        raise ValueError(f"{what}: time {time} in steps of {step_time:g} is no number of steps: give a finite time")
    count = round(time / step_time)
    if count < 0 or abs(count * step_time - time) > 1e-6 * max(step_time, time):
        raise ValueError(
            f"{what}: time {time} is {time / step_time:g} steps of {step_time:g}, expected a whole number:"
            " choose times that are multiples of it"
        )
    return count


def _gradient_beta(beta: Any) -> float:
    number = check_beta(beta)
    if number == 0:
        raise ValueError("beta = 0 accepts every mutation and follows no gradient: it has no matching learning rate")
    return number
