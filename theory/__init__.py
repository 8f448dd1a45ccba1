"""Predictions: pure functions of (gradient, Hessian, σ, β) or of a population. No simulation, no simulators."""

from . import (
    annealing,
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
    swarm,
    validity,
)

__all__ = [
    "annealing",
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
    "swarm",
    "validity",
]
