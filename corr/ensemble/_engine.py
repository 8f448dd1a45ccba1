"""The compiled part: one program, sent to every device; in it blocks by lax.map and steps by scan.

Devices share nothing but their clock, so each gets its own call and works on while the host waits for all of them. The
same program under ``shard_map`` took three times as long per step on two CPU devices (13.8 against 4.1 µs per step and
trajectory, shallow network, jax 0.10.2).
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .._keys import later, step_key, trajectory_key
from .._types import Dynamics, State
from ._blocks import tree_bytes

DRAWN_AHEAD, DRAWN_BYTES = 50, 1 << 19


class Counts(NamedTuple):
    """Per trajectory: steps accepted, steps whose loss was not finite, and the largest error of the kept loss.

    The error is |kept - fresh|, measured wherever the kept activations are rebuilt.
    """

    accepted: Any
    nonfinite: Any
    drift: Any


class Engine(NamedTuple):
    """A compiled ``advance(states, ids, key, first_step, segments) -> (states, counts)`` with its segment length.

    ``first_step`` is given as two words (see ``step_words``), ``segments`` as uint32; a call makes below 2^31 steps.
    """

    advance: Callable[..., tuple[State, Counts]]
    refresh_every: int


def build_engine(dynamics: Dynamics, shortcut: Dynamics | None, block: int, refresh_every: int) -> Engine:
    """Compile-ready engine of one dynamics; ``segments`` of ``refresh_every`` steps each are run per call.

    With a shortcut, a segment is run by it first; trajectories it reports as not finite are replayed in full.
    Matrix products are pinned to the highest precision, which accelerators leave by default: decisions depend on it.
    """
    full = _segment(dynamics, refresh_every)
    quick = None if shortcut is None else _segment(shortcut, refresh_every)

    def segment(carry: tuple[State, Counts], first: jax.Array, keys: jax.Array) -> tuple[State, Counts]:
        if quick is None:
            return full(carry, first, keys)
        tried = quick(carry, first, keys)
        unsure = tried[1].nonfinite > carry[1].nonfinite

        def replayed() -> tuple[State, Counts]:
            take = jax.vmap(lambda flag, new, old: jax.tree.map(lambda a, b: jnp.where(flag, a, b), new, old))
            return take(unsure, full(carry, first, keys), tried)

        return jax.lax.cond(jnp.any(unsure), replayed, lambda: tried)

    def one_block(block: tuple[State, jax.Array], first: jax.Array, segments: jax.Array) -> tuple[State, Counts]:
        state, keys = block
        zero = jnp.zeros(keys.shape, jnp.int32)
        body = lambda k, carry: segment(carry, later(first, refresh_every * k), keys)  # noqa: E731
        return jax.lax.fori_loop(jnp.uint32(0), segments, body, (state, Counts(zero, zero, jnp.zeros_like(state.loss))))

    def one_device(state: State, ids: jax.Array, root: jax.Array, first: jax.Array, segments: jax.Array) -> Any:
        keys = jax.vmap(lambda i: trajectory_key(root, dynamics.stream, i))(ids)
        blocks = jax.tree.map(lambda leaf: leaf.reshape(len(ids) // block, block, *leaf.shape[1:]), (state, keys))
        with jax.default_matmul_precision("highest"):
            out = jax.lax.map(lambda one: one_block(one, first, segments), blocks)
        return jax.tree.map(lambda leaf: leaf.reshape(len(ids), *leaf.shape[2:]), out)

    return Engine(jax.jit(one_device, donate_argnums=0), refresh_every)


def _segment(dynamics: Dynamics, refresh_every: int) -> Callable[..., tuple[State, Counts]]:
    """``refresh_every`` steps of one block between two rebuilds of its kept activations."""
    draw, advance = dynamics.halves or (_key_itself, dynamics.step)

    def one_step(carry: tuple[State, Counts], drawn: Any) -> tuple[tuple[State, Counts], None]:
        state, counts = carry
        state, info = jax.vmap(advance)(drawn, state)
        accepted, nonfinite = counts.accepted + _ones(info.accepted), counts.nonfinite + _ones(~info.finite)
        return (state, counts._replace(accepted=accepted, nonfinite=nonfinite)), None

    def few_steps(carry: tuple[State, Counts], first: jax.Array, keys: jax.Array, ahead: int) -> tuple[State, Counts]:
        def draw_all(step: jax.Array) -> Any:
            return jax.vmap(lambda key, params: draw(step_key(key, step), params))(keys, carry[0].position)

        drawn = jax.vmap(draw_all)(_steps_from(first, ahead, 1))
        return jax.lax.scan(one_step, carry, drawn, length=ahead)[0]

    def segment(carry: tuple[State, Counts], first: jax.Array, keys: jax.Array) -> tuple[State, Counts]:
        refreshed = jax.vmap(dynamics.refresh)(carry[0])
        most = drawn_ahead(tree_bytes(carry[0].position) // len(keys))
        ahead = max(d for d in range(1, most + 1) if refresh_every % d == 0)
        starts = _steps_from(first, refresh_every // ahead, ahead)
        body = lambda carry, start: (few_steps(carry, start, keys, ahead), None)  # noqa: E731
        state, counts = jax.lax.scan(body, (refreshed, carry[1]), starts)[0]
        fresh = jax.vmap(dynamics.refresh)(state)
        drift = jnp.maximum(counts.drift, jnp.abs(fresh.loss - state.loss)) if dynamics.keeps_loss else counts.drift
        return fresh._replace(tape=()), counts._replace(drift=drift)

    return segment


def drawn_ahead(bytes_each: int) -> int:
    """Most steps whose random numbers are drawn together, where those of one step take so many bytes."""
    return max(1, min(DRAWN_AHEAD, DRAWN_BYTES // max(bytes_each, 1)))


def _steps_from(first: jax.Array, count: int, apart: int) -> jax.Array:
    """The words of ``count`` step numbers, shape (count, 2)."""
    return jax.vmap(functools.partial(later, first))(apart * jnp.arange(count, dtype=jnp.uint32))


def _ones(flags: jax.Array) -> jax.Array:
    return flags.astype(jnp.int32)


def _key_itself(key: jax.Array, params: Any) -> jax.Array:
    del params
    return key
