"""Polak-Ribière conjugate gradient on spheres."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .._keys import Stream
from .._types import VALUE_AND_GRADIENT, Dynamics, Info, State
from ._magnet import Magnet, energy, exact_change, local_field
from ._unit import check_spins, normalized, tangent

SLOPE_SHARE = 1e-4  # of the fall that the slope promises, which a step must reach (Armijo)
HALVINGS = 40


class Course(NamedTuple):
    """Kept in ``State.aux`` by ``conjugate_gradient``.

    Attributes:
        direction: the turn of every spin, tangent, shape (3, *shape).
        force: h_⊥ where it was last looked at, of the same shape.
        length: of the last step along ``direction``.
    """

    direction: jax.Array
    force: jax.Array
    length: jax.Array


def conjugate_gradient(magnet: Magnet) -> Dynamics:
    """Polak-Ribière conjugate gradient on spheres, S(t) = S cos(t|d|) + d/|d| sin(t|d|), never upwards.

    d ← h_⊥ + max(0, h_⊥·(h_⊥ - h'_⊥)/|h'_⊥|²) d', old ones primed, made tangent by projection; d = h_⊥ where that
    would lead uphill. t from two slopes (secant), then halved until the exact change of E is a sufficient fall.

    Args:
        magnet: the model.

    Returns:
        A ``Dynamics`` whose ``State.aux`` is a ``Course``; where no step falls the spins stay. A step costs about 6
        ``evaluations``: two values with gradient; further halvings are not counted.

    Example:
        >>> side = conjugate_gradient(Magnet((2, 2), field=1.0))
        >>> start = jnp.zeros((3, 2, 2)).at[0].set(1.0)
        >>> bool(side.step(jax.random.key(0), side.init(start))[0].loss < -8)
        True

    Reference: Polak and Ribière (1969), Rev. Fr. Inform. Rech. Opér. 3, 35; Han and Han, arXiv:1707.04665.
    """
    loss = energy(magnet)

    def init(params: jax.Array, key: Any = None) -> State:
        del key
        spins = check_spins(magnet, params)
        force = tangent(spins, local_field(magnet, spins))
        return State(spins, loss(spins), Course(force, force, jnp.full((), 0.1, spins.dtype)))

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        del key
        spins, (direction, force, length) = state.position, state.aux
        slope = jnp.sum(direction * force)
        tried = _turned(spins, direction, length)
        after = jnp.sum(_carried(spins, direction, length) * local_field(magnet, tried))
        secant = length * slope / jnp.where(after < slope, slope - after, 1)
        first = jnp.where(after < slope, jnp.minimum(secant, 10 * length), 2 * length)
        taken, change = _falling(magnet, spins, direction, slope, first)
        moved = jnp.where(change < 0, _turned(spins, direction, taken), spins)
        course = _next(magnet, moved, state.aux._replace(length=jnp.where(change < 0, taken, length)), change < 0)
        now = State(moved, loss(moved), course)
        return now, Info(moved - spins, jnp.array(True), jnp.minimum(change, 0), jnp.isfinite(now.loss))

    facts = {"dynamics": "spin conjugate gradient", "magnet": repr(magnet)}
    refresh = lambda state: state._replace(loss=loss(state.position))  # noqa: E731
    return Dynamics(init, step, Stream.OPTIMIZER, refresh, loss=loss, facts=facts, evaluations=2 * VALUE_AND_GRADIENT)


def _next(magnet: Magnet, spins: jax.Array, course: Course, moved: jax.Array) -> Course:
    """The next direction; straight down again after a step that was none."""
    force = tangent(spins, local_field(magnet, spins))
    old, before = tangent(spins, course.force), tangent(spins, course.direction)
    size = jnp.sum(course.force * course.force)
    share = jnp.maximum(jnp.sum(force * (force - old)) / jnp.where(size == 0, 1, size), 0)
    direction = force + jnp.where(moved, share, 0) * before
    uphill = jnp.sum(direction * force) <= 0
    return Course(jnp.where(uphill, force, direction), force, course.length)


def _falling(
    magnet: Magnet, spins: jax.Array, direction: jax.Array, slope: jax.Array, first: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The first of t, t/2, ... with a sufficient fall, and that change."""

    def change(length: jax.Array) -> jax.Array:
        return exact_change(magnet, spins, _turned(spins, direction, length) - spins)

    def short(carried: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
        length, found, halvings = carried
        return ~(found <= -SLOPE_SHARE * length * slope) & (halvings < HALVINGS)

    def halved(carried: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
        length, _, halvings = carried
        return length / 2, change(length / 2), halvings + 1

    length, found, _ = jax.lax.while_loop(short, halved, (first, change(first), jnp.zeros((), jnp.int32)))
    return length, found


def _turned(spins: jax.Array, direction: jax.Array, length: jax.Array) -> jax.Array:
    """Spins after time t on their great circles."""
    speed = jnp.sqrt(jnp.sum(direction * direction, axis=0, keepdims=True))
    unit = direction / jnp.where(speed == 0, 1, speed)
    return normalized(jnp.cos(length * speed) * spins + jnp.sin(length * speed) * unit)


def _carried(spins: jax.Array, direction: jax.Array, length: jax.Array) -> jax.Array:
    """The velocity there, d cos(t|d|) - |d| S sin(t|d|)."""
    speed = jnp.sqrt(jnp.sum(direction * direction, axis=0, keepdims=True))
    return jnp.cos(length * speed) * direction - jnp.sin(length * speed) * speed * spins
