"""What fixes the common time of a comparison: σ, β, α and λ together, and the recorded times."""

import math
from typing import Any, NamedTuple

import jax
import numpy as np

from ._checks import check_beta, check_positive
from ._clock import matched_mutation_std, matched_step_ratio, whole_steps
from ._told import warn
from .ensemble._simulate import default_refresh

SAME = 1e-6
WHOLE = 1e-9  # rounding of a division, and far below ``SAME``
WINDOW = 500
SHORTEST = 0.5  # of a step; one whole step is the nearest from here on
RARELY = 20  # steps between rebuilds from which on these cost under a tenth


class Clock(NamedTuple):
    """Everything that fixes the common time: σ, β, α, λ and λα; ``resolve_clock`` makes it.

    Attributes:
        mutation_std: σ, in parameter units.
        beta: β, in units of inverse loss, inf for zero temperature.
        learning_rate: α, common time of one gradient step.
        step_ratio: λ.
    """

    mutation_std: float
    beta: float
    learning_rate: float
    step_ratio: float

    @property
    def step_time(self) -> float:
        """λα, common time of one mutation step."""
        return self.learning_rate * self.step_ratio


def resolve_clock(
    learning_rate: float, step_ratio: float | None, mutation_std: float | None, beta: float, rule: str = "metropolis"
) -> Clock:
    """σ, β, α and λ from α and one of λ and σ: σ = λα√(2π) at β = ∞, σ = √(2λα/β) at finite β.

    Args:
        learning_rate: α, common time of one gradient step.
        step_ratio: λ, or None where σ is given.
        mutation_std: σ in parameter units, or None where λ is given; both are accepted only where they agree.
        beta: β in (0, ∞], in units of inverse loss.
        rule: "metropolis" or "barker", for which σ = √(4λα/β) at finite β.

    Returns:
        A ``Clock``.

    Raises:
        ValueError: if neither or two contradicting ones are given, or a number is not positive.

    Example:
        >>> clock = resolve_clock(1e-5, 1.0, None, float("inf"))
        >>> round(clock.mutation_std / clock.step_time, 3)                                              # √(2π)
        2.507

    Reference: Whitelam et al. (2021), eqs. 14 and 17; theory/README.md, "Definitions".
    """
    alpha = check_positive("learning_rate", learning_rate)
    beta = check_beta(beta)
    if step_ratio is None:
        if mutation_std is None:
            raise ValueError("give step_ratio (lambda) or mutation_std (sigma): with learning_rate they fix the clock")
        step_ratio = matched_step_ratio(learning_rate=alpha, mutation_std=mutation_std, beta=beta, rule=rule)
    step_ratio = check_positive("step_ratio", step_ratio)
    matched = matched_mutation_std(learning_rate=alpha, step_ratio=step_ratio, beta=beta, rule=rule)
    if mutation_std is not None and not math.isclose(
        check_positive("mutation_std", mutation_std), matched, rel_tol=SAME
    ):
        raise ValueError(
            f"step_ratio {step_ratio} with learning_rate {alpha} needs mutation_std {matched:.6g}, got {mutation_std}:"
            " give only one of them"
        )
    return Clock(matched, beta, alpha, step_ratio)


def fitted_clock(clock: Clock, record_every: float, rule: str = "metropolis") -> Clock:
    """The nearest clock of which ``record_every`` is a whole number of mutation steps, with a warning that names it."""
    ideal = check_positive("record_every", record_every) / clock.step_time
    if ideal < SHORTEST:
        raise ValueError(
            f"record_every {record_every:g} is {ideal:.3g} mutation steps of mutation_std {clock.mutation_std:g}, which"
            f" take {clock.step_time:.6g} each, expected 1 or more: choose a longer record_every or a smaller"
            " mutation_std"
        )
    count = _easily_divided(ideal) if ideal > 1 else 1
    if math.isclose(ideal, count, rel_tol=WHOLE):
        return clock
    step_time = record_every / count
    fitted = resolve_clock(clock.learning_rate, step_time / clock.learning_rate, None, clock.beta, rule)
    if not math.isclose(fitted.mutation_std, clock.mutation_std, rel_tol=SAME):
        warn(
            f"mutation_std {clock.mutation_std:g} makes record_every {record_every:g} = {ideal:.6g} steps, expected a"
            f" whole number: mutation_std {fitted.mutation_std:.8g} (step_ratio {fitted.step_ratio:.8g}) is taken;"
            " of a tree of them this is the largest, and the others are scaled alike",
            stacklevel=3,
        )
    return fitted


def recorded_steps(times: np.ndarray, step_time: float, what: str) -> list[int]:
    """The step numbers of equally spaced recorded times: multiples of one count, however far they go.

    Warns where that count has no divisor near 1000: kept activations are rebuilt at whole divisors of it.

    Raises:
        ValueError: if the spacing is not a whole number of steps.
    """
    every = float(times[1])
    count = whole_steps(every, step_time, what)
    if count == 0:
        raise ValueError(f"{what}: record_every {every:g} is shorter than one step of {step_time:g}")
    if not math.isclose(every / step_time, count, rel_tol=WHOLE):
        count = _easily_divided(every / step_time)
    refresh = default_refresh([count])
    if refresh < min(count, RARELY):
        warn(
            f"record_every {every:g} is {count} steps ({what}), whose largest divisor below 1000 is {refresh}: what is"
            f" kept between steps is rebuilt every {refresh}, expected {RARELY} or more, which costs time; choose a"
            " record_every that is a round number of steps",
            stacklevel=3,
        )
    return [count * number for number in range(len(times))]


def _easily_divided(ideal: float) -> int:
    """The whole number within ``SAME`` of this one that has the largest divisor up to 1000; else the nearest."""
    reach = min(SAME * ideal, WINDOW)
    near = range(math.ceil(ideal - reach), math.floor(ideal + reach) + 1)
    return max(near, key=lambda count: (default_refresh([count]), -abs(count - ideal)), default=round(ideal))


def reference_std(mutation_std: Any) -> float | None:
    """The σ that the clock stands for: the number itself, or the largest σ_i of a tree."""
    if mutation_std is None or not is_tree(mutation_std):
        return mutation_std
    return max(float(np.max(leaf, initial=0.0)) for leaf in jax.tree.leaves(mutation_std))


def walk_std(mutation_std: Any, clock: Clock, *, fitted: bool) -> Any:
    """σ of the mutations: that of the clock; of a tree, the σ_i with the largest moved to it where it was fitted."""
    if not is_tree(mutation_std):
        return clock.mutation_std
    largest = reference_std(mutation_std) if fitted else None
    factor = 1.0 if largest is None else clock.mutation_std / largest
    if math.isclose(factor, 1, rel_tol=WHOLE):
        return mutation_std
    return jax.tree.map(lambda std: factor * np.asarray(std, float), mutation_std)


def is_tree(mutation_std: Any) -> bool:
    """Whether σ is a tree of σ_i rather than one number."""
    return mutation_std is not None and not (jax.tree_util.all_leaves([mutation_std]) and np.ndim(mutation_std) == 0)


def recorded_times(end_time: float, record_every: float) -> np.ndarray:
    """0, record_every, ..., end_time."""
    end_time, record_every = check_positive("end_time", end_time), check_positive("record_every", record_every)
    if record_every > end_time * (1 + SAME):
        raise ValueError(f"record_every {record_every:g} is longer than end_time {end_time:g}, expected at most that")
    count = whole_steps(end_time, record_every, "end_time in units of record_every")
    return record_every * np.arange(count + 1)  # each time is the same whatever the last one
