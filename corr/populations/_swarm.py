"""Particle swarm: every particle is drawn to the best place it has seen and to the best that any has seen."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from .._checks import check_count, real_number
from .._precision import moved_by, wide
from .._types import Dynamics, Info, Objective, Params, Scalar, State
from ..proposals import normal
from ..proposals._gaussian import check_mutation_std
from ..proposals._law import check_draw
from ._children import moved, mutations, one_parent
from ._individuals import changes, mean_offset


class Swarm(NamedTuple):
    """Places, velocities and the best places so far of the particles, leaves (n, ...)."""

    places: Params
    velocities: Params
    bests: Params


def swarm(
    loss: Callable[[Params], Scalar],
    *,
    particles: int,
    spread: Any,
    inertia: float = 0.729,
    cognitive: float = 1.494,
    social: float = 1.494,
    shared_numbers: bool = False,
) -> Dynamics:
    """Particle swarm, v ← w v + c₁ r₁ (p - x) + c₂ r₂ (q - x), x ← x + v, with p a particle's best place, q all's best.

    The position is the mean of the particles. On a slope spread and speed grow or shrink exponentially
    (``theory.swarm``), so that a swarm is no gradient descent on any clock.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        particles: n, at least 2.
        spread: of the start, params + spread · N(0, 1) for each particle, at rest; like ``mutation_std``, in the units
            of the parameters.
        inertia, cognitive, social: w, c₁, c₂, none negative; by default the constriction of Clerc and Kennedy (2002).
        shared_numbers: r₁ and r₂ are one number per particle, not one per particle and parameter as in the textbook: a
            trap, since the swarm then never leaves the affine span of its start, n - 1 directions.

    Returns:
        A ``Dynamics`` whose ``State.aux`` holds places, velocities and bests. ``init`` needs a key. A step costs n
        ``evaluations``; those of the bests, whose losses are known to the textbook, are not counted.

    Raises:
        ValueError: if a number is out of range; from ``init``, without a key.
        TypeError: if n is no integer or a constant no number.

    Example:
        >>> scheme = swarm(lambda x: jnp.sum(x**2), particles=8, spread=0.1)
        >>> state, info = scheme.step(jax.random.key(0), scheme.init(jnp.ones(2), jax.random.key(1)))
        >>> state.position.shape, state.aux.places.shape, scheme.evaluations
        ((2,), (8, 2), 8)

    Reference: theory/README.md, "Populations"; Kennedy and Eberhart (1995), Shi and Eberhart (1998).
    """
    check_mutation_std(spread, "spread")
    count, law = check_count("particles", particles, least=2), normal(spread)
    constants = _constants(inertia=inertia, cognitive=cognitive, social=social)

    def generation(split: Objective, key: jax.Array, state: State) -> tuple[State, Info]:
        bests, leader = _remember(split, state)
        pulled = jax.vmap(functools.partial(_pulled, constants, shared_numbers), (0, None, 0, 0, 0))
        velocities = pulled(jax.random.split(key, count), leader, state.aux.velocities, state.aux.places, bests)
        places = moved_by(state.aux.places, velocities)
        return moved(split, state, mean_offset(state.position, places), Swarm(places, velocities, bests))

    def init(params: Params, key: Any = None) -> State:
        if key is None:
            raise ValueError("a swarm draws its particles at the start: got no key, call init(params, key)")
        check_draw(law, params)
        places = jax.vmap(moved_by, (None, 0))(params, mutations(law, key, params, count))
        middle = moved_by(params, mean_offset(params, places))
        return scheme.refresh(State(middle, jnp.zeros(()), Swarm(places, jax.tree.map(jnp.zeros_like, places), places)))

    facts = {"dynamics": "swarm", "particles": count, "spread": spread, "shared": shared_numbers, **constants}
    scheme = one_parent(loss, generation, law=law, evaluations=count, facts=facts)
    return scheme._replace(init=init)


def _constants(**given: Any) -> dict[str, float]:
    constants = {name: real_number(name, value) for name, value in given.items()}
    for name in (name for name, value in constants.items() if not 0 <= value < math.inf):
        raise ValueError(f"{name} must be a finite number of at least 0, got {constants[name]}")
    return constants


def _remember(split: Objective, state: State) -> tuple[Params, Params]:
    """The best places, a particle's own (n, ...) and that of all.

    By exact changes from the mean, anew: kept ones would sum rounding, and be another loss's on the next minibatch.
    """
    now, before = (changes(split, state, one)[0] for one in (state.aux.places, state.aux.bests))
    better = now < before
    keep = jax.vmap(lambda better, *both: jax.tree.map(functools.partial(jnp.where, better), *both))
    bests = keep(better, state.aux.places, state.aux.bests)
    first = jnp.argmin(jnp.where(better, now, before))
    return bests, jax.tree.map(lambda leaf: leaf[first], bests)


def _pulled(constants: dict[str, float], shared: bool, key: jax.Array, leader: Params, *particle: Params) -> Params:
    """The new velocity of one particle: w v + c₁ r₁ (p - x) + c₂ r₂ (q - x)."""
    narrow, unravel = ravel_pytree(particle[0])
    v, x, p, q = (ravel_pytree(part)[0].astype(wide(narrow.dtype)) for part in (*particle, leader))
    own, social = jax.random.uniform(key, (2, 1 if shared else v.size), v.dtype)
    pulled = constants["cognitive"] * own * (p - x) + constants["social"] * social * (q - x)
    return unravel((constants["inertia"] * v + pulled).astype(narrow.dtype))
