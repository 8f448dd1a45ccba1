"""Predictions: pure functions of (gradient, Hessian, σ, β) or of a population. No simulation, no simulators."""

from . import (
    corrected,
    density,
    level0,
    level1,
    level2,
    level3,
    order_statistics,
    populations,
    proposals,
    spectrum,
    validity,
)

__all__ = [
    "corrected",
    "density",
    "level0",
    "level1",
    "level2",
    "level3",
    "order_statistics",
    "populations",
    "proposals",
    "spectrum",
    "validity",
]
