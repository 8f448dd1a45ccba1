"""How long what is ahead takes: estimates, corrected by how the earlier ones turned out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from corr.results import ResultError, read_manifest

Costs = Mapping[Path, float]


def due(ahead: Sequence[Costs]) -> float:
    """Estimated seconds of the folders that are not finished, each counted once."""
    folders = {folder: seconds for one in ahead for folder, seconds in one.items()}
    return sum(seconds for folder, seconds in folders.items() if not _finished(folder))


def _finished(folder: Path) -> bool:
    try:
        return read_manifest(folder) is not None
    except ResultError:
        return False


class Pace:
    """What figures take beyond their estimates: compiling, judging and drawing, and estimates too low."""

    def __init__(self) -> None:
        self._beyond, self._count = 0.0, 0

    def note(self, estimated: float, measured: float) -> None:
        """Take in one figure."""
        self._beyond += measured - estimated
        self._count += 1

    def left(self, ahead: Sequence[Costs]) -> float:
        """Seconds to go, for what is ahead of each figure."""
        return max(due(ahead) + len(ahead) * self._beyond / max(self._count, 1), 0.0)
