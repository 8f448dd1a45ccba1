"""Noise-free gradient descent, plain and normalized."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from .._checks import check_positive
from .._keys import Stream
from .._precision import between, moved_by, wide
from .._types import VALUE_AND_GRADIENT, Dynamics, Info, Params, Scalar, State

Schedule = Callable[[jax.Array], Any]  # as optax types its own


def descent(
    loss: Callable[[Params], Scalar], *, learning_rate: float | Schedule, normalized: bool = False, scale: Any = None
) -> Dynamics:
    """Gradient descent, x ← x - α ∇U, or normalized ("clipped" in the paper), x ← x - α ∇U/|∇U|.

    The normalized form always divides by the norm over all parameters (unlike ``optax.clip_by_global_norm``); a zero
    gradient leaves x where it is. With a scale r_i, that of mutations of size r_i σ: x ← x - α r (r ∇U) or
    x ← x - α r (r ∇U)/|r ∇U|, componentwise products.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        learning_rate: α > 0, common time per step; or a schedule ``step number -> α``. Its step number is an int32 that
            stays at 2^31 - 1 from there on (int64 where JAX runs in double precision).
        normalized: divide the gradient by its norm.
        scale: r, a pytree like the parameters whose leaves broadcast to theirs; 0 freezes; None for 1 everywhere.

    Returns:
        A ``Dynamics``; its ``Info.accepted`` is always True and its key is not used. A step costs 3 ``evaluations``.

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
        weighed = _times(scale, gradient)
        direction = _times(scale, unit(weighed) if normalized else weighed)
        return jax.tree.map(lambda g: scaled(-rate(count), g), direction)

    facts = {"dynamics": "descent", "gradient": True, "normalized": normalized, **numbers(learning_rate=learning_rate)}
    return gradient_dynamics(loss, lambda key, params: (), displace, Stream.CUSTOM)._replace(facts=facts)


def gradient_dynamics(
    loss: Callable[[Params], Scalar],
    draw: Callable[[jax.Array, Params], Any],
    displace: Callable[[Any, jax.Array, Params, Any], Params],
    stream: int,
    measure: Callable[[Params], Any] = lambda params: (),
) -> Dynamics:
    """A dynamics that always moves by ``displace(draw(key, position), step number, gradient, measured)``.

    ``measured`` is what ``measure(position)`` gave at the last refresh; it is kept in the tape, beside the gradient at
    the position. The step number is what is remembered.
    """
    evaluate = jax.value_and_grad(loss)

    def start(params: Params, count: jax.Array) -> State:
        value, gradient = evaluate(params)
        return State(params, value, count, (gradient, measure(params)))

    def advance(drawn: Any, state: State) -> tuple[State, Info]:
        gradient, measured = state.tape
        moved = moved_by(state.position, displace(drawn, state.aux, gradient, measured))
        value, gradient = evaluate(moved)
        count = optax.safe_increment(state.aux)
        return State(moved, value, count, (gradient, measured)), always_moved(state, moved, value)

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        return advance(draw(key, state.position), state)

    return Dynamics(
        lambda params, key=None: start(params, jnp.zeros((), jnp.result_type(int))),
        step,
        stream,
        lambda state: start(state.position, state.aux),
        (draw, advance),
        loss=loss,
        evaluations=VALUE_AND_GRADIENT,
    )


def always_moved(state: State, moved: Params, loss: Scalar) -> Info:
    """The Info of a step that needs no acceptance."""
    return Info(between(state.position, moved), jnp.ones((), bool), loss - state.loss, jnp.isfinite(loss))


def unit(gradient: Params) -> Params:
    """g/|g| over all parameters together; zero where g is zero. Scaled before squaring: no size is too small."""
    leaves, treedef = jax.tree.flatten(gradient)
    fine = [leaf.astype(wide(leaf.dtype)) for leaf in leaves]
    largest = functools.reduce(jnp.maximum, [jnp.max(jnp.abs(leaf), initial=0) for leaf in fine])
    fine = [leaf / jnp.where(largest == 0, 1, largest).astype(leaf.dtype) for leaf in fine]
    norm = jnp.sqrt(functools.reduce(jnp.add, [jnp.sum(leaf * leaf) for leaf in fine]))
    fine = [leaf / jnp.where(norm == 0, 1, norm).astype(leaf.dtype) for leaf in fine]
    return jax.tree.unflatten(treedef, [x.astype(leaf.dtype) for x, leaf in zip(fine, leaves, strict=True)])


def scaled(factor: jax.Array, leaf: jax.Array) -> jax.Array:
    """factor · leaf, rounded to the leaf's dtype at the end only: a small learning rate is no float16 number."""
    dtype = wide(leaf.dtype)
    return (factor.astype(dtype) * leaf.astype(dtype)).astype(leaf.dtype)


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
