"""What one run asks of the machine: its two ensembles, their block sizes and memory."""

from typing import Any, NamedTuple

import jax
import numpy as np

import corr
from corr.ensemble._blocks import choose_block, working_set
from corr.ensemble._memory import estimate_memory, free_memory
from corr.ensemble._recorder import paths_to_keep

from ..declaring.experiment import Experiment, Preset, Problem
from ..declaring.number import plain
from .blocks import choose_blocks
from .job import Job, Task
from .keys import own_key

SHALLOW_BYTES = 250_000  # what a step of Figure 1's network works on


class Run(NamedTuple):
    """One run with everything it needs.

    Attributes:
        task: its folder, clock and number of trajectories.
        problem: what is learned.
        params: the start parameters.
        key: root key of the run.
        preset: its size.
        configuration: what is kept of it, and refused where the folder holds another.
    """

    task: Task
    problem: Problem
    params: Any
    key: jax.Array
    preset: Preset
    configuration: dict[str, Any]


def run_key(job: Job[Experiment], task: Task, problem: Problem) -> jax.Array:
    """The runs of one experiment are compared as independent ones, so none shares random numbers with another."""
    clock = task.clock
    numbers = {"beta": plain(clock.beta), "learning_rate": clock.learning_rate, "step_ratio": clock.step_ratio}
    root = corr.root_key(job.seed)
    return own_key(root, network=job.entry.network_name, facts=dict(problem.facts), **numbers)


def configuration(job: Job[Experiment], task: Task, facts: Any, loss: Any) -> dict[str, Any]:
    """What a run is, as plain numbers and texts."""
    preset, clock = job.size, task.clock
    return {
        "network": job.entry.network_name,
        "run": task.folder.name,
        "preset": job.preset,
        "seed": job.seed,
        "precision": job.precision,
        "mutation_std": clock.mutation_std,
        "beta": plain(clock.beta),
        "learning_rate": clock.learning_rate,
        "step_ratio": clock.step_ratio,
        "trajectories": task.trajectories,
        "twin_trajectories": preset.twin_trajectories,
        "thin": list(preset.thin) if preset.thin else None,
        "end_time": preset.end_time,
        "record_every": preset.record_every,
        "descent_learning_rate": preset.descent_learning_rate or clock.learning_rate,
        **({} if job.start_seed == job.seed else {"start_seed": job.start_seed}),
        **facts,
        "loss": loss,
    }


def block_sizes(run: Run, asked: int | None) -> dict[str, int] | None:
    """Trajectories per block of each side."""
    task, facts = run.task, run.configuration
    problem = f"{facts['network']} {facts['precision']} sigma {task.clock.mutation_std:.3g}"
    sides = _sides(run)
    steps = task.trajectories * run.preset.end_time / task.clock.step_time
    work = steps * working_set(sides["mutation"], run.params) / SHALLOW_BYTES
    return choose_blocks(task.folder, sides, run.params, asked=asked, steps=work, problem=problem)


def memory(run: Run) -> str:
    """The larger of what the two ensembles need, and what is free."""
    preset = run.preset
    rows = round(preset.end_time / preset.record_every) + 1
    size = sum(np.size(leaf) for leaf in jax.tree.leaves(run.params))
    sizes = {"mutation": run.task.trajectories, "twin": preset.twin_trajectories}
    needs = [
        estimate_memory(
            side,
            run.params,
            corr.choose_layout(sizes[name], None, choose_block(side, run.params, sizes[name])),
            rows=rows,
            kept=paths_to_keep(None, sizes[name], rows, size),
        )
        for name, side in _sides(run).items()
    ]
    most = max(need.total for need in needs)
    return f"{most / 1e9:.2g} GB of {free_memory() / 1e9:.2g} GB free"


def _sides(run: Run) -> dict[str, corr.Dynamics]:
    """The two ensembles, for what depends on their shapes and cost alone."""
    clock, loss = run.task.clock, run.problem.loss
    moments = corr.paper_moments(step_time=clock.step_time, beta=clock.beta)
    return {
        "mutation": corr.mutation(loss, mutation_std=clock.mutation_std, beta=clock.beta),
        "twin": corr.langevin(loss, time_step=clock.step_time, moments=moments),
    }
