"""Result folders: three netCDF files and a manifest, written so that nothing saved is ever lost or half there."""

import hashlib
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import xarray

from .._types import Comparison
from ._error import DAMAGED, MISSING, UNFINISHED, ResultError
from ._files import reason, replacing, write_json, writing

MANIFEST = "manifest.json"
OWN = "none"  # stands for the preset of runs that no experiment declares


def save_run(folder: Path | str, comparison: Comparison, manifest: dict[str, Any] | None = None) -> None:
    """Write a finished run, for ``load_run``, ``corr test FOLDER`` and ``corr figure FOLDER``.

    Args:
        folder: where, made if missing.
        comparison: the three Datasets of ``compare``.
        manifest: what else to keep, plain numbers and texts. Its entry ``configuration`` is completed by σ, β, α, λ,
            sizes and times, which the Datasets tell, unless it names a ``preset``.

    Raises:
        ResultError: if the folder holds a complete run already, or cannot be written.
        ValueError: if the Datasets do not say what was run, or hold several points of a sweep.
        TypeError: if an argument has the wrong type.

    Example:
        >>> import tempfile
        >>> import jax.numpy as jnp
        >>> from corr import compare, root_key
        >>> sides = compare(lambda x: jnp.sum(x**2), jnp.ones(3), key=root_key(0), trajectories=4, end_time=0.1,
        ...                 record_every=0.05, learning_rate=1e-2, step_ratio=1.0, progress=False)
        >>> folder = Path(tempfile.mkdtemp()) / "bowl"
        >>> save_run(folder, sides)
        >>> loaded, manifest = load_run(folder)
        >>> bool((loaded.twin.loss == sides.twin.loss).all()), manifest["configuration"]["step_ratio"]
        (True, 1.0)
    """
    if not isinstance(comparison, Comparison):
        raise TypeError(f"comparison must be what corr.compare returns, got {type(comparison).__name__}")
    if "point" in comparison.mutation.dims:
        raise ValueError(
            "the Datasets hold several points of a sweep: save each in a folder of its own, with"
            " Comparison(*(side.isel(point=0) for side in sides)) for the first"
        )
    folder = Path(folder)
    with writing(folder):
        finished = (folder / MANIFEST).exists()
    if finished:
        raise ResultError(f"{folder} holds a finished run: choose another folder, or remove this one first")
    facts = dict(manifest or {})
    asked = facts.get("configuration", {})
    if "preset" not in asked:
        facts["configuration"] = {**_configuration(comparison, folder.resolve().name), **asked}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, data in comparison._asdict().items():
        save_part(folder, name, data)
    # The manifest marks the run complete, so it comes last.
    marked = {**facts, "configuration_hash": configuration_hash(facts["configuration"]), "complete": True}
    write_json(folder / MANIFEST, marked)


def _configuration(comparison: Comparison, name: str) -> dict[str, Any]:
    """What was run, from the Datasets' own attributes and sizes."""
    walk, twin, descent = comparison
    clock = ("mutation_std", "beta", "learning_rate", "step_ratio")
    told = {**{one: walk[one].item() for one in clock if one in walk.coords}, **walk.attrs}
    missing = [one for one in clock if one not in told]
    if missing:
        raise ValueError(f"the mutation Dataset has no attribute {', '.join(missing)}: save what corr.compare returns")
    times = walk.time.values
    return {
        "run": name,
        "preset": OWN,
        **{one: walk.attrs[one] for one in ("rule", "proposal") if one in walk.attrs},
        **{one: "inf" if math.isinf(float(told[one])) else float(told[one]) for one in clock},
        "trajectories": walk.sizes["trajectory"],
        "twin_trajectories": twin.sizes["trajectory"],
        "end_time": float(times[-1]),
        "record_every": float(times[1] - times[0]),
        "descent_learning_rate": float(descent.step_size.values[-1]),
    }


def load_run(folder: Path | str) -> tuple[Comparison, dict[str, Any]]:
    """Read a finished run.

    Args:
        folder: a folder written by ``save_run``.

    Returns:
        (the three Datasets in memory, the manifest).

    Raises:
        ResultError: if the folder is missing, incomplete or damaged; the message says what mends it.

    Example:
        >>> load_run("no/such/folder")
        Traceback (most recent call last):
            ...
        corr.results._error.ResultError: no results in no/such/folder: run it first, or save a comparison there with
        corr.save_run
    """
    folder = Path(folder)
    manifest = finished_manifest(folder)
    return Comparison(**load_parts(folder, Comparison._fields)), manifest


def save_part(folder: Path, name: str, data: xarray.Dataset) -> None:
    """Write one Dataset so that it is there in full or not at all; raises ``ResultError`` where that fails."""
    with replacing(folder / f"{name}.nc") as partial:
        data.to_netcdf(partial, engine="h5netcdf")


def load_parts(folder: Path | str, names: Iterable[str]) -> dict[str, xarray.Dataset]:
    """Datasets of a folder by name, in memory; raises ``ResultError`` where one is missing or damaged."""
    parts = {}
    for name in names:
        file = Path(folder) / f"{name}.nc"
        try:
            parts[name] = xarray.load_dataset(file, engine="h5netcdf")
        except Exception as error:
            said = f"{file} is missing or damaged ({type(error).__name__})"
            raise ResultError(said, Path(folder), DAMAGED) from error
    return parts


def finished_manifest(folder: Path | str) -> dict[str, Any]:
    """The manifest of a folder whose run is finished; raises ``ResultError`` where it is not."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest is None and not folder.is_dir():
        raise ResultError(f"no results in {folder}", folder, MISSING)
    if manifest is None:
        raise ResultError(f"the run in {folder} is not finished", folder, UNFINISHED)
    return manifest


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a complete run, None where there is none."""
    file = folder / MANIFEST
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ResultError(f"cannot read {file} ({reason(error)}): choose another folder") from error
    except ValueError as error:
        raise ResultError(f"{file} is damaged ({error})", folder, DAMAGED) from error


def configuration_hash(configuration: dict[str, Any]) -> str:
    """A short hash of a configuration, independent of the order of its fields."""
    text = json.dumps(configuration, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
