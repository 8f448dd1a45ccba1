"""A finished run or study in its folder, each of its files read once."""

from functools import cached_property
from pathlib import Path
from typing import Any

import xarray

from .._types import Comparison
from ._files import read_json
from ._runs import finished_manifest, load_parts


class Results:
    """What a folder holds, read when asked for and kept.

    Args:
        folder: of a finished run or study.

    Raises:
        ResultError: by every attribute, if what it reads is missing, unfinished or damaged.

    Example:
        >>> Results("no/such/folder").manifest
        Traceback (most recent call last):
            ...
        corr.results._error.ResultError: no results in no/such/folder: run it first, or save a comparison there with
        corr.save_run
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self._parts: dict[str, xarray.Dataset] = {}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Its manifest."""
        return finished_manifest(self.folder)

    @property
    def configuration(self) -> dict[str, Any]:
        """What was run."""
        return self.manifest["configuration"]

    @cached_property
    def sides(self) -> Comparison:
        """The three Datasets of a run."""
        return Comparison(**{name: self.part(name) for name in Comparison._fields})

    @property
    def parts(self) -> dict[str, xarray.Dataset]:
        """The parts of a study by name."""
        return {name: self.part(name) for name in self.manifest["parts"]}

    def part(self, name: str) -> xarray.Dataset:
        """One Dataset by name."""
        if name not in self._parts:
            self.manifest  # noqa: B018  (what is unfinished is said before what is missing)
            self._parts |= load_parts(self.folder, [name])
        return self._parts[name]

    def json(self, name: str) -> dict[str, Any]:
        """What a JSON file of the folder holds now."""
        return read_json(self.folder / name)
