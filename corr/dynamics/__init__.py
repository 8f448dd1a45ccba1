"""One file per dynamics, each an (init, step) pair."""

from ._annealing import annealing
from ._descent import descent
from ._langevin import langevin, paper_moments
from ._minibatch import minibatch
from ._mutation import mutation
from ._optax import from_optax

__all__ = ["annealing", "descent", "from_optax", "langevin", "minibatch", "mutation", "paper_moments"]
