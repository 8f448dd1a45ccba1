"""Contestants and how they are timed: in turns, so that a noisy machine disturbs all of them alike."""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from rich.progress import track


class Contestant(NamedTuple):
    """Something that advances many trajectories.

    Attributes:
        name: as it stands in the table.
        trajectories: how many it advances together.
        steps: steps of one measurement.
        go: runs one measurement to its end; the first call compiles.
    """

    name: str
    trajectories: int
    steps: int
    go: Callable[[], None]


class Timing(NamedTuple):
    """Microseconds per step and trajectory of each measurement, and seconds of the first call (which compiles)."""

    name: str
    trajectories: int
    first_call: float
    microseconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle measurement."""
        ordered = sorted(self.microseconds)
        half = len(ordered) // 2
        return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def contest(contestants: Iterable[Contestant], repeats: int, label: str) -> list[Timing]:
    """Time every contestant ``repeats`` times, in turns."""
    field = list(contestants)
    first = [_seconds(one) for one in track(field, f"{label}: first calls")]
    rounds: list[list[float]] = [[] for _ in field]
    for _ in track(range(repeats), f"{label}: measuring"):
        for one, found in zip(field, rounds, strict=True):
            found.append(1e6 * _seconds(one) / one.steps / one.trajectories)
    return [
        Timing(one.name, one.trajectories, begun, tuple(found))
        for one, begun, found in zip(field, first, rounds, strict=True)
    ]


def _seconds(one: Contestant) -> float:
    begun = time.perf_counter()
    one.go()
    return time.perf_counter() - begun
