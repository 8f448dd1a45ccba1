"""Result folders: three netCDF files and a manifest, written so that nothing saved is ever lost or half there."""

import fcntl
import hashlib
import json
import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xarray

from ._compare import Comparison

MANIFEST = "manifest.json"
BEGUN = "configuration.json"


class ResultError(ValueError):
    """A results folder is missing, incomplete, damaged, or holds another configuration."""


def save_run(folder: Path, comparison: Comparison, manifest: dict[str, Any]) -> None:
    """Write a finished run; the manifest, which marks it complete, comes last.

    Args:
        folder: where, made if missing.
        comparison: the three Datasets.
        manifest: plain numbers and texts; must hold ``configuration``.

    Raises:
        ResultError: if the folder holds a complete run already.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> empty = xarray.Dataset({"loss": ("time", [1.0])})
        >>> folder = Path(tempfile.mkdtemp()) / "run"
        >>> save_run(folder, Comparison(empty, empty, empty), {"configuration": {"seed": 0}})
        >>> float(load_run(folder)[0].twin.loss[0])
        1.0
    """
    if (folder / MANIFEST).exists():
        raise ResultError(f"{folder} holds a finished run: choose another --output")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in comparison._asdict().items():
        save_part(folder, name, data)
    facts = {**manifest, "configuration_hash": configuration_hash(manifest["configuration"]), "complete": True}
    write_json(folder / MANIFEST, facts)


def load_run(folder: Path | str) -> tuple[Comparison, dict[str, Any]]:
    """Read a finished run.

    Args:
        folder: a folder written by ``save_run``.

    Returns:
        (the three Datasets in memory, the manifest).

    Raises:
        ResultError: if the folder is missing, incomplete or damaged; the message names the command to run.

    Example:
        >>> load_run("no/such/folder")
        Traceback (most recent call last):
            ...
        corr._storage.ResultError: no results in no/such/folder: run `corr run EXPERIMENT` first
    """
    folder = Path(folder)
    manifest = finished_manifest(folder)
    return Comparison(**load_parts(folder, Comparison._fields)), manifest


def save_part(folder: Path, name: str, data: xarray.Dataset) -> None:
    """Write one Dataset so that it is there in full or not at all."""
    partial = folder / f".{name}.nc.partial"
    data.to_netcdf(partial, engine="h5netcdf")
    os.replace(partial, folder / f"{name}.nc")


def load_parts(folder: Path, names: Iterable[str]) -> dict[str, xarray.Dataset]:
    """Datasets of a folder by name, in memory; raises ``ResultError`` where one is missing or damaged."""
    parts = {}
    for name in names:
        try:
            parts[name] = xarray.load_dataset(folder / f"{name}.nc", engine="h5netcdf")
        except Exception as error:
            raise ResultError(
                f"{folder / name}.nc is missing or damaged ({type(error).__name__}): move the folder aside and run"
                " `corr run EXPERIMENT` again"
            ) from error
    return parts


def finished_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder whose run is finished; raises ``ResultError`` where it is not."""
    if not folder.is_dir():
        raise ResultError(f"no results in {folder}: run `corr run EXPERIMENT` first")
    manifest = read_manifest(folder)
    if manifest is None:
        raise ResultError(f"the run in {folder} is not finished: run `corr run EXPERIMENT` again, it goes on")
    return manifest


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a complete run, None where there is none."""
    file = folder / MANIFEST
    if not file.exists():
        return None
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ResultError(
            f"{file} is damaged ({error}): move the folder aside and run `corr run EXPERIMENT` again"
        ) from error


def claim_folder(folder: Path, configuration: dict[str, Any], *, fresh: bool = False) -> bool:
    """Make ``folder`` ready for a run of this configuration; True where it already holds the finished run.

    Nothing is overwritten: with ``fresh``, or where the folder holds something else, what is there is kept aside.

    Raises:
        ResultError: if the folder holds another configuration, naming the fields that differ.
    """
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
    except (OSError, json.JSONDecodeError):
        return None


def _keep_aside(folder: Path) -> None:
    number = 1
    while (aside := folder.with_name(f"{folder.name}.aside-{number}")).exists():
        number += 1
    folder.rename(aside)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold ``folder`` for this process alone.

    Raises:
        ResultError: if another process holds it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise ResultError(
                f"another process ({file.read().strip() or 'unknown'}) is running in {folder}: wait for it, or choose"
                " another --output"
            ) from error
        file.truncate(0)
        file.write(f"pid {os.getpid()} on {platform.node()}")
        file.flush()
        yield


def configuration_hash(configuration: dict[str, Any]) -> str:
    """A short hash of a configuration, independent of the order of its fields."""
    text = json.dumps(configuration, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_json(file: Path, content: Any) -> None:
    """Write JSON so that readers see the old file or the new one, never a part."""
    partial = file.with_name(f".{file.name}.partial")
    partial.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    os.replace(partial, file)


def _differences(saved: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    plain = json.loads(json.dumps(asked))
    fields = sorted({*saved, *plain})
    return [
        f"{name}: saved {saved.get(name)!r}, asked {plain.get(name)!r}"
        for name in fields
        if saved.get(name) != plain.get(name)
    ]
