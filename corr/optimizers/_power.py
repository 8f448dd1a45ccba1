"""The power gradient sign(g)|g|^H in front of the usual optimizers (Baiesi, arXiv:1906.04787)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from .._checks import real_number

Exponent = float | Callable[[Any], Any]


def scale_by_power(exponent: Exponent) -> optax.GradientTransformation:
    """Each component of the gradient to the power H with its sign, g_i → sign(g_i)|g_i|^H.

    Scaling the loss by c scales it by c^H, so that a learning rate means something else at each H: compare at equal
    first steps. Zero stays zero, and so does its derivative.

    Args:
        exponent: H in (0, 1], or a schedule ``step number -> H``.

    Returns:
        A ``GradientTransformation``; its state is the step number.

    Raises:
        ValueError: if H is out of range, a schedule's at step 0, 1, 2, 4, ... or 2^30.
        TypeError: if H is neither a number nor a schedule.

    Example:
        >>> rule = scale_by_power(0.5)
        >>> rule.update(jnp.array([4.0, -0.25, 0.0]), rule.init(jnp.zeros(3)))[0].tolist()
        [2.0, -0.5, 0.0]

    Reference: Baiesi, arXiv:1906.04787; theory/README.md, "Heavy tails".
    """
    if callable(exponent):
        for step in (0, *(2**power for power in range(31))):
            _check_range(float(exponent(step)), f" at step {step}")
    else:
        _check_range(real_number("exponent", exponent))

    def init(params: optax.Params) -> optax.ScaleByScheduleState:
        del params
        return optax.ScaleByScheduleState(count=jnp.zeros([], jnp.int32))

    def update(updates: optax.Updates, state: Any, params: optax.Params | None = None) -> tuple[optax.Updates, Any]:
        del params
        power = exponent(state.count) if callable(exponent) else exponent
        raised = jax.tree.map(lambda leaf: _raised(leaf, power), updates)
        return raised, optax.ScaleByScheduleState(count=optax.safe_increment(state.count))

    return optax.GradientTransformation(init, update)


def _raised(leaf: jax.Array, power: Any) -> jax.Array:
    # |g|^H has no derivative at 0: what differentiates through an optimizer must not meet it.
    size = jnp.where(leaf == 0, 1, jnp.abs(leaf))
    return jnp.where(leaf == 0, 0, jnp.sign(leaf) * size ** jnp.asarray(power, leaf.dtype))


def _check_range(value: float, at: str = "") -> None:
    if not 0 < value <= 1:
        raise ValueError(
            f"exponent (H) must lie in (0, 1], got {value}{at}: 1 is the gradient, its sign is optax.sign_sgd"
        )


def power_sgd(
    learning_rate: optax.ScalarOrSchedule, exponent: Exponent, momentum: float | None = None, nesterov: bool = False
) -> optax.GradientTransformation:
    """Power gradient descent x ← x - η sign(g)|g|^H, with momentum or Nesterov's if asked for.

    At a fixed η < 1 it ends in a cycle about a minimum (``theory.power.cycle_amplitude``): let η decay. optax's
    Nesterov keeps the point that looks ahead.

    Args:
        learning_rate: η, or a schedule.
        exponent: H in (0, 1], or a schedule.
        momentum: in [0, 1), None for none.
        nesterov: whether it looks ahead.

    Returns:
        A ``GradientTransformation``.

    Raises:
        ValueError: if H is out of range.

    Example:
        >>> rule = power_sgd(0.1, 0.5)
        >>> round(float(rule.update(jnp.array([4.0]), rule.init(jnp.zeros(1)))[0][0]), 3)
        -0.2

    Reference: Baiesi, arXiv:1906.04787.
    """
    return optax.chain(scale_by_power(exponent), optax.sgd(learning_rate, momentum, nesterov))


def power_amsgrad(
    learning_rate: optax.ScalarOrSchedule, exponent: Exponent, **options: Any
) -> optax.GradientTransformation:
    """AMSGrad on sign(g)|g|^H.

    Args:
        learning_rate: η, or a schedule.
        exponent: H in (0, 1], or a schedule.
        options: of ``optax.amsgrad``.

    Returns:
        A ``GradientTransformation``.

    Raises:
        ValueError: if H is out of range.

    Example:
        >>> from corr import from_optax
        >>> side = from_optax(lambda x: 4 * jnp.sum(x), power_amsgrad(0.1, 0.5))
        >>> round(float(side.step(jax.random.key(0), side.init(jnp.zeros(1)))[0].position[0]), 3)
        -0.1

    Reference: Baiesi, arXiv:1906.04787.
    """
    return optax.chain(scale_by_power(exponent), optax.amsgrad(learning_rate, **options))


def power_adam(
    learning_rate: optax.ScalarOrSchedule, exponent: Exponent, **options: Any
) -> optax.GradientTransformation:
    """Adam on sign(g)|g|^H: with a schedule for H, first reading of the paper's Adam with varying H.

    The abstract alone is known, so that this is a reconstruction; ``two_power_adam`` is the other reading.

    Args:
        learning_rate: η, or a schedule.
        exponent: H in (0, 1], or a schedule such as ``optax.linear_schedule(1.0, 0.5, 1000)``.
        options: of ``optax.adam``.

    Returns:
        A ``GradientTransformation``.

    Raises:
        ValueError: if H is out of range.

    Example:
        >>> from corr import from_optax
        >>> side = from_optax(lambda x: 4 * jnp.sum(x), power_adam(0.1, optax.linear_schedule(1.0, 0.5, 1000)))
        >>> round(float(side.step(jax.random.key(0), side.init(jnp.zeros(1)))[0].position[0]), 3)
        -0.1

    Reference: Baiesi, arXiv:1906.04787, reconstructed from its abstract.
    """
    return optax.chain(scale_by_power(exponent), optax.adam(learning_rate, **options))


def two_power_adam(
    learning_rate: optax.ScalarOrSchedule,
    numerator: Exponent,
    denominator: Exponent,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> optax.GradientTransformation:
    """Adam whose mean is of sign(g)|g|^H and whose size is of sign(g)|g|^K, x ← x - η m/(√s + ε): second reading.

    The abstract alone is known, so that this is a reconstruction; ``power_adam`` is the other reading.

    Args:
        learning_rate: η, or a schedule.
        numerator: H in (0, 1], or a schedule.
        denominator: K likewise; H = K is ``power_adam``.
        b1, b2: decay of m and of s, in [0, 1).
        eps: ε, in units of g^K.

    Returns:
        A ``GradientTransformation``.

    Raises:
        ValueError: if H or K is out of range.

    Example:
        >>> from corr import from_optax
        >>> side = from_optax(lambda x: 4 * jnp.sum(x), two_power_adam(0.1, 1.0, 0.5))
        >>> round(float(side.step(jax.random.key(0), side.init(jnp.zeros(1)))[0].position[0]), 3)
        -0.2

    Reference: Baiesi, arXiv:1906.04787, reconstructed from its abstract.
    """
    top = optax.chain(scale_by_power(numerator), optax.ema(b1, debias=True))
    square = optax.stateless(lambda updates, params: jax.tree.map(jnp.square, updates))
    bottom = optax.chain(scale_by_power(denominator), square, optax.ema(b2, debias=True))

    def init(params: optax.Params) -> tuple[Any, Any]:
        return top.init(params), bottom.init(params)

    def update(updates: optax.Updates, state: Any, params: optax.Params | None = None) -> tuple[optax.Updates, Any]:
        mean, above = top.update(updates, state[0], params)
        size, below = bottom.update(updates, state[1], params)
        return jax.tree.map(lambda m, s: m / (jnp.sqrt(s) + eps), mean, size), (above, below)

    return optax.chain(optax.GradientTransformation(init, update), optax.scale_by_learning_rate(learning_rate))
