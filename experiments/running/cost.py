"""How long an experiment would take on this machine, from a short timed run kept in the cache."""

import itertools
import platform
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import jax

import corr

from ..declaring.experiment import Experiment, Preset
from ..declaring.study import Study
from ..problems.sines import shallow_sine
from .job import Job
from .machine import read_cache, write_cache

KEPT = "probe.json"
PROBE_STEPS, PROBE_TRAJECTORIES, PROBES = 200, 16, 10
TWIN_STEP = 1e-3
STIFF_AFTER = 8.0


def machine_speed() -> dict[str, float]:
    """Seconds per step and trajectory of Figure 1's network, ``mutation`` and ``gradient``."""
    machine = f"{platform.processor() or platform.machine()} {jax.device_count()} jax {version('jax')}"
    saved = read_cache(KEPT)
    if saved.get("machine") == machine:
        return saved["seconds"]
    problem = shallow_sine()
    params = problem.start()
    sides = {
        "mutation": corr.mutation(problem.loss, mutation_std=1e-5),
        "gradient": corr.descent(problem.loss, learning_rate=1e-3, normalized=True),
    }
    seconds = {name: _seconds_per_step(side, params) for name, side in sides.items()}
    write_cache(KEPT, {"machine": machine, "seconds": seconds})
    return seconds


def _seconds_per_step(side: corr.Dynamics, params: object) -> float:
    """The shortest of several parts of a run: the first one compiles, and other work may slow down any."""
    marks: list[float] = []
    layout = corr.choose_layout(PROBE_TRAJECTORIES)
    for _ in corr.ensemble.simulate(
        side,
        params,
        trajectories=PROBE_TRAJECTORIES,
        key=corr.root_key(0),
        record_at=[PROBE_STEPS * number for number in range(1, PROBES + 1)],
        layout=layout,
        refresh_every=PROBE_STEPS,
    ):
        marks.append(time.perf_counter())
    return min(late - early for early, late in itertools.pairwise(marks)) / PROBE_STEPS / PROBE_TRAJECTORIES


def estimate(preset: Preset, relative_cost: float = 1.0) -> float:
    """Seconds, for steps that cost ``relative_cost`` of Figure 1's.

    The twin's steps are guessed: dt 1e-3, λα once the loss gets stiff.
    """
    speed = machine_speed()
    total = 0.0
    for ratio, trajectories in zip(preset.step_ratios, preset.trajectories, strict=True):
        step_time = preset.learning_rate * ratio
        total += preset.end_time / step_time * trajectories * speed["mutation"]
        early = min(preset.end_time, STIFF_AFTER)
        followed = preset.thin[1] if preset.thin else preset.twin_trajectories
        twin = preset.twin_trajectories * early / max(TWIN_STEP, step_time)
        twin += followed * (preset.end_time - early) / max(step_time, TWIN_STEP / 50)
        total += twin * speed["gradient"]
        total += preset.end_time / (preset.descent_learning_rate or preset.learning_rate) * speed["gradient"] * 2
    return total * relative_cost


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
    """Estimated seconds of a study, by its folder."""
    return dict.fromkeys(job.folders, 60 * job.entry.minutes.get(job.preset, 0.0))
