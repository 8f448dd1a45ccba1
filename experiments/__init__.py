"""What is run: one short declaration per experiment, presets, verdicts and the command line."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._declare import Experiment, Margins, Preset, Problem
    from ._equivalence import equivalence
    from ._equivalence_report import report
    from ._foresight import validity

__all__ = ["Experiment", "Margins", "Preset", "Problem", "equivalence", "report", "validity"]

PLACES = {"equivalence": "_equivalence", "report": "_equivalence_report", "validity": "_foresight"}


def __getattr__(name: str) -> Any:
    """Loaded when asked for: the command line answers a signal from its first import on."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{PLACES.get(name, '_declare')}", __name__), name)
