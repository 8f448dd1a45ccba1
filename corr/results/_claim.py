"""One process, or one group of processes, at a time in a result folder, for one configuration."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import jax

from ._error import ResultError
from ._files import write_json, writing
from ._lock import locked
from ._runs import read_manifest

BEGUN = "configuration.json"


@contextmanager
def claimed(folder: Path, configuration: dict[str, Any], *, fresh: bool) -> Iterator[bool]:
    """Hold ``folder`` for a run of this configuration; gives whether the run is finished already.

    Of several processes the first one claims the folder and the others wait for it.

    Raises:
        ResultError: if another run holds the folder, or it holds another configuration.
    """
    with locked(folder) if jax.process_index() == 0 else nullcontext():
        finished = jax.process_index() == 0 and claim_folder(folder, configuration, fresh=fresh)
        if jax.process_count() > 1:
            from jax.experimental import multihost_utils

            multihost_utils.sync_global_devices(f"claimed {folder.name}")
            finished = read_manifest(folder) is not None
        yield finished


def claim_folder(folder: Path, configuration: dict[str, Any], *, fresh: bool = False) -> bool:
    """Make ``folder`` ready for a run of this configuration; True where it already holds the finished run.

    Nothing is overwritten: with ``fresh``, or where the folder holds something else, what is there is kept aside.

    Raises:
        ResultError: if the folder holds another configuration, naming the fields that differ, or cannot be written.
    """
    with writing(folder):
        return _claim(folder, configuration, fresh)


def _claim(folder: Path, configuration: dict[str, Any], fresh: bool) -> bool:
    if fresh and folder.exists():
        _keep_aside(folder)
    saved = saved_configuration(folder)
    if saved is None and folder.exists() and any(folder.iterdir()):
        _keep_aside(folder)
    differ = [] if saved is None else _differences(saved, configuration)
    if differ:
        raise ResultError(
            f"{folder} holds a run with another configuration ({'; '.join(differ)}): choose another --output, or"
            " --fresh to keep it aside and start over"
        )
    folder.mkdir(parents=True, exist_ok=True)
    if saved is None:
        write_json(folder / BEGUN, configuration)
    return read_manifest(folder) is not None


def saved_configuration(folder: Path) -> dict[str, Any] | None:
    """The configuration of the finished or unfinished run in a folder; None where there is none."""
    manifest = read_manifest(folder)
    if manifest is not None:
        return manifest.get("configuration", {})
    try:
        return json.loads((folder / BEGUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _keep_aside(folder: Path) -> None:
    number = 1
    while (aside := folder.with_name(f"{folder.name}.aside-{number}")).exists():
        number += 1
    folder.rename(aside)


def _differences(saved: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    plain = json.loads(json.dumps(asked))
    fields = sorted({*saved, *plain})
    return [
        f"{name}: saved {saved.get(name)!r}, asked {plain.get(name)!r}"
        for name in fields
        if saved.get(name) != plain.get(name)
    ]
