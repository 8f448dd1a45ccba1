"""The contract both sides of the comparison share."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import xarray

from ._keys import Stream

Params = Any
Key = jax.Array
Scalar = jax.Array

VALUE_AND_GRADIENT = 3  # in evaluations of the loss; see ``Dynamics.evaluations``


class State(NamedTuple):
    """What a dynamics needs for its next step.

    Attributes:
        position: all parameters x, any pytree of floating-point arrays.
        loss: U(x), scalar, in the loss's own units.
        aux: private to the dynamics, what it remembers of its steps and its start (an optimizer's state, a step count,
            a population); arrays, saved in checkpoints.
        tape: a cache that ``Dynamics.refresh`` can rebuild from the position (a gradient, activations); never stored.
            What depends on the loss belongs here, not into ``aux``: on minibatches the loss changes at every step.
    """

    position: Params
    loss: Scalar
    aux: Any = ()
    tape: Any = ()


class Spent(NamedTuple):
    """Kept in ``State.aux`` by a dynamics whose steps cost different numbers of evaluations (a line search).

    Attributes:
        memory: what else it remembers.
        evaluations: those so far beyond ``Dynamics.evaluations`` a step, scalar.
    """

    memory: Any
    evaluations: Scalar


def spent(aux: Any) -> Any:
    """Evaluations so far beyond those that every step costs, None where all steps cost the same."""
    leaves = jax.tree.leaves(aux, is_leaf=lambda one: isinstance(one, Spent))
    return next((one.evaluations for one in leaves if isinstance(one, Spent)), None)


class Info(NamedTuple):
    """What happened in one step, whether or not it was accepted.

    Attributes:
        displacement: the proposed displacement ε (like ``position``), also when rejected.
        accepted: True where the state moved by ``displacement``.
        loss_change: U(x + ε) - U(x) of the proposal, scalar. Mutation gives the exact change, gradient sides the
            difference of two evaluations.
        finite: whether the proposal's loss is finite.
    """

    displacement: Params
    accepted: jax.Array
    loss_change: Scalar
    finite: jax.Array


def _same_state(state: State) -> State:
    return state


def _no_shortcut(params: Params) -> None:
    del params


class Dynamics(NamedTuple):
    """A pair of pure functions: ``init(params, key) -> State`` and ``step(key, state) -> (State, Info)``.

    Attributes:
        init: builds the state at a start position. What it draws, a population for example, all comes from ``key``, of
            which every trajectory has its own (``corr._start.start_key``; no step has the same), and stays in ``aux``.
            An init that draws nothing may leave ``key`` out.
        step: one step; safe under ``vmap``, ``scan`` and ``jit``. All randomness comes from ``key``.
        stream: integer tag that keeps the random numbers of different uses apart under one root key.
        refresh: rebuilds ``state.loss`` and ``state.tape`` from ``state.position``.
        halves: optionally the same step cut in two, ``(draw, advance)`` with
            ``step(key, state) == advance(draw(key, state.position), state)``; ``draw`` may use only the shapes and
            dtypes of the position, so that a driver can draw the numbers of many steps at once.
        shortcut: ``shortcut(params)`` gives a cheaper form of the same dynamics, with the same random numbers, that
            reports as not finite every step it does not cover, or None. A driver replays those steps by ``step``.
        loss: U, where all steps are on one loss; what a driver checks and fingerprints.
        accept: ``accept(loss change, uniform) -> accepted`` where steps are accepted or rejected; None where every step
            moves.
        facts: the numbers that fix the dynamics, by name: plain numbers, texts and arrays; ``gradient`` is True where
            it follows the gradient of the loss, which a run then looks at, and ``most_steps`` for how many it has room.
        keeps_loss: whether every step leaves U at the new position in ``State.loss``; where not, only ``refresh`` does.
        evaluations: evaluations of the loss that one step costs, the common currency of schemes that have no common
            time. The exact change of the loss counts as 1; value and gradient by reverse mode as 3, since the backward
            pass multiplies by every matrix twice, for its input and for its entries, where the loss does so once. What
            is evaluated at rebuilds, records and checks is not counted; what only some steps cost is ``Spent`` in aux.
        symmetric: whether proposals have mean zero whatever the state, so that their covariance with the decision is
            the drift (``atlas.displacements``).
    """

    init: Callable[..., State]
    step: Callable[[Key, State], tuple[State, Info]]
    stream: int = Stream.CUSTOM
    refresh: Callable[[State], State] = _same_state
    halves: tuple[Callable[..., Any], Callable[..., Any]] | None = None
    shortcut: Callable[[Params], "Dynamics | None"] = _no_shortcut
    loss: Callable[[Params], Scalar] | None = None
    accept: Callable[[Any, Any], Any] | None = None
    facts: Mapping[str, Any] = MappingProxyType({})
    keeps_loss: bool = True
    evaluations: float = 1
    symmetric: bool = False


class Objective(NamedTuple):
    """A loss U and its exact change.

    Attributes:
        value: ``value(params) -> U(x)``.
        start: ``start(params) -> (U(x), tape)``.
        change: ``change(tape, displacement) -> (U(x + ε) - U(x), new_tape)``, accurate for any ε.
        shortcut: whether there is a cheaper form of ``change`` at these parameters.
    """

    value: Callable[[Params], Scalar]
    start: Callable[[Params], tuple[Scalar, Any]]
    change: Callable[[Any, Params], tuple[Scalar, Any]]
    shortcut: Callable[[Params], bool] = lambda params: False


class Comparison(NamedTuple):
    """Three Datasets on the same recorded times: the mutation ensemble, the twin ensemble, noise-free descent."""

    mutation: xarray.Dataset
    twin: xarray.Dataset
    descent: xarray.Dataset
