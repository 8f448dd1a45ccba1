"""The one driver of all figures: finds their makers, reads what they draw, applies the style, saves."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.figure import Figure

from corr.results import OWN, Results

from ..generic import generic_makers
from .named import module_named
from .read import ExperimentResult, StudyResult, complete, read_study
from .style import STYLE, save

Maker = Callable[[Any], tuple[Figure, dict[str, Any]]]


def draw(name: str, results: Sequence[Results], folder: Path) -> list[Path]:
    """Draw every figure of an experiment or study from its saved results.

    Args:
        name: of the experiment or study; an experiment without figures of its own gets generic ones (weights, loss and
            Δ), which claim nothing about the paper.
        results: its finished runs, λ ascending, or the one folder of a study.
        folder: where to write each figure as PDF, PNG and JSON (the plotted numbers).

    Returns:
        The files written; nothing is written unless every figure can be drawn.

    Raises:
        ResultError: if results are missing, unfinished or damaged.
        ValueError: for a study without a figure of its own.
    """
    makers = makers_of(name, results[0])
    if "parts" in results[0].manifest:
        study = read_study(results[0])
        with_settings = {title: _stating(make) for title, make in makers.items()}
        return save_figures(with_settings, study, results[0].folder, folder)
    return save_figures(makers, ExperimentResult(name, results), results[0].folder.parent, folder)


def makers_of(name: str, results: Results) -> Mapping[str, Maker]:
    """The makers of an experiment or study by the name of their figure."""
    place = module_named(name)
    if place is not None and results.configuration.get("preset") != OWN:
        return importlib.import_module(place).MAKERS
    if "parts" in results.manifest:
        raise ValueError(f"study {name} has no figure: declare its MAKERS in paper_figs/studies or paper_figs/systems")
    return generic_makers(name)


def _shows(make: Maker) -> str:
    """The first line of a maker's docstring; of one that states settings as well, that of what it makes."""
    shown = make.keywords.get("make", make.func) if isinstance(make, partial) else make
    return (shown.__doc__ or "").partition("\n")[0].rstrip(".")


def save_figures(makers: Mapping[str, Maker], found: Any, source: Path, folder: Path) -> list[Path]:
    """Make all figures of what was found in ``source``, then write them; returns the files."""
    with matplotlib.style.context(STYLE):
        with complete(source):
            made = {title: make(found) for title, make in makers.items()}
        return [
            file
            for title, (figure, numbers) in made.items()
            for file in save(figure, folder, title, numbers, _shows(makers[title]))
        ]


def _stating(make: Maker) -> Maker:
    """The numbers of a study's figure, with its settings in front."""

    @wraps(make)
    def stated(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
        figure, numbers = make(found)
        return figure, {"configuration": found.configuration, **numbers}

    return stated
