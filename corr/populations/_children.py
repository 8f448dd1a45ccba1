"""What the schemes of one parent share: its children with the exact change of their loss, and a step of the parent."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .._keys import Stream
from .._objective import objective
from .._precision import between, moved_by, wide
from .._types import Dynamics, Info, Objective, Params, Scalar, State
from ..difference._sums import tree_sum
from ..proposals import Proposal
from ..proposals._law import check_draw


class Mutants(NamedTuple):
    """Children of one parent.

    Attributes:
        displacements: child less parent after rounding, leaves (n, ...).
        changes: U(child) - U(parent), (n,); ∞ where it is not finite, so that such a child is last.
        tapes: their kept activations, leaves (n, ...).
    """

    displacements: Params
    changes: jax.Array
    tapes: Any


def mutants(split: Objective, state: State, displacements: Params) -> Mutants:
    """Children displaced by so much, leaves (n, ...), rounded to the parameters' dtype before they are looked at."""
    rounded = jax.vmap(lambda move: between(state.position, moved_by(state.position, move)))(displacements)
    changes, tapes = jax.vmap(lambda move: split.change(state.tape, move))(rounded)
    return Mutants(rounded, jnp.where(jnp.isfinite(changes), changes, jnp.inf), tapes)


def mutations(law: Proposal, key: jax.Array, params: Params, count: int) -> Params:
    """``count`` independent draws of a proposal, leaves (n, ...)."""
    return jax.vmap(lambda one: law.draw(one, params))(jax.random.split(key, count))


def bounded(law: Proposal, params: Params) -> float:
    """A number that no component of a draw exceeds in size."""
    return law.bound(jnp.result_type(*jax.tree.leaves(params)))


def ranks(changes: jax.Array) -> jax.Array:
    """Places (n,), 0 for the lowest loss; equal losses keep their order."""
    return jnp.argsort(jnp.argsort(changes, stable=True), stable=True)


def weighted(weights: jax.Array, displacements: Params) -> Params:
    """Σ w_i ε_i leaf by leaf, by a fixed halving tree: its bits do not depend on what runs beside it."""

    def total(leaf: jax.Array) -> jax.Array:
        kind = wide(leaf.dtype)
        factors = weights.astype(kind).reshape(-1, *(1 for _ in leaf.shape[1:]))
        # A weight of zero leaves out a child whatever it is.
        return tree_sum(jnp.where(factors == 0, 0, factors * leaf.astype(kind)), (0,))

    return jax.tree.map(total, displacements)


def moved(split: Objective, state: State, displacement: Params, aux: Any = ()) -> tuple[State, Info]:
    """The parent moved by so much, with the loss and the tape there; where that loss is not finite all stays."""
    position = moved_by(state.position, displacement)
    step = between(state.position, position)
    change, tape = split.change(state.tape, step)
    finite = jnp.isfinite(change)
    new = State(position, state.loss + change, aux, tape)
    return picked(finite, new, state), Info(step, finite, change, finite)


def picked(taken: jax.Array, new: State, old: State) -> State:
    """The new state where it is taken, else the old one."""
    return jax.tree.map(lambda ahead, back: jnp.where(taken, ahead, back), new, old)


def one_parent(
    loss: Callable[[Params], Scalar],
    generation: Callable[[Objective, jax.Array, State], tuple[State, Info]],
    *,
    law: Proposal,
    memory: Callable[[Params], Any] = lambda params: (),
    bound: Callable[[Params], float] = lambda params: math.inf,
    evaluations: float,
    facts: Mapping[str, Any],
    shortens: bool = False,
) -> Dynamics:
    """A scheme that keeps one parent, on the random numbers of populations.

    Args:
        loss: U.
        generation: ``(objective, key, state) -> (state, info)``, one step.
        law: what children are drawn from; checked against the parameters.
        memory: ``params -> aux`` at the start.
        bound: what no component of a displacement exceeds at these parameters.
        evaluations, facts: as in ``Dynamics``.
        shortens: whether a step says that it was not finite where any change that it rests on was not, so that a run
            may try the short form of the exact change first (``Dynamics.shortcut``).
    """

    def made(quick: bool) -> Dynamics:
        def split_at(params: Params) -> Objective:
            return objective(loss, bound=bound(params), shortcut=quick)

        def refresh(state: State) -> State:
            value, tape = split_at(state.position).start(state.position)
            return state._replace(loss=value, tape=tape)

        def init(params: Params, key: Any = None) -> State:
            del key
            check_draw(law, params)
            value, tape = split_at(params).start(params)
            return State(params, value, memory(params), tape)

        def step(key: jax.Array, state: State) -> tuple[State, Info]:
            return generation(split_at(state.position), key, state)

        def shortcut(params: Params) -> Dynamics | None:
            return made(True) if shortens and split_at(params).shortcut(params) else None

        return Dynamics(
            init, step, Stream.POPULATION, refresh, shortcut=shortcut, loss=loss, facts=facts, evaluations=evaluations
        )

    return made(False)
