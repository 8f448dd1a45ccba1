"""What is run: one short declaration per experiment, presets, verdicts and the command line."""

from ._declare import Experiment, Preset, Problem

__all__ = ["Experiment", "Preset", "Problem"]
