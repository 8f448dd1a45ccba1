"""Mutation whose two losses are evaluated on two batches: what they differ by is noise, and noise is temperature."""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._accept import Rule, acceptance, rule_text, uniform_number
from .._keys import Stream, proposal_and_decision
from .._objective import objective
from .._precision import between, moved_by
from .._types import Dynamics, Info, Params, Scalar, State
from ..proposals import normal
from ..proposals._law import check_draw


def two_batches(
    loss_on: Callable[[Params, Any], Scalar],
    *,
    batch: Callable[[jax.Array], Any],
    loss: Callable[[Params], Scalar],
    mutation_std: Any,
    beta: float = math.inf,
    rule: str | Rule = "metropolis",
) -> Dynamics:
    """Mutation accepted on U_b'(x + ε) - U_b(x) with two batches or masks b, b' drawn independently in every step.

    Where the losses at x differ by a normal number of variance τ², its drift is that of ``noisy(tau)``. On one batch
    for both losses, ``minibatch``, that number drops out.

    Args:
        loss_on: ``(params, batch) -> scalar``.
        batch: ``key -> batch``, any pytree of arrays, for example indices of data points or a dropout mask.
        loss: the loss of all data, recorded but never used in a step.
        mutation_std, beta, rule: as in ``mutation``.

    Returns:
        A ``Dynamics``; ``Info.loss_change`` is what decided, noise included. U_b' of the change is exact, the noise
        U_b'(x) - U_b(x) a difference of two losses. A step costs 3 ``evaluations`` of a batch.

    Raises:
        ValueError: if σ or β is out of range or the rule is unknown.

    Example:
        >>> data = jnp.arange(8.0)
        >>> walk = two_batches(lambda x, rows: jnp.mean((x - data[rows]) ** 2), mutation_std=0.1,
        ...                    batch=lambda key: jax.random.choice(key, 8, (2,)),
        ...                    loss=lambda x: jnp.mean((x - data) ** 2))
        >>> state, info = walk.step(jax.random.key(0), walk.init(jnp.float32(0.0)))
        >>> bool(info.accepted) == bool(info.loss_change <= 0)
        True

    Reference: theory/README.md, "Noisy evaluations".
    """
    law, accept = normal(mutation_std), acceptance(rule, beta)

    def init(params: Params, key: Any = None) -> State:
        del key
        check_draw(law, params)
        return State(params, loss(params))

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        walk_key, old_key, new_key = jax.random.split(key, 3)
        proposal_key, accept_key = proposal_and_decision(walk_key)
        old, new = batch(old_key), batch(new_key)
        moved = moved_by(state.position, law.draw(proposal_key, state.position))
        displacement = between(state.position, moved)
        split = objective(lambda params: loss_on(params, new))
        here, tape = split.start(state.position)
        change = split.change(tape, displacement)[0] + (here - loss_on(state.position, old))
        accepted = accept(change, uniform_number(accept_key, jnp.result_type(*jax.tree.leaves(state.position))))
        keep = functools.partial(jax.tree.map, lambda ahead, back: jnp.where(accepted, ahead, back))
        return State(keep(moved, state.position), state.loss), Info(
            displacement, accepted, change, jnp.isfinite(change)
        )

    return Dynamics(
        init,
        step,
        Stream.MUTATION,
        lambda state: state._replace(loss=loss(state.position)),
        loss=loss,
        accept=accept,
        facts={"dynamics": "two batches", "mutation_std": mutation_std, "beta": beta, "rule": rule_text(rule)},
        keeps_loss=False,
        evaluations=3,
        symmetric=True,
    )
