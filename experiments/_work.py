"""What the commands do with an experiment or a study: run it, find its results, draw it."""

import importlib
from pathlib import Path
from typing import Any

from ._catalogue import CATALOGUE
from ._declare import Experiment
from ._runner import Options, plan, run_experiment
from ._study import Study, run_study, study_folder


def execute(found: Experiment | Study, options: Options, say: Any = print) -> list[Path]:
    """Run it, or go on with it; returns the folders of its results."""
    return [run_study(found, options, say)] if isinstance(found, Study) else run_experiment(found, options, say)


def draw(found: Experiment | Study, options: Options) -> list[Path]:
    """Draw its figures from saved results; returns the files written.

    Raises:
        ValueError: if there is no figure for it, matplotlib is missing, or the results are.
    """
    if found.name not in CATALOGUE:
        raise ValueError(f"there is no figure for {found.name!r}: figures exist for {', '.join(CATALOGUE)}")
    try:
        module = importlib.import_module(f"paper_figs.{found.name}")
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise ValueError("drawing needs matplotlib: install the extra `figs`") from error
    figures = options.output / options.preset / "figures"
    if isinstance(found, Study):
        return module.draw([study_folder(found, options)], figures)
    runs = [folder for folder, *_ in plan(found, options)]
    changed = any(value is not None for value in (options.sigma, options.step_ratio, options.alpha, options.beta))
    return module.draw(runs, figures.with_name(f"figures-{runs[0].name}") if changed else figures)
