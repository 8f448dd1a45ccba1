"""Warnings that a run or a comparison says once, however many of its parts come upon their cause."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_said: ContextVar[set[str] | None] = ContextVar("said", default=None)


def warn(message: str, *, stacklevel: int = 2) -> None:
    """A ``UserWarning``, unless the run under way has said the same."""
    said = _said.get()
    if said is None or message not in said:
        if said is not None:
            said.add(message)
        warnings.warn(message, UserWarning, stacklevel=stacklevel + 1)


@contextmanager
def told_once() -> Iterator[None]:
    """Within it, also as a decorator, each warning is said once; the outermost one counts."""
    if _said.get() is not None:
        yield
        return
    token = _said.set(set())
    try:
        yield
    finally:
        _said.reset(token)
