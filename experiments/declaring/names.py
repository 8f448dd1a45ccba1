"""Things by name, with a hint where a name is not known."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

Item = TypeVar("Item")


def nearest(kind: str, name: str, known: Mapping[str, Item]) -> Item:
    """The item of this name; raises ``ValueError`` with the closest name, or all of them, where there is none."""
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known)}"
    raise ValueError(f"unknown {kind} {name!r}: {hint}")


def flag(name: str) -> str:
    """An option as it is written on the command line, without the dashes before it."""
    return "lambda" if name == "step_ratio" else name.replace("_", "-")
