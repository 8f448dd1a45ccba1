"""The host loop: sends chunks of steps to every device and hands out what is recorded."""

import functools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from .._checks import check_count
from .._keys import check_key, step_words
from .._types import Dynamics, State
from ._begin import start_states
from ._engine import Counts, build_engine
from ._layout import Layout, padded_layout
from ._shares import gather, own_trajectories, spread

CALL_SECONDS = 0.5
ROUND = (100, 10, 1)
CALL_STEPS = 2**31 - 1  # what a call counts, it counts in int32


class Snapshot(NamedTuple):
    """This process's share of the ensemble at one step; ``counts`` since the last recorded step."""

    step: int
    state: State
    counts: Counts


def simulate(
    dynamics: Dynamics,
    params: Any,
    *,
    trajectories: int,
    key: jax.Array,
    record_at: Iterable[int],
    layout: Layout,
    refresh_every: int | Sequence[int],
    thin: tuple[int, int] | None = None,
    resume: Snapshot | None = None,
    after_chunk: Callable[[int, Callable[[], Snapshot]], None] = lambda step, fetch: None,
    start_per_trajectory: bool = False,
) -> Iterator[Snapshot]:
    """Run an ensemble from one start, yielding a ``Snapshot`` at every step of ``record_at``, step 0 included.

    All trajectories start at ``params``, or each at its own; trajectory i at step n uses the key
    ``fold_in(fold_in(fold_in(key, stream), i), n)``, and where its dynamics draws at the start that of n = 2^64 - 1, so
    it depends neither on how many others run beside it nor on the layout.

    Args:
        dynamics: what to run.
        params: start position, pytree of floating-point arrays.
        trajectories: number of trajectories.
        key: root key of the run.
        record_at: increasing step numbers, all multiples of ``refresh_every``.
        layout: from ``choose_layout``.
        refresh_every: steps between rebuilds of the tape; part of what determines the bits of a result. One number, or
            one for each interval between recorded steps that divides it; a program is compiled for every other number.
        thin: (step, count): after this recorded step only the first ``count`` trajectories go on, at least one.
        resume: go on from here instead of the start; recorded steps before it are not repeated.
        after_chunk: called on the host about twice a second with the number of steps done and a function that fetches
            a ``Snapshot`` to resume from.
        start_per_trajectory: every leaf of ``params`` has a leading axis of one start per trajectory.

    Yields:
        Snapshots of host arrays with a leading axis of trajectories (in several processes: those of this one).

    Raises:
        ValueError: if an interval is not a multiple of its ``refresh_every``, or ``thin`` names none of them or leaves
            nobody.
        TypeError: if the key is not a typed key.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import choose_layout, descent, root_key
        >>> side = descent(lambda x: jnp.sum(x**2) / 2, learning_rate=0.5)
        >>> layout = choose_layout(1)
        >>> for snapshot in simulate(side, jnp.ones(1), trajectories=1, key=root_key(0), record_at=[2],
        ...                          layout=layout, refresh_every=1):
        ...     print(snapshot.step, float(snapshot.state.position[0, 0]))
        0 1.0
        2 0.25
    """
    marks = sorted({int(mark) for mark in record_at} - {0})
    refreshes = check_refresh(refresh_every, marks)
    thin = check_thin(thin, marks)
    check_key(key)
    if resume is not None and thin is not None and resume.step > thin[0]:
        trajectories, layout = _thinned(thin, trajectories, layout)
    if not len(own_trajectories(layout, trajectories)):
        return
    own = own_trajectories(layout, trajectories)
    if resume is None:
        state = start_states(dynamics, params, key, own, start_per_trajectory)
        now = Snapshot(0, state, _no_counts(state))
    else:
        now = resume
    shares = spread(now.state, trajectories, layout, key)
    first = jax.tree.map(lambda leaf: leaf[0], params) if start_per_trajectory else params
    shortcut = dynamics.shortcut(first)
    engine_of = functools.cache(lambda every: build_engine(dynamics, shortcut, layout.block, every))
    if resume is None:
        yield now
    step, counts, pace = now.step, now.counts, 1

    def fetch() -> Snapshot:
        return Snapshot(step, gather([share.state for share in shares], layout, trajectories), counts)

    for mark, every in ((mark, every) for mark, every in zip(marks, refreshes, strict=True) if mark >= step):
        engine = engine_of(every)
        while step < mark:
            segments = min(max(1, pace // every), (mark - step) // every, CALL_STEPS // every)
            begun = time.perf_counter()
            out = [engine.advance(*share, step_words(step), np.uint32(segments)) for share in shares]
            jax.block_until_ready(out)
            seconds = max(time.perf_counter() - begun, 1e-4)
            shares = [share._replace(state=state) for (state, _), share in zip(out, shares, strict=True)]
            counts = _merge(counts, gather([new for _, new in out], layout, trajectories))
            step += segments * every
            pace = min(4 * max(pace, every), int(segments * every * CALL_SECONDS / seconds))
            after_chunk(step, fetch)
        snapshot = fetch()
        yield snapshot
        if thin is not None and mark == thin[0]:
            trajectories, layout = _thinned(thin, trajectories, layout)
            left = len(own_trajectories(layout, trajectories))
            if not left:
                return
            snapshot = snapshot._replace(state=jax.tree.map(lambda leaf: leaf[:left], snapshot.state))  # noqa: B023
            shares = spread(snapshot.state, trajectories, layout, key)
        counts = _no_counts(snapshot.state)


def default_refresh(record_at: Iterable[int]) -> int:
    """The largest divisor, at most 1000, of the spacing of all recorded steps."""
    spacing = math.gcd(*record_at) or 1
    return max(d for d in range(1, 1001) if spacing % d == 0)


def default_refreshes(marks: Sequence[int]) -> list[int]:
    """For each interval that ends at one of these steps after 0, a number that no later one changes.

    That of the first interval or one of ``ROUND``, so that few programs are compiled.
    """
    choice = (default_refresh(marks[:1]), *ROUND)
    return [max(d for d in choice if steps % d == 0) for steps in np.diff([0, *marks]).tolist()]


def _no_counts(state: State) -> Counts:
    none = np.zeros(len(state.loss), np.int64)
    return Counts(none, none, np.zeros(len(state.loss), state.loss.dtype))


def _merge(old: Counts, new: Counts) -> Counts:
    return Counts(old.accepted + new.accepted, old.nonfinite + new.nonfinite, np.fmax(old.drift, new.drift))


def _thinned(thin: tuple[int, int], trajectories: int, layout: Layout) -> tuple[int, Layout]:
    """The first trajectories on the same devices, so that each keeps its own."""
    count = min(thin[1], trajectories)
    return count, padded_layout(count, layout.devices, layout.block)


def check_thin(thin: tuple[int, int] | None, marks: Iterable[int]) -> tuple[int, int] | None:
    """Thinning as plain integers; refuses it at a step that is not recorded, or to no trajectory."""
    if thin is None:
        return None
    if not (isinstance(thin, Sequence) and len(thin) == 2):
        raise TypeError(f"thin must be a pair (step, count), got {type(thin).__name__} {thin!r}")
    step, count = thin
    count = check_count("the count of thin = (step, count)", count)
    recorded = sorted({*marks} - {0})
    if step not in recorded:
        some = f"{recorded[:5]}{'...' if len(recorded) > 5 else ''}"
        raise ValueError(f"thin starts at step {step}, expected a recorded step after 0: one of {some}")
    return int(step), count


def check_refresh(refresh_every: int | Sequence[int], marks: Sequence[int]) -> list[int]:
    """Steps between rebuilds for each interval that ends at one of these recorded steps after 0."""
    if isinstance(refresh_every, Sequence):
        refreshes = [check_count("refresh_every", every) for every in refresh_every]
        if len(refreshes) != len(marks):
            raise ValueError(f"refresh_every holds {len(refreshes)} numbers, expected one for each of {len(marks)}"
                             " intervals between recorded steps")  # fmt: skip
    else:
        refreshes = [check_count("refresh_every", refresh_every)] * len(marks)
    if max(refreshes, default=1) > CALL_STEPS:
        raise ValueError(f"refresh_every must lie in [1, {CALL_STEPS}], got {max(refreshes)}")
    intervals = zip(marks, np.diff([0, *marks]), refreshes, strict=True)
    wrong = [(mark, every) for mark, steps, every in intervals if steps % every or mark < 0]
    if wrong:
        few = [mark for mark, _ in wrong[:5]]
        raise ValueError(f"recorded steps must be multiples of refresh_every = {wrong[0][1]}, got {few}")
    return refreshes
