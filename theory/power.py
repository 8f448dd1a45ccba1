"""Power gradient descent, dw = -η sign(g)|g|^H dt: what is exact on a parabola."""

import math

import jax
import jax.numpy as jnp


def power_gradient(gradient: jax.Array, exponent: float) -> jax.Array:
    """sign(g)|g|^H component by component, 0 where g is 0.

    Args:
        gradient: g, any shape, loss per parameter unit.
        exponent: H in (0, 1].

    Returns:
        Same shape.

    Raises:
        ValueError: if H is out of range.

    Example:
        >>> power_gradient(jnp.array([4.0, -0.25, 0.0]), 0.5).tolist()
        [2.0, -0.5, 0.0]

    Reference: Baiesi, arXiv:1906.04787.
    """
    check_exponent(exponent)
    return jnp.sign(gradient) * jnp.abs(gradient) ** exponent


def cycle_amplitude(*, learning_rate: float, curvature: float, exponent: float) -> float:
    """On λw²/2 steps of one size end in a cycle of two, w = ±(ηλ^H/2)^{1/(1-H)}; they converge for H = 1 alone.

    Args:
        learning_rate: η.
        curvature: λ > 0.
        exponent: H in (0, 1).

    Returns:
        |w| of the cycle, parameter units.

    Raises:
        ValueError: if H is out of range.

    Example:
        >>> cycle_amplitude(learning_rate=0.1, curvature=4.0, exponent=0.5)
        0.010000000000000002

    Reference: theory/README.md, "Heavy tails".
    """
    check_exponent(exponent, below=1.0)
    return (learning_rate * curvature**exponent / 2) ** (1 / (1 - exponent))


def arrival_time(start: float, *, curvature: float, exponent: float) -> float:
    """On λw²/2 the flow dw/dt = -sign(w)|λw|^H is at 0 after |w|^{1-H}/((1 - H)λ^H), a finite time.

    Args:
        start: w at t = 0.
        curvature: λ > 0.
        exponent: H in (0, 1).

    Returns:
        t, in learning rates times steps.

    Raises:
        ValueError: if H is out of range.

    Example:
        >>> arrival_time(-4.0, curvature=1.0, exponent=0.5)
        4.0

    Reference: theory/README.md, "Heavy tails".
    """
    check_exponent(exponent, below=1.0)
    return abs(start) ** (1 - exponent) / ((1 - exponent) * curvature**exponent)


def check_exponent(exponent: float, below: float = math.inf) -> None:
    """Refuse an exponent H outside (0, 1], or not below a bound.

    Raises:
        ValueError: naming the interval.

    Example:
        >>> check_exponent(0.5)
    """
    if not (0 < exponent <= 1 and exponent < below):
        raise ValueError(f"exponent (H) must lie in (0, 1{']' if math.isinf(below) else ')'}, got {exponent}")
