"""Any dynamics on minibatches: a fresh batch in every step, both losses of the step on that batch."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._types import Dynamics, Info, Params, Scalar, State


def minibatch(
    make: Callable[[Any], Dynamics],
    *,
    batch: Callable[[jax.Array], Any],
    loss: Callable[[Params], Scalar],
) -> Dynamics:
    """A dynamics whose loss changes from step to step: draw a batch, take one step on its loss.

    U(x + ε) and U(x) of a mutation, or the gradient of a twin, belong to the same batch within a step. Nothing is kept
    from the step before, so a mutation step costs two evaluations.

    Args:
        make: ``batch -> Dynamics``, for example ``lambda batch: mutation(lambda x: loss(x, batch), mutation_std=0.1)``.
        batch: ``key -> batch``, any pytree of arrays, for example the indices of some data points.
        loss: the loss of all data, recorded but never used in a step.

    Returns:
        A ``Dynamics`` with the stream of what ``make`` gives; ``Info`` is that of the step on its batch, ``State.loss``
        the loss of all data after ``refresh`` (so where ``run`` records) and NaN, not evaluated, in between.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import mutation
        >>> data = jnp.arange(8.0)
        >>> walk = minibatch(lambda rows: mutation(lambda x: jnp.mean((x - data[rows]) ** 2), mutation_std=0.1),
        ...                  batch=lambda key: jax.random.choice(key, 8, (2,)),
        ...                  loss=lambda x: jnp.mean((x - data) ** 2))
        >>> state, info = walk.step(jax.random.key(0), walk.init(jnp.float32(0.0)))
        >>> bool(info.accepted) == bool(info.loss_change <= 0)
        True

    Reference: this project, theory "Other mutations".
    """
    stream = make(jax.eval_shape(batch, jax.random.key(0))).stream

    def init(params: Params) -> State:
        return State(params, loss(params))

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        batch_key, step_key = jax.random.split(key)
        inner = make(batch(batch_key))
        moved, info = inner.step(step_key, inner.init(state.position))
        return State(moved.position, jnp.full_like(state.loss, jnp.nan)), info

    return Dynamics(init, step, stream, lambda state: init(state.position))
