"""Metropolis on spins: one at a time by checkerboard sweeps, or all at once."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._accept import metropolis, uniform_number
from .._keys import Stream, proposal_and_decision
from .._types import Dynamics, Info, State
from ..dynamics._descent import numbers
from ..dynamics._schedule import along
from ._magnet import Magnet, energy, exact_change, local_field
from ._moves import Move
from ._unit import check_spins

Schedule = Callable[[Any], Any]


def sweeps(magnet: Magnet, move: Move, *, beta: float | Schedule = math.inf, field: Schedule | None = None) -> Dynamics:
    """Single-spin Metropolis: every spin moves once a step, accepted with probability min(1, exp(-β ΔE_i)).

    ΔE_i = -d·h_i - K d_z², h_i the local field. A step goes over one colour of the checkerboard after the other; spins
    of one colour have no bonds with each other.

    Args:
        magnet: the model; the loss is its energy, in its own field B, also where the walk has another.
        move: the symmetric law of new spins.
        beta: β in [0, ∞], in 1/energy, or a schedule ``sweep number -> β > 0``.
        field: schedule ``sweep number -> B`` of the walk; None for the magnet's.

    Returns:
        A ``Dynamics`` whose step is one sweep, ``State.aux`` the sweep number. ``Info`` tells the displacement and the
        change of the energy of the whole sweep, as accepted. A sweep costs 2 ``evaluations``: two local fields.

    Raises:
        ValueError: if β is out of range, a schedule's in one of the steps that are looked at, a periodic size is odd,
            or, at the start, the spins do not fit or are not of length 1.

    Example:
        >>> from corr.spins import Magnet, gaussian_move
        >>> side = sweeps(Magnet((4, 4)), gaussian_move(0.1), beta=2.0)
        >>> up = jnp.zeros((3, 4, 4)).at[2].set(1.0)
        >>> state, info = side.step(jax.random.key(0), side.init(up))
        >>> int(state.aux), bool(state.loss > -32)
        (1, True)

    Reference: Nowak, Chantrell and Kennedy, PRL 84, 163 (2000); Cheng, Jalil, Lee and Okabe, PRL 96, 067208 (2006).
    """
    odd = [size for size in magnet.shape if size % 2]
    if magnet.wraps and odd:
        raise ValueError(
            f"a checkerboard with periodic edges needs even sizes, got {magnet.shape}: take {odd[0] + 1} for {odd[0]},"
            ' or edges="open"'
        )
    if callable(beta):
        along("beta", beta, lambda values: values > 0, "positive at every step (inf means zero temperature)")
    else:
        metropolis(beta)
    if field is not None:
        along("field", field, np.isfinite, "finite")
    even = (np.indices(magnet.shape).sum(axis=0) % 2 == 0)[None]
    begin, refresh = _starts(magnet)

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        spins, change = state.position, jnp.zeros_like(state.loss)
        rate = jnp.asarray(beta(state.aux) if callable(beta) else beta).astype(spins.dtype)
        extra = 0.0 if field is None else jnp.asarray(field(state.aux)).astype(spins.dtype) - magnet.field
        for colour, part in zip((even, ~even), jax.random.split(key), strict=True):
            spins, more = _half_sweep(magnet, move, part, spins, colour, rate, extra)
            change = change + more
        info = Info(spins - state.position, jnp.array(True), change, jnp.isfinite(change))
        return State(spins, state.loss + change, state.aux + 1), info

    facts = {"dynamics": "spin sweeps", "magnet": repr(magnet), "move": move.text, **numbers(beta=beta)}
    return Dynamics(begin, step, Stream.MUTATION, refresh, loss=energy(magnet), facts=facts, evaluations=2)


def _half_sweep(
    magnet: Magnet, move: Move, key: jax.Array, spins: jax.Array, colour: np.ndarray, rate: Any, extra: Any
) -> tuple[jax.Array, jax.Array]:
    """The spins of one colour tried once; the change of the energy in the magnet's own field."""
    move_key, accept_key = proposal_and_decision(key)
    proposed = move.draw(move_key, spins)
    shift = proposed - spins
    rise = -jnp.sum(shift * local_field(magnet, spins), axis=0) - magnet.easy_axis * shift[2] * shift[2]
    judged = rise - extra * shift[2]
    numbers = jax.vmap(lambda one: uniform_number(one, spins.dtype))(jax.random.split(accept_key, magnet.sites))
    # β ΔE may be ∞ · 0 at zero temperature: a fall is accepted before it is multiplied.
    scaled = jnp.where(judged > 0, rate * jnp.where(judged > 0, judged, 1), judged)
    accepted = (judged <= 0) | (jnp.log(numbers.reshape(magnet.shape)) <= -scaled)
    taken = accepted & jnp.isfinite(judged) & colour[0]
    return jnp.where(taken[None], proposed, spins), jnp.sum(jnp.where(taken, rise, 0))


def all_at_once(magnet: Magnet, move: Move, *, beta: float = math.inf) -> Dynamics:
    """Mutation of all spins together, accepted or rejected as one with probability min(1, exp(-β ΔE)).

    Neuroevolution on a physical energy; ``corr.mutation`` cannot do it, as its displacements know no sphere.

    Args:
        magnet: the model.
        move: the symmetric law of every spin.
        beta: β in [0, ∞], in 1/energy.

    Returns:
        A ``Dynamics``; a step costs 1 of ``evaluations``.

    Raises:
        ValueError: if β is out of range or, at the start, the spins do not fit or are not of length 1.
        TypeError: if β is not a number.

    Example:
        >>> from corr.spins import Magnet, gaussian_move
        >>> side = all_at_once(Magnet((4, 4)), gaussian_move(0.1))
        >>> up = jnp.zeros((3, 4, 4)).at[2].set(1.0)
        >>> bool(side.step(jax.random.key(0), side.init(up))[1].accepted)
        False

    Reference: Whitelam et al., Nat. Commun. 12, 6317 (2021), steps 1-4 above eq. 1.
    """
    accept = metropolis(beta)
    begin, refresh = _starts(magnet)

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        move_key, accept_key = proposal_and_decision(key)
        proposed = move.draw(move_key, state.position)
        shift = proposed - state.position
        change = exact_change(magnet, state.position, shift)
        accepted = accept(change, uniform_number(accept_key, shift.dtype))
        position = jnp.where(accepted, proposed, state.position)
        loss = jnp.where(accepted, state.loss + change, state.loss)
        return State(position, loss, state.aux + 1), Info(shift, accepted, change, jnp.isfinite(change))

    facts = {"dynamics": "all spins at once", "magnet": repr(magnet), "move": move.text, "beta": beta}
    return Dynamics(begin, step, Stream.MUTATION, refresh, loss=energy(magnet), accept=accept, facts=facts)


def _starts(magnet: Magnet) -> tuple[Callable[..., State], Callable[[State], State]]:
    """The start, with spins that are looked at, and the same energy anew."""
    loss = energy(magnet)

    def init(params: jax.Array, key: Any = None) -> State:
        del key
        spins = check_spins(magnet, params)
        return State(spins, loss(spins), jnp.zeros((), jnp.int32))

    return init, lambda state: state._replace(loss=loss(state.position))
