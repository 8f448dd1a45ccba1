"""Noise-free gradient descent, plain and normalized."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._clock import check_positive
from .._keys import Stream
from .._types import Dynamics, Info, Params, Scalar, State

Schedule = Callable[[jax.Array], jax.Array]


def descent(
    loss: Callable[[Params], Scalar], *, learning_rate: float | Schedule, normalized: bool = False, scale: Any = None
) -> Dynamics:
    """Gradient descent, x ← x - α ∇U, or normalized ("clipped" in the paper), x ← x - α ∇U/|∇U|.

    The normalized form always divides by the norm over all parameters (unlike ``optax.clip_by_global_norm``); a zero
    gradient leaves x where it is. With a scale r_i, that of mutations of size r_i σ: x ← x - α r (r ∇U) or
    x ← x - α r (r ∇U)/|r ∇U|, componentwise products.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        learning_rate: α > 0, common time per step; or a schedule ``step number -> α``.
        normalized: divide the gradient by its norm.
        scale: r, a pytree like the parameters whose leaves broadcast to theirs; 0 freezes; None for 1 everywhere.

    Returns:
        A ``Dynamics``; its ``Info.accepted`` is always True and its key is not used.

    Raises:
        ValueError: if α is not positive and finite.

    Example:
        >>> side = descent(lambda x: jnp.sum(x**2) / 2, learning_rate=0.1)
        >>> state, info = side.step(jax.random.key(0), side.init(jnp.ones(1)))
        >>> round(float(state.position[0]), 6)
        0.9

    Reference: Whitelam et al. (2021), eqs. 11 (plain), 12 (normalized) and 57 (scale).
    """
    rate = as_schedule("learning_rate", learning_rate)

    def displace(drawn: tuple[()], count: jax.Array, gradient: Params, measured: tuple[()]) -> Params:
        del drawn, measured
        scaled = _times(scale, gradient)
        direction = _times(scale, unit(scaled) if normalized else scaled)
        return jax.tree.map(lambda g: -rate(count).astype(g.dtype) * g, direction)

    facts = {"dynamics": "descent", "normalized": normalized, **numbers(learning_rate=learning_rate)}
    return gradient_dynamics(loss, lambda key, params: (), displace, Stream.CUSTOM)._replace(facts=facts)


def gradient_dynamics(
    loss: Callable[[Params], Scalar],
    draw: Callable[[jax.Array, Params], Any],
    displace: Callable[[Any, jax.Array, Params, Any], Params],
    stream: int,
    measure: Callable[[Params], Any] = lambda params: (),
) -> Dynamics:
    """A dynamics that always moves by ``displace(draw(key, position), step number, gradient, measured)``.

    ``measured`` is what ``measure(position)`` gave at the last refresh; it is kept as the tape.
    """
    evaluate = jax.value_and_grad(loss)

    def init(params: Params) -> State:
        value, gradient = evaluate(params)
        return State(params, value, (jnp.zeros((), jnp.int32), gradient), measure(params))

    def refresh(state: State) -> State:
        return state._replace(tape=measure(state.position))

    def advance(drawn: Any, state: State) -> tuple[State, Info]:
        count, gradient = state.aux
        moved = jax.tree.map(jnp.add, state.position, displace(drawn, count, gradient, state.tape))
        value, gradient = evaluate(moved)
        return State(moved, value, (count + 1, gradient), state.tape), always_moved(state, moved, value)

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        return advance(draw(key, state.position), state)

    return Dynamics(init, step, stream, refresh, (draw, advance), loss=loss)


def always_moved(state: State, moved: Params, loss: Scalar) -> Info:
    """The Info of a step that needs no acceptance."""
    displacement = jax.tree.map(jnp.subtract, moved, state.position)
    return Info(displacement, jnp.ones((), bool), loss - state.loss, jnp.isfinite(loss))


def unit(gradient: Params) -> Params:
    """g/|g| over all parameters together; zero where g is zero."""
    squares = [jnp.sum(leaf * leaf) for leaf in jax.tree.leaves(gradient)]
    norm = jnp.sqrt(sum(squares[1:], squares[0]))
    scale = jnp.where(norm > 0, 1 / jnp.where(norm > 0, norm, 1), 0)
    return jax.tree.map(lambda leaf: leaf * scale.astype(leaf.dtype), gradient)


def _times(scale: Any, gradient: Params) -> Params:
    return gradient if scale is None else jax.tree.map(lambda r, g: jnp.asarray(r, g.dtype) * g, scale, gradient)


def numbers(**values: Any) -> dict[str, Any]:
    """Those values that are numbers, not schedules; a schedule is part of the step's program."""
    return {name: value for name, value in values.items() if not callable(value)}


def as_schedule(name: str, value: Any) -> Schedule:
    """A constant or a schedule as a function of the step number."""
    if callable(value):
        return lambda count: jnp.asarray(value(count))
    constant = check_positive(name, value)
    return lambda count: jnp.asarray(constant, jnp.result_type(float))
