"""Runs that ``corr.save_run`` saved in a folder of the user's own: tested and drawn without a declaration."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corr import ResultError
from corr._storage import read_manifest

from ._catalogue import CATALOGUE
from ._plan import CLOCK, Options
from ._saved import refuse_another
from ._tested import figure_module, tested_run

NAMES = {"sigma": "mutation_std", "step_ratio": "step_ratio", "alpha": "learning_rate", "beta": "beta"}


def own_folder(name: str) -> Path | None:
    """The folder of this path; None where the name is an experiment's or a Python file's."""
    if name in CATALOGUE or name.endswith(".py"):
        return None
    place = Path(name)
    return place.resolve() if place.is_dir() or "/" in name or os.sep in name else None


def tested_own(folder: Path, options: Options, given: Collection[str]) -> tuple[dict[str, Any], list[Path]]:
    """Test a saved run within the default margins to its last time; gives the result and the figures.

    Raises:
        ValueError: for results missing, damaged or not what is asked.
    """
    with _explained(folder, options, given):
        result = tested_run(folder, None)
        return result, figure_module("equivalence").draw(folder / "test.json", folder / "figures")


def draw_own(folder: Path, options: Options, given: Collection[str]) -> list[Path]:
    """Draw weights and loss of a saved run as Figure 1 shows them; returns the files written.

    Raises:
        ValueError: for results missing, damaged or not what is asked.
    """
    with _explained(folder, options, given):
        return figure_module("fig1").draw_as(f"{folder.name}-", folder, folder / "figures", None)


@contextmanager
def _explained(folder: Path, options: Options, given: Collection[str]) -> Iterator[None]:
    """Inside it, messages speak of the user's own comparison; options that are not the run's are refused before."""
    if (options.preset, options.output) != (Options.preset, Options.output):
        raise ValueError(f"{folder} is the folder of one run: leave --preset and --output out")
    asked = {name: getattr(options, name) for name in given}
    asked |= {NAMES[name]: getattr(options, name) for name in CLOCK if getattr(options, name) is not None}
    if read_manifest(folder) is None:
        raise ResultError(f"no finished run in {folder}: save a comparison there with corr.save_run first")
    try:
        refuse_another(folder, asked)
        yield
    except ResultError as error:
        raise ResultError(str(error).replace("`corr run EXPERIMENT`", "your comparison")) from error
