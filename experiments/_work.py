"""What the commands do with an experiment or a study: run it, find its results, draw it."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corr import load_run
from corr._storage import write_json

from ._catalogue import CATALOGUE, Found, find_experiment
from ._runner import Options, plan, run_experiment
from ._study import Study, run_study, study_folder


def execute(found: Found, options: Options, say: Any = print) -> list[Path]:
    """Run it, or go on with it; returns the folders of its results."""
    return [run_study(found, options, say)] if isinstance(found, Study) else run_experiment(found, options, say)


def draw(found: Found, options: Options) -> list[Path]:
    """Draw its figures from saved results; returns the files written.

    Raises:
        ValueError: if there is no figure for it, matplotlib is missing, or the results are.
    """
    if found.name not in CATALOGUE:
        raise ValueError(f"there is no figure for {found.name!r}: figures exist for {', '.join(CATALOGUE)}")
    module = figure_module(found.name)
    figures = options.output / options.preset / "figures"
    if isinstance(found, Study):
        return module.draw([study_folder(found, options)], figures)
    runs = [folder for folder, *_ in plan(found, options)]
    changed = any(value is not None for value in (options.sigma, options.step_ratio, options.alpha, options.beta))
    return module.draw(runs, figures.with_name(f"figures-{runs[0].name}") if changed else figures)


def test_runs(name: str, options: Options) -> Iterator[tuple[Path, dict[str, Any], list[Path]]]:
    """Test every run of an experiment, saved as ``test.json`` in its folder; gives folder, result and figures.

    Raises:
        ValueError: for a study, for missing or damaged results, or where statsmodels is not installed.
    """
    from ._equivalence import equivalence
    from ._equivalence_report import report

    found = find_experiment(name)
    if isinstance(found, Study):
        raise ValueError(f"{found.name} is a study: its verdict comes with `corr reproduce {found.name}`")
    for folder, *_ in plan(found, options):
        sides, manifest = load_run(folder)
        try:
            result = report(equivalence(sides, found.margins), sides)
        except ModuleNotFoundError as error:
            if error.name != "statsmodels":
                raise
            raise ValueError("the tests need statsmodels: install the extra `stats`") from error
        result |= {"run": folder.name, "preset": manifest["configuration"]["preset"]}
        write_json(folder / "test.json", result)
        figures = options.output / options.preset / "figures"
        yield folder, result, figure_module("equivalence").draw(folder / "test.json", figures)


def figure_module(name: str) -> Any:
    """The drawing module of this name; raises ``ValueError`` where matplotlib is missing."""
    try:
        return importlib.import_module(f"paper_figs.{name}")
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise ValueError("drawing needs matplotlib: install the extra `figs`") from error
