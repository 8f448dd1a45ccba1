"""How long every entry and group takes at each preset: what `corr list` keeps."""

from collections.abc import Mapping
from typing import Any

from ..catalogue import CATALOGUE, GROUPS, Found, gather
from ..declaring.experiment import Experiment
from ..declaring.options import Options
from ..running.cost import COMPILED, machine_speed
from ..running.machine import machine_name
from .actions import planned
from .kinds import kind


def timetable(*, again: bool) -> dict[str, Any]:
    """All entries and groups, plain texts and numbers; ``again`` times this machine anew."""
    speed = machine_speed(again=again)
    return {
        "machine": machine_name(),
        "timed": speed.timed,
        "unsteady": speed.unsteady,
        "compiling": COMPILED * speed.compiling,
        "entries": described(tuple(CATALOGUE)),
        "groups": {
            name: {"names": [*group], "seconds": {size: _together(group, size) for size in _sizes_of(group)}}
            for name, group in GROUPS.items()
        },
    }


def described(names: tuple[str, ...]) -> dict[str, Any]:
    """Title, and seconds and sizes of each preset, of entries by name or file."""
    return {
        name: {
            "title": entry.title,
            "presets": {size: (_together({name: entry}, size), _sizes(entry, size)) for size in entry.presets},
        }
        for name, entry in gather(names).items()
    }


def _together(group: Mapping[str, Found], size: str) -> float:
    """Seconds of all runs, shared ones once."""
    entries = [entry for entry in group.values() if size in entry.presets]
    runs = [kind(entry).seconds(planned(entry, Options(preset=size))) for entry in entries]
    return sum({folder: seconds for one in runs for folder, seconds in one.items()}.values())


def _sizes_of(group: Mapping[str, Found]) -> list[str]:
    return [*dict.fromkeys(size for entry in group.values() for size in entry.presets)]


def _sizes(entry: Found, size: str) -> str:
    if not isinstance(entry, Experiment):
        return ""
    preset = entry.presets[size]
    ratios = ", ".join(f"{ratio:g}" for ratio in preset.step_ratios)
    counts = ", ".join(map(str, preset.trajectories))
    return f"   lambda {ratios}; trajectories {counts}; to t = {preset.end_time:g}"
