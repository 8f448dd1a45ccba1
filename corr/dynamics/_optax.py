"""Any optax transformation as a gradient side."""

import inspect
from collections.abc import Callable
from typing import Any

import jax
import optax

from .._keys import Stream
from .._precision import moved_by
from .._types import VALUE_AND_GRADIENT, Dynamics, Info, Params, Scalar, State
from ._descent import always_moved

SEARCHED = frozenset({"value", "grad", "value_fn"})


def from_optax(loss: Callable[[Params], Scalar], transformation: optax.GradientTransformation) -> Dynamics:
    """An optax transformation as a ``Dynamics``, x ← x + update(∇U).

    Those that ask for more are given it: a line search (``optax.lbfgs``) value, gradient and U, sharpness-aware descent
    (``optax.contrib.sam`` in opaque mode) gradients elsewhere. Noise that a transformation draws from a key of its own
    (``optax.add_noise``, ``optax.noisy_sgd``) is the same in every trajectory; use ``langevin`` for noisy descent.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        transformation: any ``optax.GradientTransformation``.

    Returns:
        A ``Dynamics``; its ``Info.accepted`` is always True and its key is not used. A step costs 3 ``evaluations``, to
        which those that a transformation makes by itself are yours to add: ``_replace(evaluations=...)``.

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
    asked, slope = _asked(transformation), lambda params, _: jax.grad(loss)(params)

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
            given = {"value": state.loss, "grad": state.tape, "value_fn": loss, "grad_fn": slope}
            more = {name: one for name, one in given.items() if name in asked}
            update, memory = transformation.update(state.tape, state.aux, state.position, **more)
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


def _asked(transformation: optax.GradientTransformation) -> frozenset[str]:
    """What its update takes by name, beside gradients, state and parameters."""
    if not isinstance(transformation, optax.GradientTransformationExtraArgs):
        return frozenset()
    found = inspect.signature(transformation.update).parameters
    passed_on = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in found.values())
    # A line search refuses what its own U does not take, so the gradient anywhere goes to none but who names it.
    return frozenset(found) | (SEARCHED if passed_on else frozenset())
