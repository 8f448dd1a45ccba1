"""Descents of the energy on spheres: projected gradient, three readings of p-GD, L-BFGS."""

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax

from .._checks import check_positive
from .._keys import Stream
from .._types import VALUE_AND_GRADIENT, Dynamics, Info, Scalar, State
from ..dynamics import from_optax
from ._magnet import Magnet, energy, exact_change, local_field
from ._unit import check_spins, normalized, tangent, toward

Turn = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]
Reading = Literal["chance", "fraction", "power"]


def projected_descent(magnet: Magnet, *, learning_rate: float) -> Dynamics:
    """S → (S + α h_⊥)/|S + α h_⊥|, all spins at once, h_⊥ the local field at right angles to S.

    Args:
        magnet: the model.
        learning_rate: α > 0, in 1/energy.

    Returns:
        A ``Dynamics`` whose steps are all taken and cost 3 ``evaluations``.

    Raises:
        ValueError, TypeError: for a bad α, or, at the start, spins that do not fit or are not of length 1.

    Example:
        >>> side = projected_descent(Magnet((2, 2), field=1.0), learning_rate=0.1)
        >>> start = jnp.zeros((3, 2, 2)).at[0].set(1.0)
        >>> bool(side.step(jax.random.key(0), side.init(start))[0].loss < -8)
        True
    """
    rate = check_positive("learning_rate", learning_rate)

    def turn(key: jax.Array, spins: jax.Array, field: jax.Array) -> jax.Array:
        del key
        return normalized(spins + rate * tangent(spins, field))

    return _descent(magnet, turn, {"dynamics": "projected descent", "learning_rate": rate})


def p_descent(magnet: Magnet, reading: Reading, *, p: float, learning_rate: float = 0.1) -> Dynamics:
    """One of three readings of p-GD; which of them its authors mean is not known.

    "chance": with probability p a spin turns onto its local field, S → h/|h|. "fraction": every spin moves a fraction p
    of the way there, S → ((1 - p) S + p h/|h|) normalized. "power": projected descent along sign(g)|g|^p, component
    by component of g = h_⊥.

    Args:
        magnet: the model.
        reading: "chance", "fraction" or "power".
        p: in (0, 1].
        learning_rate: α > 0 of "power"; the others have none.

    Returns:
        A ``Dynamics`` whose steps are all taken, of all spins at once, and cost 3 ``evaluations``.

    Raises:
        ValueError, TypeError: for an unknown reading or a number out of range.

    Example:
        >>> side = p_descent(Magnet((2, 2), field=1.0), "fraction", p=0.5)
        >>> start = jnp.zeros((3, 2, 2)).at[0].set(1.0)
        >>> bool(side.step(jax.random.key(0), side.init(start))[0].loss < -8)
        True

    Reference: an interpretation of Han and Han, arXiv:1707.04665; "power": Baiesi, arXiv:1906.04787.
    """
    share, rate = check_positive("p", p), check_positive("learning_rate", learning_rate)
    if share > 1:
        raise ValueError(f"p must be at most 1, got {p}")

    def chance(key: jax.Array, spins: jax.Array, field: jax.Array) -> jax.Array:
        chosen = jax.random.uniform(key, spins.shape[1:], spins.dtype) < share
        return jnp.where(chosen[None], toward(spins, field), spins)

    def fraction(key: jax.Array, spins: jax.Array, field: jax.Array) -> jax.Array:
        del key
        return toward(spins, (1 - share) * spins + share * toward(spins, field))

    def power(key: jax.Array, spins: jax.Array, field: jax.Array) -> jax.Array:
        del key
        force = tangent(spins, field)
        size = jnp.where(force == 0, 0, jnp.abs(force) ** share)
        return normalized(spins + rate * tangent(spins, jnp.sign(force) * size))

    turns: dict[str, Turn] = {"chance": chance, "fraction": fraction, "power": power}
    if reading not in turns:
        raise ValueError(f"reading must be one of {', '.join(turns)}, got {reading!r}")
    facts = {"dynamics": "p-GD, an interpretation", "reading": reading, "p": share, "learning_rate": rate}
    return _descent(magnet, turns[reading], facts)


def of_directions(magnet: Magnet) -> Callable[[jax.Array], Scalar]:
    """E(x/|x|) as a loss of vectors of any length, for optimizers that know no spheres.

    Args:
        magnet: the model.

    Returns:
        ``loss(vectors) -> E``, vectors of shape (3, *shape); its gradient is tangent.

    Example:
        >>> float(of_directions(Magnet((4, 4)))(jnp.full((3, 4, 4), 5.0)).round(4))
        -32.0
    """
    loss = energy(magnet)
    return lambda vectors: loss(normalized(vectors))


def lbfgs(magnet: Magnet, *, memory: int = 10) -> Dynamics:
    """L-BFGS of optax on E(x/|x|), with its line search.

    Args:
        magnet: the model.
        memory: pairs of steps and gradients kept.

    Returns:
        A ``Dynamics``; positions are vectors x of any length, whose directions are the spins (``normalized``).

    Example:
        >>> side = lbfgs(Magnet((2, 2), field=1.0))
        >>> start = jnp.zeros((3, 2, 2)).at[0].set(1.0)
        >>> float(side.init(start).loss)
        -8.0

    Reference: Ivanov, Uzdin and Jónsson, arXiv:1904.02669, by rotations.
    """
    return from_optax(of_directions(magnet), optax.lbfgs(memory_size=memory))


def _descent(magnet: Magnet, turn: Turn, facts: dict[str, Any]) -> Dynamics:
    """Every step turns all spins by their local fields."""
    loss = energy(magnet)

    def init(params: jax.Array, key: Any = None) -> State:
        del key
        spins = check_spins(magnet, params)
        return State(spins, loss(spins))

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        moved = turn(key, state.position, local_field(magnet, state.position))
        shift = moved - state.position
        change = exact_change(magnet, state.position, shift)
        now = State(moved, loss(moved))
        return now, Info(shift, jnp.array(True), change, jnp.isfinite(now.loss))

    refresh = lambda state: state._replace(loss=loss(state.position))  # noqa: E731
    told = {**facts, "magnet": repr(magnet)}
    return Dynamics(init, step, Stream.OPTIMIZER, refresh, loss=loss, facts=told, evaluations=VALUE_AND_GRADIENT)
