"""Predictions: pure functions of (gradient, Hessian, σ, β). No simulation, no import of the simulators."""

from . import corrected, density, level0, level1, level2, level3, proposals, spectrum, validity

__all__ = ["corrected", "density", "level0", "level1", "level2", "level3", "proposals", "spectrum", "validity"]
