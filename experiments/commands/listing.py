"""What `corr list` prints."""

import textwrap
from collections.abc import Iterator
from typing import Any

from ..catalogue import CATALOGUE, GROUPS, gather
from ..declaring.experiment import Experiment
from ..running.cost import estimate

INDENT = 2 + max(map(len, CATALOGUE))


def lines(names: tuple[str, ...], width: int) -> Iterator[str]:
    """Every experiment by name with what it shows, wrapped to ``width``, and a line for each of its presets."""
    for name, found in gather(names).items():
        yield textwrap.fill(found.title, width, initial_indent=f"{name:<{INDENT}}", subsequent_indent=" " * INDENT)
        for size, preset in found.presets.items():
            if isinstance(found, Experiment):
                seconds, sizes = estimate(preset, found.relative_cost), _sizes(preset)
            else:
                seconds, sizes = 60 * found.minutes[size], ""
            yield f"    {size:<6}{_duration(seconds):>8}{sizes}"
    yield f"groups: {', '.join(GROUPS)}"


def _sizes(preset: Any) -> str:
    ratios = ", ".join(f"{ratio:g}" for ratio in preset.step_ratios)
    counts = ", ".join(map(str, preset.trajectories))
    return f"   lambda {ratios}; trajectories {counts}; to t = {preset.end_time:g}"


def _duration(seconds: float) -> str:
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 1):.0f} s"
