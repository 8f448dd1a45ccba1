"""Annealing in stages: numbers that stay for so many sweeps and then step on."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import check_count, check_positive, real_number


class Stages(NamedTuple):
    """An annealing.

    Attributes:
        beta: ``sweep number -> β``.
        field: ``sweep number -> B``.
        sweeps: of all stages together.
    """

    beta: Callable[[Any], jax.Array]
    field: Callable[[Any], jax.Array]
    sweeps: int


def staged(temperatures: Sequence[float], fields: Sequence[float], *, sweeps: int) -> Stages:
    """One temperature T = 1/β and one field B for every stage of equally many sweeps; the last ones stay.

    Args:
        temperatures: T > 0 of each stage, in the unit of J.
        fields: B of each stage, in the unit of J.
        sweeps: of one stage.

    Returns:
        ``Stages``, for ``sweeps(magnet, move, beta=stages.beta, field=stages.field)``.

    Raises:
        ValueError: if a temperature is not positive, a field not finite, or their numbers differ.

    Example:
        >>> stages = staged([1.0, 0.5], [0.0, 0.0], sweeps=10)
        >>> [float(stages.beta(sweep)) for sweep in (0, 9, 10, 99)], stages.sweeps
        ([1.0, 1.0, 2.0, 2.0], 20)
    """
    count = check_count("sweeps", sweeps)
    if len(temperatures) != len(fields) or not len(fields):
        raise ValueError(f"every stage needs a temperature and a field, got {len(temperatures)} and {len(fields)}")
    betas = 1 / np.array([check_positive("every temperature", one) for one in temperatures])
    strengths = np.array([real_number("every field", one) for one in fields])
    if not np.isfinite(strengths).all():
        raise ValueError(f"every field must be finite, got {fields}")
    return Stages(_steps(betas, count), _steps(strengths, count), count * len(betas))


def published_stages(*, sweeps: int = 10_000) -> Stages:
    """The annealing of a published 3-D code: T from 1.5 to 0.7 by 0.1 at B = 0.16, then B to 0 by 0.005 at T = 0.7.

    Its magnet has J = 1, D = tan(2π/10) and further bonds of J/16 and D/8, which ``Magnet`` has not.

    Args:
        sweeps: of one stage; 10 000 there, and 30 between any two of 1000 to 2000 samples.

    Returns:
        ``Stages``, 41 of them.

    Raises:
        ValueError, TypeError: for a bad number of sweeps.

    Example:
        >>> published_stages(sweeps=10).sweeps
        410

    Reference: Sky-MoCa, github.com/nikikilbertus/Sky-MoCa.
    """
    cooling = np.linspace(1.5, 0.7, 9)
    falling = np.linspace(0.155, 0.0, 32)
    return staged([*cooling, *[0.7] * 32], [*[0.16] * 9, *falling], sweeps=sweeps)


def _steps(values: np.ndarray, sweeps: int) -> Callable[[Any], jax.Array]:
    def at(step: Any) -> jax.Array:
        return jnp.asarray(values, jnp.result_type(float))[jnp.minimum(step // sweeps, len(values) - 1)]

    return at
