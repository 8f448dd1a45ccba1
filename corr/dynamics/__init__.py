"""One file per dynamics, each an (init, step) pair."""

from ._adaptive import adaptive_mutation
from ._annealing import annealing
from ._descent import descent
from ._langevin import langevin, paper_moments
from ._minibatch import minibatch
from ._mutation import mutation
from ._optax import from_optax
from ._stale import Delay, delays, geometric_delay, stale, uniform_delay
from ._two_batches import two_batches

__all__ = [
    "Delay",
    "adaptive_mutation",
    "annealing",
    "delays",
    "descent",
    "from_optax",
    "geometric_delay",
    "langevin",
    "minibatch",
    "mutation",
    "paper_moments",
    "stale",
    "two_batches",
    "uniform_delay",
]
