"""Run an experiment: simulate both sides, check decisions, save."""

import shutil
import time
from typing import Any

import jax

import corr
from corr._objective import check_loss, check_params
from corr.results import claimed, save_part, save_run

from ..declaring.experiment import Experiment
from .decisions import DecisionGuard
from .fingerprints import problem_fingerprint, saved_fingerprint
from .job import Job, Manner, in_precision
from .manifest import build_manifest
from .means import MEANS, means
from .task import Run, block_sizes, configuration, memory, run_key

CHECKPOINTS = "checkpoints"


def run_experiment(job: Job[Experiment], say: Any = print) -> None:
    """Run what is not there yet.

    Args:
        job: the experiment with its runs.
        say: called with one line of text at a time.

    Raises:
        ValueError, TypeError: for a bad loss, before anything is compiled.
    """
    with in_precision(job.precision):
        preset = job.size
        problem = preset.resolved(job.entry)
        params = check_params(problem.start(job.start_seed))
        check_loss(problem.loss, params)
        loss = problem_fingerprint(problem)
        for task in job.tasks:
            fresh = job.manner.fresh
            known = saved_fingerprint(task.folder, "loss", loss, fresh=fresh, precision=job.precision)
            facts = configuration(job, task, problem.facts, known)
            with claimed(task.folder, facts, fresh=fresh) as finished:
                if finished:
                    say(f"{task.folder}: finished before, reused")
                    continue
                key = run_key(job, task, problem)
                _one_run(Run(task, problem, params, key, preset, facts), job.manner, say)


def _one_run(run: Run, manner: Manner, say: Any) -> None:
    (folder, clock, trajectories), preset = run.task, run.preset
    numbers = f"σ = {clock.mutation_std:.4g}, β = {clock.beta:g}, λ = {clock.step_ratio:g}, α = {clock.learning_rate:g}"
    say(f"{folder}: {numbers}, {run.configuration['precision']}; memory about {memory(run)}")
    begun = time.perf_counter()
    guard = DecisionGuard(run.problem.loss, clock, run.key, folder, say)
    guard.start(run.params)
    sides = corr.compare(
        run.problem.loss,
        run.params,
        key=run.key,
        trajectories=trajectories,
        end_time=preset.end_time,
        record_every=preset.record_every,
        learning_rate=clock.learning_rate,
        step_ratio=clock.step_ratio,
        beta=clock.beta,
        twin_trajectories=preset.twin_trajectories,
        thin=preset.thin,
        descent_learning_rate=preset.descent_learning_rate,
        devices=manner.devices,
        block_size=block_sizes(run, manner.block_size),
        log=folder / "log.jsonl" if jax.process_index() == 0 else None,
        progress=jax.process_index() == 0,
        checkpoint=folder / CHECKPOINTS,
        checkpoint_every=manner.checkpoint_every,
        check=guard.at_checkpoint,
        check_decisions=False,
    )
    if jax.process_index() == 0:
        guard.along(sides.mutation, run.params)
        save_part(folder, MEANS, means(sides, run.problem, run.params))
        save_run(folder, sides, build_manifest(run, sides, guard.rows(), time.perf_counter() - begun))
        shutil.rmtree(folder / CHECKPOINTS)
