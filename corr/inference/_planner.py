"""How many trajectories an equivalence test needs, from a pilot ensemble."""

import numpy as np

from . import _check
from ._error_law import ErrorLaw, error_law, largest_bias, students, welch
from ._loss_equivalence import POWER, loss_sides, reach, relative_skewness
from ._resample import PERMUTATIONS

# Beyond this many trajectories a plan is no plan.
LARGEST = 10**7


def trajectories_needed(
    pilot: np.ndarray,
    margin: np.ndarray,
    *,
    seed: int,
    power: float = POWER,
    level: float = 0.05,
    other_trajectories: int | None = None,
) -> int:
    """Smallest n at which equivalence at all times together is established with the stated power if there is no bias.

    The pilot's law of the error of the mean is scaled by 1/n (by 1/n + 1/m against a twin ensemble of m trajectories
    with the same law), and the tests of ``loss_equivalence`` or ``mean_equivalence`` are applied to it.

    Args:
        pilot: (trajectories, times) of losses, or (trajectories, times, parameters) of weights.
        margin: (times,), in loss units or squared parameter units.
        seed: seed of the bootstrap.
        power: probability with which equivalence shall be established.
        level: level of the equivalence test.
        other_trajectories: size m of the twin ensemble; None for a noise-free curve or path.

    Returns:
        The number of trajectories of the first side.

    Raises:
        ValueError: for a bad pilot or margin, or where no n suffices because the twin ensemble is too small.

    Example:
        >>> losses = np.random.default_rng(0).normal(size=(100, 1))
        >>> 30 < trajectories_needed(losses, np.array([0.5]), seed=0) < 70
        True
    """
    _check.share("level", level, 0.5)
    _check.share("power", power)
    losses = np.ndim(pilot) == 2
    paths = loss_sides(pilot, np.zeros(np.shape(pilot)[1]))[0][..., None] if losses else _check.ensemble("pilot", pilot)
    bounds = _check.margins(margin, paths.shape[1])
    if other_trajectories is not None and other_trajectories < 2:
        raise ValueError(f"other_trajectories must be at least 2, got {other_trajectories}")
    law = error_law([paths], seed, PERMUTATIONS)
    single = relative_skewness(paths[..., 0]) if losses else None

    def enough(count: int) -> bool:
        scaled = _scaled(law, count, other_trajectories)
        if single is None:
            return _mean_power(scaled, bounds, level) >= power
        return _loss_power(scaled, bounds, level, single) >= power

    low, high = 1, 2
    while not enough(high):
        if high > LARGEST:
            raise ValueError(
                f"no number of trajectories up to {LARGEST} establishes equivalence with power {power}: "
                f"widen the margin or enlarge the other ensemble (got {other_trajectories} trajectories)"
            )
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _scaled(law: ErrorLaw, count: int, other: int | None) -> ErrorLaw:
    """The pilot's law of the error for n trajectories, against a twin ensemble or none."""
    sizes = np.array([count] if other is None else [count, other])
    factor = law.sizes[0] * np.sum(1 / sizes)
    shares = np.repeat((1 / sizes / np.sum(1 / sizes))[:, None], len(law.leading), axis=1)
    return law._replace(
        along=law.along * np.sqrt(factor),
        across=law.across * factor,
        leading=law.leading * factor,
        shares=shares,
        sizes=tuple(sizes.tolist()),
    )


def _loss_power(law: ErrorLaw, bounds: np.ndarray, level: float, single: np.ndarray) -> float:
    """Share of resamples in which both one-sided tests reject at every time, from the skewness of one trajectory."""
    inverse = 1 / np.array(law.sizes)
    signed = inverse**2 * np.array([1, -1])[: len(inverse)]
    below, above = reach(welch(law), single * signed.sum() / inverse.sum() ** 1.5, level)
    along, _ = students(law)
    error = np.sqrt(law.leading)
    return float(np.mean(np.all(np.abs(along) < bounds - np.maximum(below, above) * error, axis=1)))


def _mean_power(law: ErrorLaw, bounds: np.ndarray, level: float) -> float:
    """Share of resamples whose unbiased Δ keeps the upper bound below the margin at every time."""
    along, square = students(law)
    seen = np.ones(len(square), bool)
    for t, bound in enumerate(bounds):
        seen &= square[:, t] < _critical(along[:, t], square[:, t], bound, level)
    return float(seen.mean())


def _critical(along: np.ndarray, square: np.ndarray, bound: float, level: float) -> float:
    """Largest unbiased Δ at which equivalence within the bound is still established, -inf if at none."""
    if largest_bias(0.0, along, square, level) >= bound:
        return -np.inf
    low, high = 0.0, bound
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if largest_bias(middle, along, square, level) < bound else (low, middle)
    return low
