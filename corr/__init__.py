"""Neuroevolution and gradient descent on one clock: simulators and their comparison.

What is named here is loaded when it is first used, so that the command line can speak before JAX is there.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import _house
from ._version import __version__

if TYPE_CHECKING:
    from . import (
        atlas,
        data,
        ensemble,
        estimators,
        inference,
        losses,
        networks,
        optimizers,
        populations,
        proposals,
        results,
        spins,
        wiring,
    )
    from ._accept import barker, metropolis
    from ._clock import matched_mutation_std, matched_step_ratio
    from ._compare import compare
    from ._compatibility import compatibility
    from ._fit import Fit, fit
    from ._flips import FlipRate, flip_rate
    from ._keys import Stream, root_key, trajectory_key
    from ._noise_free import noise_free
    from ._noisy import noisy
    from ._objective import objective
    from ._paths import unflatten
    from ._run import run
    from ._sweep import sweep
    from ._timing import Clock, resolve_clock
    from ._types import Comparison, Dynamics, Info, Objective, State
    from .atlas import characterize
    from .difference import Difference, difference
    from .dynamics import (
        Delay,
        adaptive_mutation,
        annealing,
        delays,
        descent,
        from_optax,
        geometric_delay,
        langevin,
        minibatch,
        mutation,
        paper_moments,
        stale,
        two_batches,
        uniform_delay,
    )
    from .ensemble import choose_layout
    from .ensemble._resume import Interrupted
    from .populations import from_evosax
    from .results import ResultError, load_run, save_run

    theory: ModuleType
    experiments: ModuleType
    figures: ModuleType

PLACES = {
    "_accept": ("barker", "metropolis"),
    "_clock": ("matched_mutation_std", "matched_step_ratio"),
    "_compare": ("compare",),
    "_compatibility": ("compatibility",),
    "_fit": ("Fit", "fit"),
    "_flips": ("FlipRate", "flip_rate"),
    "_keys": ("Stream", "root_key", "trajectory_key"),
    "_noise_free": ("noise_free",),
    "_noisy": ("noisy",),
    "_objective": ("objective",),
    "_paths": ("unflatten",),
    "_run": ("run",),
    "_sweep": ("sweep",),
    "_timing": ("Clock", "resolve_clock"),
    "_types": ("Comparison", "Dynamics", "Info", "Objective", "State"),
    "atlas": ("characterize",),
    "difference": ("Difference", "difference"),
    "dynamics": (
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
    ),
    "ensemble": ("choose_layout",),
    "ensemble._resume": ("Interrupted",),
    "populations": ("from_evosax",),
    "results": ("ResultError", "load_run", "save_run"),
}
FOLDERS = (
    "atlas",
    "data",
    "ensemble",
    "estimators",
    "inference",
    "losses",
    "networks",
    "optimizers",
    "populations",
    "proposals",
    "results",
    "spins",
    "wiring",
    *_house.ROOMS,
)
FOUND = {name: place for place, names in PLACES.items() for name in names}

__all__ = [
    "Clock",
    "Comparison",
    "Delay",
    "Difference",
    "Dynamics",
    "Fit",
    "FlipRate",
    "Info",
    "Interrupted",
    "Objective",
    "ResultError",
    "State",
    "Stream",
    "__version__",
    "adaptive_mutation",
    "annealing",
    "atlas",
    "barker",
    "characterize",
    "choose_layout",
    "compare",
    "compatibility",
    "data",
    "delays",
    "descent",
    "difference",
    "ensemble",
    "estimators",
    "fit",
    "flip_rate",
    "from_evosax",
    "from_optax",
    "geometric_delay",
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
    "noisy",
    "objective",
    "optimizers",
    "paper_moments",
    "populations",
    "proposals",
    "resolve_clock",
    "results",
    "root_key",
    "run",
    "save_run",
    "spins",
    "stale",
    "sweep",
    "trajectory_key",
    "two_batches",
    "unflatten",
    "uniform_delay",
    "wiring",
]

_house.open_rooms()


class _Corr(ModuleType):
    """Python puts a folder it has loaded in place of a function of its name; `corr.difference` stays the function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and name in FOUND:
            value = getattr(value, name)
        super().__setattr__(name, value)


_Corr.__qualname__ = ModuleType.__qualname__  # digests of programs, kept with results, name values by their type
sys.modules[__name__].__class__ = _Corr

if not TYPE_CHECKING:  # or type checkers would take any name for one of corr's

    def __getattr__(name: str) -> Any:
        if name in FOUND:
            found = globals()[name] = getattr(importlib.import_module(f".{FOUND[name]}", __name__), name)
            return found
        if name in FOLDERS or name in PLACES:
            return importlib.import_module(f".{name}", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *FOLDERS})
