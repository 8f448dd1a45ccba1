"""How many accept/reject decisions rounding flips, measured against float64."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import beta as beta_law

from ._checks import check_count
from ._keys import Stream, trajectory_key
from ._referee import QUICKLY, Decisions, referee
from ._start import initial, start_key
from ._types import Dynamics, Params, Scalar
from .dynamics._mutation import mutation

BATCH = 64


class FlipRate(NamedTuple):
    """Decisions that differ from float64, with the 99 % Clopper-Pearson interval of their rate.

    ``change_error`` is the largest error of a loss change against float64, relative to the change or, where that is
    below the median change of 64 decisions, to the median; infinite where a change that float64 has is missing.
    """

    flips: int
    draws: int
    rate: float
    low: float
    high: float
    change_error: float = 0.0


def flip_rate(
    loss: Callable[[Params], Scalar],
    params: Params,
    *,
    mutation_std: Any,
    key: jax.Array,
    beta: float = math.inf,
    draws: int = 4096,
    kept_steps: int = 0,
    exact: bool = True,
) -> FlipRate:
    """The rate at which the mutation step decides otherwise than float64 would.

    Same state, same rounded ε, same uniform number; the loss evaluated with every float promoted to float64.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        params: where to measure.
        mutation_std: σ, as in ``mutation``.
        key: root key.
        beta: β in [0, ∞].
        draws: number of decisions, rounded up to a multiple of 64.
        kept_steps: measure along 64 trajectories that have already walked this many steps from ``params`` on one tape,
            so that the rounding kept in the tape counts too.
        exact: as in ``mutation``; False measures what subtracting two evaluations does.

    Returns:
        A ``FlipRate``.

    Raises:
        ValueError: if an argument is out of range.
        RefereeError: if the loss has no form in float64; a ``RuntimeError``.

    Example:
        >>> from corr import root_key
        >>> flip_rate(lambda x: jnp.sum(x**2), jnp.ones(3), mutation_std=0.1, key=root_key(0), draws=64).flips
        0
    """
    options: dict[str, Any] = {"beta": beta, "draws": draws, "kept_steps": kept_steps, "exact": exact}
    return flip_counter(loss, mutation_std=mutation_std, **options)(params, key)


def flip_counter(
    loss: Callable[[Params], Scalar],
    *,
    mutation_std: Any,
    beta: float,
    draws: int = 4096,
    kept_steps: int = 0,
    exact: bool = True,
) -> Callable[[Params, jax.Array], FlipRate]:
    """``flip_rate`` compiled once for many places: ``counter(params, key) -> FlipRate``."""
    dynamics = mutation(loss, mutation_std=mutation_std, beta=beta, exact=exact)
    return decision_counter(dynamics, draws=draws, kept_steps=kept_steps)


def decision_counter(
    dynamics: Dynamics, *, draws: int = 4096, kept_steps: int = 0
) -> Callable[[Params, jax.Array], FlipRate]:
    """``flip_rate`` of any dynamics that accepts or rejects on a loss: ``counter(params, key) -> FlipRate``.

    The dynamics draws and decides in its own precision; float64 sees the same places, displacements and uniform
    numbers in a program of its own.

    Args:
        dynamics: has ``loss``, ``accept`` and ``halves``, and draws a pair (proposal, uniform number).
        draws: number of decisions, rounded up to a multiple of 64.
        kept_steps: steps that 64 trajectories walk on one tape before the decisions are compared.

    Returns:
        A function of the parameters and a root key, compiled at its first call. It raises ``RefereeError`` where the
        loss cannot be evaluated in float64.

    Raises:
        ValueError: if a number is out of range or the dynamics accepts every step.
    """
    check_count("draws", draws)
    check_count("kept_steps", kept_steps, least=0)
    if dynamics.loss is None or dynamics.accept is None or dynamics.halves is None:
        raise ValueError("the dynamics takes every step: expected one with loss, accept and halves, like corr.mutation")
    rounds, judge = -(-draws // BATCH), referee(dynamics.loss, dynamics.accept, shared=kept_steps == 0)
    compiled: dict[bool, Any] = {}

    def measure(side: Dynamics, short: bool, params: Params, key: jax.Array) -> tuple[FlipRate, bool]:
        if short not in compiled:
            compiled[short] = _programs(side, kept_steps)
        begin, draw, decide = compiled[short]
        states, seen = begin(params, key), []
        for step in range(kept_steps, kept_steps + rounds):
            after, made = decide(states, draw(states.position, key, np.uint32(step)))
            seen.append(judge(states.position, made))
            states = after
        flips, finite, error = (np.concatenate(part) for part in zip(*seen, strict=True))
        rate = interval(int(flips.sum()), rounds * BATCH)
        return rate._replace(change_error=float(error.max())), bool(finite.all())

    def counter(params: Params, key: jax.Array) -> FlipRate:
        shortcut = dynamics.shortcut(params)
        if shortcut is not None:
            found, covered = measure(shortcut, True, params, key)
            if covered:
                return found
        return measure(dynamics, False, params, key)[0]

    return counter


def _programs(dynamics: Dynamics, kept_steps: int) -> tuple[Any, Any, Any]:
    """``begin(params, key) -> states``, ``draw(positions, key, step)``, ``decide(states, drawn) -> next, decisions``.

    Without kept steps there is one state, shared by all 64 decisions.
    """
    assert dynamics.halves is not None
    draw_one, advance = dynamics.halves
    axis = 0 if kept_steps else None

    def draw(positions: Any, key: jax.Array, step: jax.Array) -> Any:
        keys = jax.vmap(lambda i: trajectory_key(key, Stream.FLIP_CHECK, i))(jnp.arange(BATCH, dtype=jnp.uint32))
        return jax.vmap(lambda key, place: draw_one(jax.random.fold_in(key, step), place), (0, axis))(keys, positions)

    def one(state: Any, drawn: Any) -> tuple[Any, Decisions]:
        moved, info = advance(drawn, state)
        return moved, Decisions(info.displacement, drawn[1], info.loss_change, info.accepted, info.finite)

    def decide(states: Any, drawn: Any) -> tuple[Any, Decisions]:
        moved, made = jax.vmap(one, (axis, 0))(states, drawn)
        return (moved if kept_steps else states), made

    def begin(params: Params, key: jax.Array) -> Any:
        state = initial(dynamics, params, start_key(trajectory_key(key, Stream.FLIP_CHECK, 0)))
        if not kept_steps:
            return state
        states = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (BATCH, *jnp.shape(leaf))), state)
        steps = jnp.arange(kept_steps, dtype=jnp.uint32)
        return jax.lax.scan(lambda old, step: (decide(old, draw(old.position, key, step))[0], None), states, steps)[0]

    return jax.jit(begin), jax.jit(draw, compiler_options=QUICKLY), jax.jit(decide)


def interval(flips: int, draws: int, level: float = 0.99) -> FlipRate:
    """A rate with its exact binomial (Clopper-Pearson) interval."""
    tail = (1 - level) / 2
    low = 0.0 if flips == 0 else float(beta_law.ppf(tail, flips, draws - flips + 1))
    high = 1.0 if flips == draws else float(beta_law.ppf(1 - tail, flips + 1, draws - flips))
    return FlipRate(flips, draws, flips / draws, low, float(np.clip(high, 0, 1)))
