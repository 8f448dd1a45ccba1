"""What the commands do with an experiment or a study: run it, find its results, draw it."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from corr._files import make_writable
from corr._storage import write_json

from ._catalogue import CATALOGUE, Found, find_experiment
from ._names import flag
from ._own import own_folder, tested_own
from ._plan import CLOCK, Options
from ._runner import run_experiment
from ._saved import asking, naming, saved_folders
from ._study import Study, run_study
from ._tested import figure_module, tested_run


def execute(found: Found, options: Options, say: Any = print) -> list[Path]:
    """Run it, or go on with it; returns the folders of its results."""
    return [run_study(found, options, say)] if isinstance(found, Study) else run_experiment(found, options, say)


def draw(found: Found, options: Options, given: Collection[str] = ()) -> list[Path]:
    """Draw its figures from saved results; returns the files written.

    Raises:
        ValueError: if there is no figure for it, matplotlib is missing, or the results are, or are not what is asked.
    """
    if found.name not in CATALOGUE:
        raise ValueError(f"there is no figure for {found.name!r}: figures exist for {', '.join(CATALOGUE)}")
    module = figure_module(found.name)
    figures = options.output / options.preset / "figures"
    with naming(found.name, options):
        folders = saved_folders(found, options, given)
        changed = any(getattr(options, name) is not None for name in CLOCK)
        return module.draw(folders, figures.with_name(f"figures-{folders[0].name}") if changed else figures)


def tested_runs(
    name: str, options: Options, given: Collection[str] = ()
) -> Iterator[tuple[Path, dict[str, Any], list[Path]]]:
    """Test every run of an experiment, or the one in a folder of the user's own; gives folder, result and figures.

    Results are saved as ``test.json`` in the folder.

    Raises:
        ValueError: for a study, for results missing, damaged or not what is asked.
    """
    folder = own_folder(name)
    if folder is not None:
        yield folder, *tested_own(folder, options, given)
        return
    found = find_experiment(name)
    if isinstance(found, Study):
        raise ValueError(f"{found.name} is a study: its verdict comes with `corr reproduce {asking(name, options)}`")
    with naming(name, options):
        folders = saved_folders(found, options, given)
    for folder in folders:
        with naming(name, options):
            result = tested_run(folder, found.margins)
        figures = options.output / options.preset / "figures"
        yield folder, result, figure_module("equivalence").draw(folder / "test.json", figures)


def look_ahead(name: str, options: Options, tolerance: float) -> tuple[dict[str, Any], list[Path]]:
    """Foresee a run, saved as ``validity.json`` in a folder named by what was changed; gives result and figures.

    Raises:
        ValueError, TypeError: for a study, bad options.
    """
    from ._foresight import TOLERANCE, validity

    found = find_experiment(name)
    if isinstance(found, Study):
        raise ValueError(f"{found.name} is a study with numbers of its own: validity looks at experiments, like fig1")
    changed = [*_changes(options), *[f"tolerance-{tolerance:.6g}"] * (tolerance != TOLERANCE)]
    folder = options.output / options.preset / "-".join(["validity", found.name, *changed])
    make_writable(folder)
    result = validity(found, options, tolerance=tolerance)
    write_json(folder / "validity.json", result)
    return result, figure_module("validity").draw(folder / "validity.json", folder / "figures")


def _changes(options: Options) -> list[str]:
    """Names and values of what is not as the preset has it."""
    default, names = Options(), ("seed", "start_seed", *CLOCK)
    changed = {name: getattr(options, name) for name in names if getattr(options, name) != getattr(default, name)}
    return [
        f"{flag(name)}-{value:.6g}" if name in CLOCK else f"{flag(name)}-{value}" for name, value in changed.items()
    ]
