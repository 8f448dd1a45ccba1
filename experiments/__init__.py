"""What is run: one short declaration per experiment, presets, verdicts and the command line."""

from ._declare import Experiment, Preset, Problem
from ._foresight import validity

__all__ = ["Experiment", "Preset", "Problem", "validity"]
