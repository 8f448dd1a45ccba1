"""How long what is ahead takes: estimates, corrected by how the earlier ones turned out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from corr._storage import ResultError, read_manifest

from ._catalogue import Found
from ._cost import estimate
from ._runner import Options, plan
from ._study import Study, study_folder

Costs = Mapping[Path, float]


def costs(found: Found, options: Options) -> dict[Path, float]:
    """Estimated seconds by result folder; empty where this size does not exist."""
    if options.preset not in found.presets:
        return {}
    if isinstance(found, Study):
        return {study_folder(found, options): 60 * found.minutes.get(options.preset, 0.0)}
    return {
        folder: estimate(replace(preset, step_ratios=(clock.step_ratio,), trajectories=(size,)), found.relative_cost)
        for folder, clock, size, preset in plan(found, options)
    }


def due(ahead: Iterable[Costs]) -> float:
    """Estimated seconds of the folders that are not finished, each counted once."""
    folders = {folder: seconds for one in ahead for folder, seconds in one.items()}
    return sum(seconds for folder, seconds in folders.items() if not _finished(folder))


def _finished(folder: Path) -> bool:
    try:
        return read_manifest(folder) is not None
    except ResultError:
        return False


class Pace:
    """Measured over estimated seconds of what is done."""

    def __init__(self) -> None:
        self._estimated = self._measured = 0.0

    def note(self, estimated: float, measured: float) -> None:
        """Take in one figure; those that had nothing to run say nothing."""
        if estimated > 0:
            self._estimated += estimated
            self._measured += measured

    def left(self, ahead: Iterable[Costs]) -> float:
        """Seconds to go."""
        return due(ahead) * (self._measured / self._estimated if self._estimated else 1.0)
