"""How long an experiment would take on this machine, from a short timed run kept in the cache."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import jax

import corr

from ..declaring.experiment import Experiment, Preset
from ..declaring.study import Study
from ..problems.sines import shallow_sine
from .job import Job
from .machine import machine_name, prepare, read_cache, write_cache

KEPT = "probe.json"
PROBE_STEPS, PROBE_TRAJECTORIES, PROBES = 200, 16, 10
TWIN_STEP = 1e-3
STIFF_AFTER = 8.0
# Other work ran beside where a quarter of the parts took this many times the shortest or longer, or where this process,
# which is never idle on CPUs, got less than this share of one core.
STEADY, SHARE = 1.5, 0.7
# A run compiles mutation, twin, descent, and the checks of decisions, in units of what the probe compiles: at preset
# smoke CPU seconds were 30 for Figure 1, 21 for each run of Figure 6, 11 for the probe. Compiled ones are kept.
COMPILED = 2.5


class Part(NamedTuple):
    """Seconds of a part of a run: of the clock, and of this process on all cores."""

    wall: float
    cpu: float


class Speed(NamedTuple):
    """How fast this machine is.

    Attributes:
        mutation: seconds per step and trajectory of Figure 1's network.
        gradient: those of normalized descent.
        compiling: seconds to compile one program of each.
        timed: when, local time.
        unsteady: what was measured, where other work disturbed it; empty where none did.
    """

    mutation: float
    gradient: float
    compiling: float
    timed: str = ""
    unsteady: str = ""


# Where studies took their minutes: two cores of an AMD EPYC, timed with little beside (load 1.2), on one device.
REFERENCE = Speed(mutation=2.2e-5, gradient=2.7e-5, compiling=8.0)
_not_kept: dict[str, Speed] = {}


def machine_speed(*, again: bool = False) -> Speed:
    """From the cache, or timed (half a minute) and kept there, if nothing disturbed the timing.

    Args:
        again: time it whatever the cache holds.
    """
    machine = machine_name()
    saved = read_cache(KEPT)
    if not again and saved.get("machine") == machine and {*saved.get("speed", ())} == {*Speed._fields}:
        return Speed(**saved["speed"])
    if again or machine not in _not_kept:
        speed = _timed()
        if not speed.unsteady:
            write_cache(KEPT, {"machine": machine, "speed": speed._asdict()})
            return speed
        _not_kept[machine] = speed
    return _not_kept[machine]


def _timed() -> Speed:
    prepare()
    problem = shallow_sine()
    params = problem.start()
    new = 1 + time.time_ns() % 10_000 * 1e-9  # another constant in the program, which so is compiled, not read back
    sides = {
        "mutation": corr.mutation(problem.loss, mutation_std=1e-5 * new),
        "gradient": corr.descent(problem.loss, learning_rate=1e-3 * new, normalized=True),
    }
    # In turns: what disturbs one of them is seen in both.
    first, second = ({name: _parts(side, params) for name, side in sides.items()} for _ in range(2))
    steady = {name: first[name][2:] + second[name][2:] for name in sides}
    shortest = {name: min(part.wall for part in parts) for name, parts in steady.items()}
    return Speed(
        **{name: seconds / PROBE_STEPS / PROBE_TRAJECTORIES for name, seconds in shortest.items()},
        compiling=sum(part.wall - shortest[name] for name in sides for part in first[name][:2]),
        timed=datetime.now().strftime("%Y-%m-%d %H:%M"),
        unsteady="; ".join(filter(None, (_disturbed(name, parts) for name, parts in steady.items()))),
    )


def _parts(side: corr.Dynamics, params: object) -> list[Part]:
    """Several equal parts of a run; the first two compile."""
    marks = [Part(time.perf_counter(), time.process_time())]
    for _ in corr.ensemble.simulate(
        side,
        params,
        trajectories=PROBE_TRAJECTORIES,
        key=corr.root_key(0),
        record_at=[PROBE_STEPS * number for number in range(1, PROBES + 1)],
        layout=corr.choose_layout(PROBE_TRAJECTORIES),
        refresh_every=PROBE_STEPS,
    ):
        marks.append(Part(time.perf_counter(), time.process_time()))
    return [Part(late.wall - early.wall, late.cpu - early.cpu) for early, late in itertools.pairwise(marks)]


def _disturbed(name: str, parts: Sequence[Part]) -> str:
    """What shows that other work ran beside; empty where nothing does."""
    walls = sorted(part.wall for part in parts)
    share = sum(part.cpu for part in parts) / sum(walls)
    alone = walls[len(walls) * 3 // 4] < STEADY * walls[0]
    if alone and (share > SHARE or jax.default_backend() != "cpu"):
        return ""
    low, high = (1e6 * wall / PROBE_STEPS / PROBE_TRAJECTORIES for wall in (walls[0], walls[-1]))
    return f"{name} {low:.0f} to {high:.0f} µs a step, with {100 * share:.0f} % of one core"


def estimate(preset: Preset, relative_cost: float = 1.0) -> float:
    """Seconds, for steps that cost ``relative_cost`` of Figure 1's, and for compiling each run.

    The twin's steps are guessed: dt 1e-3, λα once the loss gets stiff.
    """
    speed = machine_speed()
    total = 0.0
    for ratio, trajectories in zip(preset.step_ratios, preset.trajectories, strict=True):
        step_time = preset.learning_rate * ratio
        total += preset.end_time / step_time * trajectories * speed.mutation
        early = min(preset.end_time, STIFF_AFTER)
        followed = preset.thin[1] if preset.thin else preset.twin_trajectories
        twin = preset.twin_trajectories * early / max(TWIN_STEP, step_time)
        twin += followed * (preset.end_time - early) / max(step_time, TWIN_STEP / 50)
        total += twin * speed.gradient
        total += preset.end_time / (preset.descent_learning_rate or preset.learning_rate) * speed.gradient * 2
    return total * relative_cost + len(preset.step_ratios) * COMPILED * speed.compiling


def experiment_seconds(job: Job[Experiment]) -> dict[Path, float]:
    """Estimated seconds of every run, by its folder."""
    preset, cost = job.size, job.entry.relative_cost
    return {
        task.folder: estimate(
            replace(preset, step_ratios=(task.clock.step_ratio,), trajectories=(task.trajectories,)), cost
        )
        for task in job.tasks
    }


def study_seconds(job: Job[Study]) -> dict[Path, float]:
    """Estimated seconds of a study, by its folder: its minutes at this machine's speed."""
    speed = machine_speed()
    slower = (speed.mutation / REFERENCE.mutation + speed.gradient / REFERENCE.gradient) / 2
    return dict.fromkeys(job.folders, 60 * job.entry.minutes.get(job.preset, 0.0) * slower)
