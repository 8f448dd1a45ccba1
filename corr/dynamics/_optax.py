"""Any optax transformation as a gradient side."""

from collections.abc import Callable
from typing import Any

import jax
import optax

from .._keys import Stream
from .._precision import moved_by
from .._types import VALUE_AND_GRADIENT, Dynamics, Info, Params, Scalar, State
from ._descent import always_moved


def from_optax(loss: Callable[[Params], Scalar], transformation: optax.GradientTransformation) -> Dynamics:
    """An optax transformation as a ``Dynamics``, x ← x + update(∇U).

    Noise that a transformation draws from a key of its own (``optax.add_noise``, ``optax.noisy_sgd``) is the same in
    every trajectory; use ``langevin`` for noisy descent.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        transformation: any ``optax.GradientTransformation``.

    Returns:
        A ``Dynamics``; its ``Info.accepted`` is always True and its key is not used. A step costs 3 ``evaluations``.

    Raises:
        TypeError: if ``transformation`` has no ``init`` and ``update``.

    Example:
        >>> import jax.numpy as jnp
        >>> side = from_optax(lambda x: jnp.sum(x**2) / 2, optax.sgd(0.1))
        >>> state, info = side.step(jax.random.key(0), side.init(jnp.ones(1)))
        >>> round(float(state.position[0]), 6)
        0.9

    Reference: DeepMind, Optax (2020).
    """
    if not (hasattr(transformation, "init") and hasattr(transformation, "update")):
        raise TypeError(f"expected an optax.GradientTransformation, got {type(transformation).__name__}")
    evaluate = jax.value_and_grad(loss)

    def start(params: Params, memory: Any) -> State:
        value, gradient = evaluate(params)
        return State(params, value, memory, gradient)

    # optax's Adam takes a Python float to the power of an integer array, which strict promotion refuses.
    def begin(params: Params) -> State:
        with jax.numpy_dtype_promotion("standard"):
            memory = transformation.init(params)
        return start(params, memory)

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        del key
        with jax.numpy_dtype_promotion("standard"):
            update, memory = transformation.update(state.tape, state.aux, state.position)
        new = start(moved_by(state.position, update), memory)
        return new, always_moved(state, new.position, new.loss)

    return Dynamics(
        lambda params, key=None: begin(params),
        step,
        Stream.OPTIMIZER,
        lambda state: start(state.position, state.aux),
        loss=loss,
        facts={"dynamics": "optax", "gradient": True},
        evaluations=VALUE_AND_GRADIENT,
    )
