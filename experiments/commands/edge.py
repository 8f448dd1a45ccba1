"""Messages at the edge of the command line: what is wrong with results, and the command that mends it."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from corr.results import DAMAGED, MISSING, UNFINISHED, ResultError

from ..declaring.names import flag
from ..declaring.options import CLOCK, NUMBERS, Options


@contextmanager
def mending(name: str, options: Options) -> Iterator[None]:
    """Inside it, messages on results that another run would mend name the command to run.

    Args:
        name: the experiment or study, as the user wrote it.
        options: with its preset and output.
    """
    command = f"`corr run {asking(name, options)}`"
    cures = {
        MISSING: f"run {command} first",
        UNFINISHED: f"run {command} again, it goes on",
        DAMAGED: f"move the folder aside and run {command} again",
    }
    try:
        yield
    except ResultError as error:
        if not error.kind:
            raise
        raise ResultError(f"{error.said}: {cures[error.kind]}", error.folder) from error


def asking(name: str, options: Options) -> str:
    """What stands behind ``corr run`` or ``corr reproduce`` for these results: what fixes them, as it was given."""
    given = options.changed((*CLOCK, *NUMBERS, "data"))
    said = "".join(f" --{flag(one)} {shlex.quote(str(value))}" for one, value in given.items())
    return f"{shlex.quote(name)} --preset {options.preset} --output {shlex.quote(str(options.output))}{said}"
