"""What `corr list` prints, kept between calls: printed again it needs no JAX."""

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import corr

from ..running.machine import machine_name, read_cache, write_cache

KEPT = "list.json"
AGAIN = "`corr list --time-again`"


def lines(names: tuple[str, ...], width: int, *, again: bool = False) -> Iterator[str]:
    """When this machine was timed, every entry with what it shows and its presets, the time of each group.

    Args:
        names: groups, names, or paths of the user's own files.
        width: of a line.
        again: time this machine anew.
    """
    made_from = _made_from()
    table = {} if again else read_cache(KEPT)
    if table.get("made from") != made_from:
        from .timetable import timetable

        table = timetable(again=again) | {"made from": made_from}
        if not table["unsteady"]:
            write_cache(KEPT, table)
    asked = _asked(names, table)
    yield from textwrap.wrap(_timed(table), width, break_on_hyphens=False)
    indent = 2 + max(map(len, table["entries"]))
    for name, entry in asked.items():
        head = f"{name:<{indent}}"
        if len(head) > indent:  # the path of a user's own file
            yield name
            head = " " * indent
        yield textwrap.fill(entry["title"], width, initial_indent=head, subsequent_indent=" " * indent)
        for size, (seconds, sizes) in entry["presets"].items():
            yield f"    {size:<6}{duration(seconds):>8}{sizes}"
    for group in table["groups"] if "all" in names else [name for name in names if name in table["groups"]]:
        yield _group(group, table)


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 1):.0f} s"


def _asked(names: tuple[str, ...], table: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of these names; the catalogue makes those of the user's files, and refuses unknown names."""
    asked: dict[str, Any] = {}
    for name in names:
        known = table["groups"].get(name, {"names": [name]})["names"]
        if known and all(one in table["entries"] for one in known):
            asked |= {one: table["entries"][one] for one in known}
        else:
            from .timetable import described

            asked |= described((name,))
    return asked


def _timed(table: Mapping[str, Any]) -> str:
    here = f"on this machine ({table['machine']})"
    compiling = f"compiling a run, about {duration(table['compiling'])} the first time, included"
    if table["unsteady"]:
        return (
            f"times {here}, {compiling}, come from a timing under load that is not kept ({table['unsteady']}): {AGAIN}"
            " when less runs beside it"
        )
    return f"times {here}, {compiling}; timed {table['timed']}, {AGAIN} times anew"


def _group(name: str, table: Mapping[str, Any]) -> str:
    group = table["groups"][name]
    times = ", ".join(f"{size} {duration(seconds)}" for size, seconds in group["seconds"].items())
    return f"  group {name}: {times or 'nothing in it yet'}"


def _made_from() -> list[Any]:
    """The version, the machine, and the state of every source file: declarations and what they are made with."""
    folders = {Path(__file__).parents[1], *map(Path, corr.__path__)}
    found = [file.stat() for folder in folders for file in folder.rglob("*.py")]
    return [
        corr.__version__,
        machine_name(),
        len(found),
        sum(one.st_size for one in found),
        max(one.st_mtime_ns for one in found),
    ]
