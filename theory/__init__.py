"""Predictions: pure functions of (gradient, Hessian, σ, β). No simulation, no import of the simulators."""

from . import level0, level1, validity

__all__ = ["level0", "level1", "validity"]
