"""How many accept/reject decisions rounding flips, measured against float64."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import beta as beta_law

from ._accept import metropolis
from ._clock import check_count
from ._keys import Stream, trajectory_key
from ._promote import in_float64
from ._types import Dynamics, Params, Scalar
from .dynamics._mutation import mutation

BATCH = 64


class FlipRate(NamedTuple):
    """Decisions that differ from float64, with the 99 % Clopper-Pearson interval of their rate."""

    flips: int
    draws: int
    rate: float
    low: float
    high: float


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
    check_count("draws", draws)
    check_count("kept_steps", kept_steps, least=0)
    rounds = -(-draws // BATCH)
    dynamics = mutation(loss, mutation_std=mutation_std, beta=beta, exact=exact)
    compiled: dict[bool, Any] = {}

    def measure(side: Dynamics, short: bool, *args: Any) -> tuple[int, int]:
        if short not in compiled:
            compiled[short] = jax.jit(_counting(side, loss, beta, rounds, kept_steps))
        flips, uncovered = compiled[short](*args)
        return int(flips), int(uncovered)

    def counter(params: Params, key: jax.Array) -> FlipRate:
        shortcut = dynamics.shortcut(params)
        if shortcut is not None:
            flips, uncovered = measure(shortcut, True, params, key)
            if not uncovered:
                return interval(flips, rounds * BATCH)
        return interval(measure(dynamics, False, params, key)[0], rounds * BATCH)

    return counter


def _counting(dynamics: Dynamics, loss: Callable[[Params], Scalar], beta: float, rounds: int, kept_steps: int) -> Any:
    """``(params, key) -> (flips, proposals that are not finite)`` over ``rounds`` of 64 decisions."""
    assert dynamics.halves is not None
    draw, advance = dynamics.halves
    accept, wide_loss = metropolis(beta), in_float64(loss, jnp.result_type(float))

    def referee(drawn: Any, position: Params, displacement: Params) -> jax.Array:
        with jax.enable_x64(True):
            old = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), position)
            new = jax.tree.map(lambda leaf, step: leaf + step.astype(jnp.float64), old, displacement)
            change = wide_loss(new)[0] - wide_loss(old)[0]
            uniform = drawn[1] if math.isinf(beta) else drawn[1].astype(jnp.float64)
            return accept(change, uniform)

    def count(carry: Any, step: jax.Array, keys: jax.Array) -> tuple[Any, Any]:
        def one(state: Any, key: jax.Array) -> tuple[Any, Any]:
            drawn = draw(jax.random.fold_in(key, step), state.position)
            moved, info = advance(drawn, state)
            flipped = info.accepted != referee(drawn, state.position, info.displacement)
            return moved, (flipped, ~info.finite)

        states, found = jax.vmap(one)(carry, keys)
        return (states if kept_steps else carry), jax.tree.map(lambda flags: jnp.sum(flags, dtype=jnp.int32), found)

    def measure(params: Params, key: jax.Array) -> Any:
        keys = jax.vmap(lambda i: trajectory_key(key, Stream.FLIP_CHECK, i))(jnp.arange(BATCH, dtype=jnp.uint32))
        start = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (BATCH, *jnp.shape(leaf))), dynamics.init(params))

        def walk(states: Any, step: jax.Array) -> tuple[Any, None]:
            advanced = jax.vmap(lambda s, k: advance(draw(jax.random.fold_in(k, step), s.position), s)[0])(states, keys)
            return advanced, None

        walked, _ = jax.lax.scan(walk, start, jnp.arange(kept_steps, dtype=jnp.uint32))
        after = kept_steps + jnp.arange(rounds, dtype=jnp.uint32)
        counts = jax.lax.scan(lambda carry, step: count(carry, step, keys), walked, after)[1]
        return jax.tree.map(jnp.sum, counts)

    return measure


def interval(flips: int, draws: int, level: float = 0.99) -> FlipRate:
    """A rate with its exact binomial (Clopper-Pearson) interval."""
    tail = (1 - level) / 2
    low = 0.0 if flips == 0 else float(beta_law.ppf(tail, flips, draws - flips + 1))
    high = 1.0 if flips == draws else float(beta_law.ppf(1 - tail, flips + 1, draws - flips))
    return FlipRate(flips, draws, flips / draws, low, float(np.clip(high, 0, 1)))
