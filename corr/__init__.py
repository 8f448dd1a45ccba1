"""Neuroevolution and gradient descent on one clock: simulators and their comparison."""

from . import data, ensemble, inference, losses, networks, proposals, results
from ._accept import barker, metropolis
from ._clock import matched_mutation_std, matched_step_ratio
from ._compare import compare
from ._flips import FlipRate, flip_rate
from ._keys import Stream, root_key, trajectory_key
from ._noise_free import noise_free
from ._objective import objective
from ._paths import unflatten
from ._run import run
from ._sweep import sweep
from ._types import Comparison, Dynamics, Info, Objective, State
from ._version import __version__
from .difference import Difference, difference
from .dynamics import descent, from_optax, langevin, minibatch, mutation, paper_moments
from .ensemble import choose_layout
from .ensemble._resume import Interrupted
from .results import ResultError, load_run, save_run

__all__ = [
    "Comparison",
    "Difference",
    "Dynamics",
    "FlipRate",
    "Info",
    "Interrupted",
    "Objective",
    "ResultError",
    "State",
    "Stream",
    "__version__",
    "barker",
    "choose_layout",
    "compare",
    "data",
    "descent",
    "difference",
    "ensemble",
    "flip_rate",
    "from_optax",
    "inference",
    "langevin",
    "load_run",
    "losses",
    "matched_mutation_std",
    "matched_step_ratio",
    "metropolis",
    "minibatch",
    "mutation",
    "networks",
    "noise_free",
    "objective",
    "paper_moments",
    "proposals",
    "results",
    "root_key",
    "run",
    "save_run",
    "sweep",
    "trajectory_key",
    "unflatten",
]
