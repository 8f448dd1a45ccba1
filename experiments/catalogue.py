"""Every experiment and study by name and by group, and those in the user's own files."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .declaring.experiment import Experiment
from .declaring.names import nearest
from .declaring.study import Study
from .paper import deep, resets, shallow, wide
from .studies import architectures, density, digits, drift, levels, order, pairing, precision, regimes, universality
from .systems import (
    adaptive,
    annealing,
    best_of,
    budget,
    delay,
    depth,
    descents,
    genetic,
    heavy_tails,
    imbalance,
    low_rank,
    narrow,
    neat,
    noise,
    optimizers,
    pathnet,
    recombination,
    smoothing,
    sparse,
    strategies,
    suppression,
    swarm,
    trainers,
)

Found = Experiment | Study

GROUPS: dict[str, dict[str, Found]] = {
    group: {entry.name: entry for entry in entries}
    for group, entries in {
        "paper": (
            shallow.fig1, shallow.fig2, deep.fig3, deep.fig4, deep.fig5, wide.fig6, shallow.figs1, shallow.figs2,
            deep.figs3, resets.figs4,
        ),
        "studies": (
            shallow.bias, drift.study, regimes.study, levels.study, order.study, density.study, universality.study,
            precision.study, architectures.study, pairing.study, digits.study,
        ),
        "systems": (budget.study,),
        "atlas": (
            best_of.study, recombination.study, strategies.study, genetic.study, swarm.study, annealing.study,
            heavy_tails.study, noise.study, delay.study, adaptive.study, low_rank.study, optimizers.study,
            smoothing.study, suppression.study, descents.study,
        ),
        "learning": (trainers.study, depth.study, imbalance.study, narrow.study),
        "wiring": (sparse.study, pathnet.study, neat.study),
    }.items()
}  # fmt: skip
CATALOGUE: dict[str, Found] = {name: entry for group in GROUPS.values() for name, entry in group.items()}
GROUPS["all"] = CATALOGUE
EXPERIMENTS = {name: entry for name, entry in CATALOGUE.items() if isinstance(entry, Experiment)}
STUDIES = {name: entry for name, entry in CATALOGUE.items() if isinstance(entry, Study)}


def find(name: str) -> Found:
    """The experiment or study of this name, or the one declared as ``experiment`` in the file at this path."""
    if name.endswith(".py"):
        return _from_file(Path(name))
    if name in CATALOGUE:
        return CATALOGUE[name]
    known: dict[str, Any] = {other: other for other in (*CATALOGUE, *GROUPS) if other != name}
    try:
        return nearest("experiment", name, known)
    except ValueError as error:
        raise ValueError(f"{error}; of your own: {name}.py for a file, `corr test ./{name}` for a saved run") from error


def gather(names: tuple[str, ...]) -> Mapping[str, Found]:
    """What these names and groups stand for, each once, in their order; raises ``ValueError`` for an unknown name."""
    found: dict[str, Any] = {}
    for name in names:
        found |= GROUPS[name] if name in GROUPS else {name: find(name)}
    return found


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
