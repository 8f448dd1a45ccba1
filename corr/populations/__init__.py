"""Populations as dynamics, one file each: the position is the parent or the mean, what else is kept lies in ``aux``.

A step is one generation. Fitness is the exact change of the loss, so that ranks are not those of rounding; a child
whose loss is not finite comes last. ``evaluations`` counts the children; the loss at a new mean, which records and the
exact change need, is not counted.
"""

from ._best import best_of
from ._cma import cma_es, cma_weights
from ._evolution_strategy import evolution_strategy
from ._evosax import from_evosax
from ._genetic import DEEP_GA, genetic
from ._recombination import recombination
from ._seeds import genetic_from_seeds
from ._swarm import swarm

__all__ = [
    "DEEP_GA",
    "best_of",
    "cma_es",
    "cma_weights",
    "evolution_strategy",
    "from_evosax",
    "genetic",
    "genetic_from_seeds",
    "recombination",
    "swarm",
]
