"""Runs that ``corr.save_run`` saved in a folder of the user's own: tested and drawn without a declaration."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corr.results import ResultError, Results, read_manifest

from ..catalogue import CATALOGUE, GROUPS, Found, gather
from ..declaring.options import CLOCK, Options
from ..judging.sides import check_finite
from ..judging.verdict import verdict
from ..running.saved import refuse_another

NAMES = {"sigma": "mutation_std", "step_ratio": "step_ratio", "alpha": "learning_rate", "beta": "beta"}


def sorted_out(names: tuple[str, ...]) -> dict[str, Found | Path]:
    """Folders of the user's own as paths, everything else as the catalogue or the user's file has it."""
    found: dict[str, Found | Path] = {}
    for name in names:
        folder = own_folder(name)
        found |= gather((name,)) if folder is None else {name: folder}
    return found


def own_folder(name: str) -> Path | None:
    """The folder of this path; None where the name is an experiment's, a group's or a Python file's."""
    if name in CATALOGUE or name in GROUPS or name.endswith(".py"):
        return None
    place = Path(name)
    return place.resolve() if place.is_dir() or "/" in name or os.sep in name else None


def tested_own(
    folder: Path, options: Options, given: Collection[str]
) -> Iterator[tuple[Path, dict[str, Any], list[Path]]]:
    """Test a saved run within the default margins to its last time; gives folder, verdict and figures.

    Raises:
        ValueError: for results missing, damaged or not what is asked.
    """
    import paper_figs

    with _explained(folder, options, given) as results:
        yield folder, verdict(results, None), paper_figs.draw_tests(results, folder / "figures")


def draw_own(folder: Path, options: Options, given: Collection[str]) -> list[Path]:
    """Draw weights and loss of a saved run as Figure 1 shows them; returns the files written.

    Raises:
        ValueError: for results missing, damaged or not what is asked.
    """
    import paper_figs

    with _explained(folder, options, given) as results:
        return paper_figs.draw(folder.name, [results], folder / "figures")


@contextmanager
def _explained(folder: Path, options: Options, given: Collection[str]) -> Iterator[Results]:
    """Gives the results; inside it, messages speak of a comparison of the user's own.

    Options that are not the run's are refused before.
    """
    if (options.preset, options.output) != (Options.preset, Options.output):
        raise ValueError(f"{folder} is the folder of one run: leave --preset and --output out")
    asked = {name: getattr(options, name) for name in given}
    asked |= {NAMES[name]: getattr(options, name) for name in CLOCK if getattr(options, name) is not None}
    if read_manifest(folder) is None:
        raise ResultError(f"no finished run in {folder}: save a comparison there with corr.save_run first", folder)
    results = Results(folder)
    refuse_another(results, asked)
    try:
        check_finite(results.sides.descent)
    except ValueError as error:
        raise ResultError(f"{folder}: {error}", folder) from error
    yield results
