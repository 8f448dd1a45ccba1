"""What is run: one short declaration per experiment, presets, verdicts and the command line."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .declaring.experiment import Experiment, Fit, Margins, Preset, Problem
    from .declaring.number import Number
    from .declaring.study import Study
    from .foresight.foresee import foresee
    from .judging.equivalence import equivalence
    from .judging.statements import report

PLACES = {
    "Experiment": "declaring.experiment",
    "Fit": "declaring.experiment",
    "Margins": "declaring.experiment",
    "Number": "declaring.number",
    "Preset": "declaring.experiment",
    "Problem": "declaring.experiment",
    "Study": "declaring.study",
    "equivalence": "judging.equivalence",
    "foresee": "foresight.foresee",
    "report": "judging.statements",
}

__all__ = ["Experiment", "Fit", "Margins", "Number", "Preset", "Problem", "Study", "equivalence", "foresee", "report"]


def __getattr__(name: str) -> Any:
    """Loaded when asked for: the command line answers a signal from its first import on."""
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{PLACES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
