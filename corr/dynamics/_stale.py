"""Asynchronous updates: steps decided at a position of the past and applied to the present one."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import check_count, real_number
from .._precision import between, moved_by
from .._start import initial
from .._types import Dynamics, Info, Params, State
from ._optax import Ahead

OWN_POSITIONS = frozenset({"genetic", "swarm", "evosax"})


class Delay(NamedTuple):
    """A law of staleness in steps: ``draw(key)`` gives a whole number from 0 to ``largest``."""

    draw: Callable[[jax.Array], jax.Array]
    largest: int
    fact: str


class Past(NamedTuple):
    """What the wrapped dynamics remembers, the last positions, leaves (largest + 1, ...), and the step number."""

    inner: Any
    positions: Params
    step: jax.Array


def stale(dynamics: Dynamics, delay: int | Delay) -> Dynamics:
    """A dynamics whose step is made at x_{t-τ} and added to x_t: workers that read, compute, and write late.

    Displacement, decision, and what an optimizer remembers are those of the old position, kept in a ring; before there
    is a past of τ steps the start stands for it. On a parabola of curvature h steps with a = ηh are stable below
    2 sin(π/(2(2τ + 1))) and hotter by (1 + sin θ)/cos θ, θ = a(τ + 1/2) (``theory.delay``).

    Args:
        dynamics: gradient side or mutation; any that does not remember positions of its own, as populations do.
        delay: τ, a fixed number of steps of at least 0, or a law from ``uniform_delay``, ``geometric_delay``,
            ``delays``.

    Returns:
        A ``Dynamics`` whose ``State.aux`` is a ``Past``. A step costs one ``evaluations`` more than that of the wrapped
        one, which begins anew at every old position.

    Raises:
        ValueError: if τ is negative.
        TypeError: for what is no dynamics or keeps a population, if τ is no whole number nor a ``Delay``, or, at the
            start, for ``optax.lookahead``, whose slow parameters are not the late ones.

    Example:
        >>> from corr import descent
        >>> late = stale(descent(lambda x: jnp.sum(x**2) / 2, learning_rate=0.5), 1)
        >>> state = late.init(jnp.ones(1))
        >>> for number in range(3):
        ...     state, _ = late.step(jax.random.key(number), state)
        >>> state.position.tolist()
        [-0.25]

    Reference: theory/README.md, "Delay"; Recht et al., arXiv:1106.5730 (Hogwild).
    """
    if not isinstance(dynamics, Dynamics):
        raise TypeError(f"dynamics must be one like corr.mutation(loss, ...), got {type(dynamics).__name__}")
    if dynamics.facts.get("dynamics") in OWN_POSITIONS:
        raise TypeError(_own_positions(dynamics.facts["dynamics"]))
    law = delay if isinstance(delay, Delay) else _fixed(delay)
    size = law.largest + 1

    def init(params: Params, key: Any = None) -> State:
        begun = initial(dynamics, params, key)
        if isinstance(begun.aux, Ahead):
            raise TypeError(_own_positions("optax.lookahead"))
        ring = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (size, *jnp.shape(leaf))), begun.position)
        return State(begun.position, begun.loss, Past(begun.aux, ring, jnp.int32(0)))

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        delay_key, step_key = jax.random.split(key)
        past: Past = state.aux
        late = jnp.minimum(law.draw(delay_key).astype(jnp.int32), past.step)
        old = jax.tree.map(lambda leaf: leaf[(past.step - late) % size], past.positions)
        begun = dynamics.refresh(State(old, state.loss, past.inner))
        made, info = dynamics.step(step_key, begun)
        move = jax.tree.map(lambda leaf: jnp.where(info.accepted, leaf, 0), info.displacement)
        position = moved_by(state.position, move)
        now = past.step + 1
        ring = jax.tree.map(lambda leaf, new: leaf.at[now % size].set(new), past.positions, position)
        moved = between(state.position, position)
        shown = jax.tree.map(functools.partial(jnp.where, info.accepted), moved, info.displacement)
        return State(position, state.loss, Past(made.aux, ring, now)), info._replace(displacement=shown)

    def refresh(state: State) -> State:
        fresh = dynamics.refresh(State(state.position, state.loss, state.aux.inner))
        return State(state.position, fresh.loss, state.aux)

    return Dynamics(
        init,
        step,
        dynamics.stream,
        refresh,
        loss=dynamics.loss,
        accept=dynamics.accept,
        facts={**dynamics.facts, "delay": law.fact},
        keeps_loss=False,
        evaluations=dynamics.evaluations + 1,
        symmetric=dynamics.symmetric,
    )


def _own_positions(name: str) -> str:
    return (
        f"{name} remembers positions of its own, which no delay reaches: give a gradient side, a mutation or a scheme"
        " of one parent"
    )


def _fixed(delay: Any) -> Delay:
    steps = check_count("delay", delay, least=0)
    return Delay(lambda key: jnp.int32(steps), steps, str(steps))


def uniform_delay(largest: int) -> Delay:
    """τ even from 0 to the largest.

    Args:
        largest: in steps, at least 0.

    Returns:
        A ``Delay``.

    Raises:
        ValueError, TypeError: if it is negative or no whole number.

    Example:
        >>> uniform_delay(4).largest
        4

    Reference: theory/README.md, "Delay".
    """
    last = check_count("largest", largest, least=0)
    return Delay(lambda key: jax.random.randint(key, (), 0, last + 1), last, f"uniform to {last}")


def geometric_delay(mean: float, largest: int) -> Delay:
    """P(τ = k) ∝ q^k with q = mean/(1 + mean), cut off at the largest: what M alike workers give, mean M - 1.

    Args:
        mean: of the law that is not cut off, positive.
        largest: in steps, at least 1; more than five means, or the mean is seen to fall.

    Returns:
        A ``Delay``.

    Raises:
        ValueError, TypeError: if a number is out of range.

    Example:
        >>> geometric_delay(3.0, 40).largest
        40

    Reference: Mitliagkas et al., arXiv:1605.09774.
    """
    average, last = real_number("mean", mean), check_count("largest", largest)
    if not (average > 0 and math.isfinite(average)):
        raise ValueError(f"mean must be positive and finite, got {mean}")
    return delays((average / (1 + average)) ** np.arange(last + 1))


def delays(weights: Sequence[float] | np.ndarray) -> Delay:
    """τ = k with a probability proportional to ``weights[k]``, for example a histogram that was measured.

    Args:
        weights: of 0, 1, 2, ... steps, none negative, not all zero.

    Returns:
        A ``Delay``.

    Raises:
        ValueError: if a weight is negative or not finite, or none is positive.

    Example:
        >>> delays([1, 0, 3]).largest
        2

    Reference: theory/README.md, "Delay".
    """
    given = np.asarray(weights, float)
    if given.ndim != 1 or not given.size or not (np.isfinite(given).all() and (given >= 0).all() and given.sum() > 0):
        raise ValueError(f"weights must be a row of finite numbers of at least 0, one of them positive, got {weights}")
    total = np.cumsum(given / given.sum())
    law = np.append(total[:-1], 1.0).astype(np.float32)
    return Delay(
        lambda key: jnp.searchsorted(jnp.asarray(law), jax.random.uniform(key, (), jnp.float32), side="right"),
        len(given) - 1,
        f"weights {(given / given.sum()).round(6).tolist()}",
    )
