"""Files written in full or not at all; what can go wrong with them said in one line."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ._error import DAMAGED, ResultError


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Inside it, an error of the file system says what could not be written.

    Raises:
        ResultError: instead of an ``OSError`` (no permission, a full disk, a file where a folder is needed, a name that
            is too long).
    """
    try:
        yield
    except OSError as error:
        raise ResultError(f"cannot write {place} ({reason(error)}): choose another place, or make room") from error


def make_writable(folder: Path) -> None:
    """Make a folder that will hold results; raises ``ResultError`` where nothing can be written in it."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Gives a path to write to, which becomes ``file`` at the end: readers see the old file or the new, never a part.

    Raises:
        ResultError: if it cannot be written.
    """
    partial = file.with_name(f".{file.name}.partial")
    with writing(file):
        try:
            yield partial
            os.replace(partial, file)
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise


def reason(error: OSError) -> str:
    """The system's words for an error, with the file it stumbled on."""
    words = error.strerror or str(error) or type(error).__name__
    return words if error.filename is None else f"{words}: {error.filename}"


def write_json(file: Path, content: Any) -> None:
    """Write JSON so that readers see the old file or the new one, never a part."""
    with replacing(file) as partial:
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def read_json(file: Path) -> Any:
    """What a JSON file beside results holds; raises ``ResultError`` where it is missing or damaged."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultError(f"{file} is missing or damaged", file.parent, DAMAGED) from error
