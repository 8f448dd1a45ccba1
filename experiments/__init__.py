"""What is run: one short declaration per experiment, presets, verdicts and the command line."""

from ._declare import Experiment, Margins, Preset, Problem
from ._equivalence import equivalence
from ._equivalence_report import report
from ._foresight import validity

__all__ = ["Experiment", "Margins", "Preset", "Problem", "equivalence", "report", "validity"]
