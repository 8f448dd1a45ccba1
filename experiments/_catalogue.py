"""Every experiment and study by name, and those in the user's own files."""

import importlib.util
from pathlib import Path
from typing import Any

from . import (
    architectures,
    bias,
    density,
    drift,
    fig1,
    fig2,
    fig3,
    fig4,
    fig5,
    fig6,
    figs1,
    figs2,
    figs3,
    figs4,
    levels,
    order,
    precision,
    regimes,
    universality,
)
from ._declare import Experiment
from ._names import nearest
from ._study import Study

Found = Experiment | Study

FIGURES = (fig1, fig2, fig3, fig4, fig5, fig6, figs1, figs2, figs3, bias)
EXPERIMENTS: dict[str, Experiment] = {module.experiment.name: module.experiment for module in FIGURES}
QUESTIONS = (figs4, drift, regimes, levels, order, density, universality, precision, architectures)
STUDIES: dict[str, Study] = {module.study.name: module.study for module in QUESTIONS}
CATALOGUE: dict[str, Found] = {**EXPERIMENTS, **STUDIES}


def find_experiment(name: str) -> Found:
    """The experiment or study of this name, or the one declared as ``experiment`` in the file at this path."""
    if name.endswith(".py"):
        return _from_file(Path(name))
    try:
        return nearest("experiment", name, CATALOGUE)
    except ValueError as error:
        raise ValueError(f"{error}; of your own: {name}.py for a file, ./{name} for a saved run") from error


def find_preset(experiment: Found, name: str) -> Any:
    """The preset of this name."""
    return nearest(f"preset of {experiment.name}", name, experiment.presets)


def _from_file(file: Path) -> Found:
    if not file.is_file():
        raise ValueError(f"no file {file}: give the path of a Python file that defines `experiment = Experiment(...)`")
    spec = importlib.util.spec_from_file_location(f"user_experiment_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ValueError(f"{file} cannot be loaded ({said}): mend it, `python {file}` says where") from error
    experiment = getattr(module, "experiment", None)
    if not isinstance(experiment, Found):
        raise ValueError(f"{file} must define `experiment = Experiment(...)`, got {type(experiment).__name__}")
    return experiment
