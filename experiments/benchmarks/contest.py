"""Contestants and how they are timed: in turns, so that a noisy machine disturbs all of them alike."""

import statistics
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
        return statistics.median(self.microseconds)


class Ratio(NamedTuple):
    """A ratio of two timings, and its smallest and largest value in one round."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f}-{self.high:.2f})"


def ratio(top: Timing, bottom: Timing) -> Ratio:
    """The median over the rounds of top / bottom, with its range.

    Both run in every round, so that what disturbs the machine cancels. The range of n rounds holds the median of the
    ratio's law with probability 1 - 2^(1 - n).

    Args:
        top, bottom: timings of one contest.

    Returns:
        A ``Ratio``.

    Example:
        >>> print(ratio(Timing("a", 1, 0.0, (2.0, 3.0, 4.0)), Timing("b", 1, 0.0, (1.0, 1.0, 2.0))))
        2.00 (2.00-3.00)
    """
    rounds = [high / low for high, low in zip(top.microseconds, bottom.microseconds, strict=True)]
    return Ratio(statistics.median(rounds), min(rounds), max(rounds))


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
