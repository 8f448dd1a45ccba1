"""Any dynamics on minibatches: a fresh batch in every step, both losses of the step on that batch."""

from collections.abc import Callable
from typing import Any

import jax

from .._start import draws_at_start, initial
from .._types import Dynamics, Info, Params, Scalar, State


def minibatch(
    make: Callable[[Any], Dynamics],
    *,
    batch: Callable[[jax.Array], Any],
    loss: Callable[[Params], Scalar],
) -> Dynamics:
    """A dynamics whose loss changes from step to step: draw a batch, take one step on its loss.

    U(x + ε) and U(x) of a mutation, or the gradient of a twin, belong to the same batch within a step, so a mutation
    step costs two evaluations of a batch. What a dynamics remembers of its steps (``State.aux``: step count, momentum)
    goes on from batch to batch: on batches that are all data ``minibatch`` takes the steps of the dynamics itself.

    Args:
        make: ``batch -> Dynamics``, for example ``lambda batch: mutation(lambda x: loss(x, batch), mutation_std=0.1)``.
        batch: ``key -> batch``, any pytree of arrays, for example the indices of some data points.
        loss: the loss of all data, recorded but never used in a step.

    Returns:
        A ``Dynamics`` with the stream and the facts of what ``make`` gives; ``Info`` is that of the step on its batch,
        ``State.loss`` the loss of all data after ``refresh`` (so where ``run`` records) and in between the loss of the
        last step's batch. Its ``evaluations`` are those of a batch, one more a step than of the dynamics itself
        (a dynamics of several places: ``_replace(evaluations=...)``).

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

    Reference: theory/README.md, "Other mutations".
    """
    sample = make(batch(jax.random.key(0)))

    def init(params: Params, key: Any = None) -> State:
        return State(params, loss(params), initial(sample, params, key).aux)

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        batch_key, step_key = jax.random.split(key)
        inner = make(batch(batch_key))
        begun = initial(inner, state.position, step_key)._replace(aux=state.aux)
        if draws_at_start(inner, state.position):  # what it drew at its start is in aux: the new draws leave no trace
            begun = inner.refresh(begun)
        moved, info = inner.step(step_key, begun)
        return State(moved.position, moved.loss.astype(state.loss.dtype), moved.aux), info

    return Dynamics(
        init,
        step,
        sample.stream,
        lambda state: state._replace(loss=loss(state.position)),
        loss=loss,
        accept=sample.accept,
        facts={**sample.facts, "on": "minibatches"},
        keeps_loss=False,
        evaluations=sample.evaluations + 1,  # U at the position again, on this batch
        symmetric=sample.symmetric,
    )
