"""The options of each command, as the command line reads them."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro


@dataclass(frozen=True)
class Where:
    """Which results."""

    preset: str = "quick"
    """Size: smoke (seconds), quick (minutes on two cores), night (the paper's own steps, about an hour a figure), paper
    (also its number of trajectories, for an accelerator)."""
    output: Path = Path("results")
    """Folder for results and figures, made if missing."""


@dataclass(frozen=True)
class Physics(Where):
    """The physical values, by default the preset's."""

    data: Path | None = None
    """Folder with MNIST's four IDX files, or files like them, plain or .gz: pictures for the study digits."""
    start_seed: int | None = None
    """Seed of the start parameters alone, default that of all; studies have starts of their own."""
    sigma: float | None = None
    """Mutation scale sigma; lambda then follows from the matching."""
    step_ratio: Annotated[float | None, tyro.conf.arg(name="lambda")] = None
    """Step ratio lambda: one mutation step advances time as much as lambda gradient steps."""
    alpha: float | None = None
    """Learning rate alpha of gradient descent."""
    beta: float | None = None
    """Reciprocal evolutionary temperature in (0, inf]; inf accepts exactly when the loss does not rise."""


@dataclass(frozen=True)
class Ahead(Physics):
    """A run looked ahead to."""

    seed: int = 0
    """Seed of all random numbers: start parameters, mutations, noise."""


@dataclass(frozen=True)
class Saved(Physics):
    """A run that is there: what is given and is not the run's is refused."""

    seed: int | None = None
    """Seed of the saved run, default whichever it has."""
    trajectories: int | None = None
    """Number of mutation trajectories of the saved run, default as many as it has."""
    precision: Literal["float32", "float64"] | None = None
    """Arithmetic of the saved run, default whichever it has."""


@dataclass(frozen=True)
class Run(Ahead):
    """What to run."""

    trajectories: int | None = None
    """Number of mutation trajectories, at least 3."""
    devices: int | None = None
    """Number of devices (CPU cores or accelerators), default all."""
    block_size: int | None = None
    """Trajectories advanced together on one device; default 4, or what a timed probe finds fastest in long runs."""
    precision: Literal["float32", "float64"] = "float32"
    """Arithmetic of the whole run."""
    fresh: bool = False
    """Start over one experiment; what its folder holds is kept aside. Without it an unfinished run goes on."""
    checkpoint_every: float = 60.0
    """Seconds between checkpoints."""
    distributed: bool = False
    """Join a group of processes that SLURM, Open MPI or a TPU pod started; elsewhere give the next three as well."""
    coordinator: str | None = None
    """HOST:PORT of the first process of the group."""
    processes: int | None = None
    """Number of processes in the group."""
    process_id: int | None = None
    """Number of this process, from 0."""


def resolved(options: Where) -> Any:
    """What the functions behind the commands take; what was not given has its default."""
    from ..declaring.options import Options

    given = {field.name: getattr(options, field.name, None) for field in fields(Options)}
    return Options(**{name: value for name, value in given.items() if value is not None})


def named(options: Saved) -> list[str]:
    """What the user said of the saved run beyond its physical values."""
    from ..declaring.options import NUMBERS

    return [name for name in NUMBERS if getattr(options, name) is not None]
