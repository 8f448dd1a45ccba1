"""The compiled part: one program, sent to every device; in it blocks by lax.map and steps by scan.

Devices share nothing but their clock, so each gets its own call and works on while the host waits for all of them. The
same program under ``shard_map`` took three times as long per step on two CPU devices (13.8 against 4.1 µs per step and
trajectory, shallow network, jax 0.10.2).
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._keys import trajectory_key
from .._types import Dynamics, State
from ._layout import Layout, choose_layout

DRAWN_AHEAD = 50
CALL_SECONDS = 0.5


class Counts(NamedTuple):
    """Per trajectory: steps accepted, and proposals (or steps) whose loss was not finite."""

    accepted: Any
    nonfinite: Any


class Snapshot(NamedTuple):
    """The ensemble at one recorded step; counts since the one before."""

    step: int
    state: State
    counts: Counts


class Engine(NamedTuple):
    """A compiled ``advance(states, ids, key, first_step, segments) -> (states, counts)`` with its segment length."""

    advance: Callable[..., tuple[State, Counts]]
    refresh_every: int


def build_engine(dynamics: Dynamics, layout: Layout, refresh_every: int) -> Engine:
    """Compile-ready engine of one dynamics; ``segments`` of ``refresh_every`` steps each are run per call."""
    draw, advance = dynamics.halves or (_key_itself, dynamics.step)
    ahead = max(d for d in range(1, DRAWN_AHEAD + 1) if refresh_every % d == 0)

    def one_step(carry: tuple[State, Counts], drawn: Any) -> tuple[tuple[State, Counts], None]:
        state, counts = carry
        state, info = jax.vmap(advance)(drawn, state)
        counts = Counts(counts.accepted + _ones(info.accepted), counts.nonfinite + _ones(~info.finite))
        return (state, counts), None

    def few_steps(carry: tuple[State, Counts], first: jax.Array, keys: jax.Array) -> tuple[State, Counts]:
        def draw_all(step: jax.Array) -> Any:
            return jax.vmap(lambda key, params: draw(jax.random.fold_in(key, step), params))(keys, carry[0].position)

        drawn = jax.vmap(draw_all)(first + jnp.arange(ahead, dtype=first.dtype))
        return jax.lax.scan(one_step, carry, drawn, length=ahead)[0]

    def segment(carry: tuple[State, Counts], first: jax.Array, keys: jax.Array) -> tuple[State, Counts]:
        refreshed = jax.vmap(dynamics.refresh)(carry[0])
        starts = first + ahead * jnp.arange(refresh_every // ahead, dtype=first.dtype)
        body = lambda carry, start: (few_steps(carry, start, keys), None)  # noqa: E731
        state, counts = jax.lax.scan(body, (refreshed, carry[1]), starts)[0]
        return jax.vmap(dynamics.refresh)(state)._replace(tape=()), counts

    def one_block(block: tuple[State, jax.Array], first: jax.Array, segments: jax.Array) -> tuple[State, Counts]:
        state, keys = block
        zero = jnp.zeros(keys.shape, jnp.int32)
        body = lambda k, carry: segment(carry, first + refresh_every * k, keys)  # noqa: E731
        return jax.lax.fori_loop(0, segments, body, (state, Counts(zero, zero)))

    def one_device(state: State, ids: jax.Array, root: jax.Array, first: jax.Array, segments: jax.Array) -> Any:
        keys = jax.vmap(lambda i: trajectory_key(root, dynamics.stream, i))(ids)
        blocks = jax.tree.map(lambda leaf: leaf.reshape(-1, layout.block, *leaf.shape[1:]), (state, keys))
        out = jax.lax.map(lambda block: one_block(block, first, segments), blocks)
        return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), out)

    return Engine(jax.jit(one_device, donate_argnums=0), refresh_every)


def _ones(flags: jax.Array) -> jax.Array:
    return flags.astype(jnp.int32)


def _key_itself(key: jax.Array, params: Any) -> jax.Array:
    del params
    return key


def simulate(
    dynamics: Dynamics,
    params: Any,
    *,
    trajectories: int,
    key: jax.Array,
    record_at: Iterable[int],
    layout: Layout,
    refresh_every: int,
    thin: tuple[int, int] | None = None,
    progress: Callable[[int], None] = lambda step: None,
) -> Iterator[Snapshot]:
    """Run an ensemble from one start, yielding a ``Snapshot`` at every step of ``record_at``, step 0 included.

    All trajectories start at ``params``; trajectory i at step n uses the key
    ``fold_in(fold_in(fold_in(key, stream), i), n)``, so it depends neither on how many others run
    beside it nor on the layout.

    Args:
        dynamics: what to run.
        params: start position, pytree of floating-point arrays.
        trajectories: number of trajectories.
        key: root key of the run.
        record_at: increasing step numbers, all multiples of ``refresh_every``.
        layout: from ``choose_layout``.
        refresh_every: steps between rebuilds of the tape; part of what determines the bits of a result.
        thin: (step, count): after this recorded step only the first ``count`` trajectories go on.
        progress: called on the host with the number of steps done, about twice a second.

    Yields:
        Snapshots of host arrays with a leading axis of ``trajectories``.

    Raises:
        ValueError: if a recorded step is not a multiple of ``refresh_every``.

    Example:
        >>> from corr import choose_layout, descent, root_key
        >>> side = descent(lambda x: jnp.sum(x**2) / 2, learning_rate=0.5)
        >>> layout = choose_layout(1)
        >>> for snapshot in simulate(side, jnp.ones(1), trajectories=1, key=root_key(0), record_at=[2],
        ...                          layout=layout, refresh_every=1):
        ...     print(snapshot.step, float(snapshot.state.position[0, 0]))
        0 1.0
        2 0.25
    """
    marks = _check_marks(record_at, refresh_every)
    shards = _spread(dynamics.init(params)._replace(tape=()), layout, key)
    engine = build_engine(dynamics, layout, refresh_every)
    none = np.zeros(trajectories, np.int64)
    yield Snapshot(0, _gather([shard[0] for shard in shards], trajectories), Counts(none, none))
    step, per_call = 0, 1
    for mark in marks:
        counts = Counts(none, none)
        while step < mark:
            segments = min(per_call, (mark - step) // refresh_every)
            begun = time.perf_counter()
            out = [engine.advance(*shard, np.int32(step), np.int32(segments)) for shard in shards]
            jax.block_until_ready(out)
            seconds = max(time.perf_counter() - begun, 1e-4)
            shards = [(state, *shard[1:]) for (state, _), shard in zip(out, shards, strict=True)]
            counts = jax.tree.map(np.add, counts, _gather([new for _, new in out], trajectories))
            per_call = max(1, min(4 * per_call, int(segments * CALL_SECONDS / seconds)))
            step += segments * refresh_every
            progress(step)
        yield Snapshot(mark, _gather([shard[0] for shard in shards], trajectories), counts)
        if thin is not None and mark == thin[0] and thin[1] < trajectories:
            trajectories, none = thin[1], none[: thin[1]]
            layout = choose_layout(trajectories, layout.devices, layout.block)
            shards = _keep_first(shards, layout)
            engine = build_engine(dynamics, layout, refresh_every)


def default_refresh(record_at: Iterable[int]) -> int:
    """The largest divisor, at most 1000, of the spacing of all recorded steps."""
    spacing = math.gcd(*record_at) or 1
    return max(d for d in range(1, 1001) if spacing % d == 0)


def _check_marks(record_at: Iterable[int], refresh_every: int) -> list[int]:
    marks = sorted({int(mark) for mark in record_at} - {0})
    wrong = [mark for mark in marks if mark % refresh_every or mark < 0]
    if wrong:
        raise ValueError(f"recorded steps must be multiples of refresh_every = {refresh_every}, got {wrong[:5]}")
    return marks


def _spread(start: State, layout: Layout, key: jax.Array) -> list[tuple[State, jax.Array, jax.Array]]:
    """The start state repeated for every trajectory, their numbers and the key, one share per device."""
    share = layout.padded // layout.devices
    repeated = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (share, *np.shape(leaf))), start)
    return [
        jax.device_put((repeated, np.arange(share, dtype=np.uint32) + share * number, key), device)
        for number, device in enumerate(jax.devices()[: layout.devices])
    ]


def _keep_first(shards: list[Any], layout: Layout) -> list[Any]:
    """The first ``layout.padded`` trajectories, shared out anew."""
    states, ids, keys = zip(*shards, strict=True)
    whole = jax.tree.map(
        lambda *leaves: np.concatenate([np.asarray(leaf) for leaf in leaves]), *zip(states, ids, strict=True)
    )
    share = layout.padded // layout.devices
    return [
        (*jax.device_put(jax.tree.map(lambda leaf: leaf[n * share : (n + 1) * share], whole), device), key)  # noqa: B023
        for n, (device, key) in enumerate(zip(jax.devices()[: layout.devices], keys, strict=False))
    ]


def _gather(trees: list[Any], trajectories: int) -> Any:
    """Shares of all devices on the host, padding removed."""
    return jax.tree.map(lambda *leaves: np.concatenate([np.asarray(leaf) for leaf in leaves])[:trajectories], *trees)
