"""A command's options, resolved at the door: one experiment or study, where its results lie, what is run there."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import jax

from corr import Clock

from ..declaring.experiment import Experiment
from ..declaring.study import Study

Entry = TypeVar("Entry", Experiment, Study)


class Task(NamedTuple):
    """One run of an experiment.

    Attributes:
        folder: of its results.
        clock: σ, β, α, λ and the time of a step.
        trajectories: size of the mutation ensemble.
    """

    folder: Path
    clock: Clock
    trajectories: int


class Manner(NamedTuple):
    """How a job is run, which moves no number of its results (block sizes and devices move their last bits)."""

    devices: int | None = None
    block_size: int | None = None
    checkpoint_every: float = 60.0
    fresh: bool = False


MANNER = Manner()


@dataclass(frozen=True)
class Job(Generic[Entry]):
    """What one command does with one experiment or study.

    Attributes:
        entry: the declaration.
        preset: name of its size.
        place: folder of all results of this preset, ``OUTPUT/PRESET``.
        tasks: runs of an experiment, λ ascending; none of a study.
        seed: of all random numbers.
        start_seed: of the start parameters.
        precision: arithmetic of the whole run.
        changed: whether σ, λ, α or β is not the preset's, or the data are not the study's.
        manner: how it is run.
    """

    entry: Entry
    preset: str
    place: Path
    tasks: tuple[Task, ...] = ()
    seed: int = 0
    start_seed: int = 0
    precision: str = "float32"
    changed: bool = False
    manner: Manner = MANNER

    @property
    def size(self) -> Any:
        """The preset itself: a ``Preset``, or a study's sizes."""
        return self.entry.preset(self.preset)

    @property
    def folders(self) -> list[Path]:
        """Folders of results, λ ascending."""
        if isinstance(self.entry, Study):
            return [self.place / (self.entry.folder or self.entry.name)]
        return [task.folder for task in self.tasks]

    @property
    def figures(self) -> Path:
        """Folder of its figures; one of its own where physical values or data are not the preset's."""
        return self.place / (f"figures-{self.folders[0].name}" if self.changed else "figures")


def in_precision(precision: str) -> AbstractContextManager[None]:
    """Inside it JAX computes as a run of this precision does: start, loss, and with them its fingerprint."""
    return jax.enable_x64(precision == "float64")
