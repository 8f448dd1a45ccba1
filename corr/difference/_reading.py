"""Which values a change reads, and so which a tape must keep."""

from collections.abc import Callable, Mapping
from typing import Any

import jax


def values_read(
    change: Callable[[Mapping[int, Any], tuple[int, ...]], Any], values: Mapping[int, Any]
) -> tuple[int, ...]:
    """Which values a change pass reads, also to renew what it reads; found by tracing, nothing is computed.

    ``change(values, keep)`` is the pass that hands on the values ``keep``.
    """
    read: set[int] = set()
    kept: tuple[int, ...] | None = None
    while kept is None or (len(kept) != len(read)):
        kept = tuple(sorted(read))
        jax.eval_shape(lambda known, kept=kept: change(_Recorder(known, read), kept), dict(values))
    return kept


class _Recorder(Mapping):
    """A mapping that notes what is read from it."""

    def __init__(self, known: Mapping[int, Any], read: set[int]):
        self._known, self._read = known, read

    def __getitem__(self, key: int) -> Any:
        self._read.add(key)
        return self._known[key]

    def __iter__(self):
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
