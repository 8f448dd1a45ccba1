"""Run an experiment: resolve options, simulate, check decisions, save."""

import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

import corr
from corr._objective import check_loss, check_params
from corr._recorder import paths_to_keep
from corr._storage import save_part, save_run
from corr._timing import Clock
from corr.ensemble._memory import estimate_memory, free_memory

from ._blocks import choose_blocks
from ._catalogue import find_preset
from ._claim import claimed
from ._declare import Experiment, Preset, Problem
from ._guard import DecisionGuard
from ._keys import own_key
from ._manifest import build_manifest, plain
from ._means import MEANS, means
from ._plan import Options, in_precision, plan, start_of
from ._same import problem_fingerprint, saved_fingerprint

CHECKPOINTS = "checkpoints"


def run_experiment(experiment: Experiment, options: Options, say: Any = print) -> list[Path]:
    """Run what is not there yet; returns the folders of all runs, λ ascending.

    Args:
        experiment: the declaration.
        options: preset, output folder, seed and physical overrides.
        say: called with one line of text at a time.

    Raises:
        ValueError, TypeError: for bad options or a bad loss, before anything is compiled.
    """
    with in_precision(options.precision):
        runs = plan(experiment, options)
        problem = find_preset(experiment, options.preset).resolved(experiment)
        root, first = corr.root_key(options.seed), corr.root_key(start_of(options))
        params = check_params(problem.init(corr.trajectory_key(first, corr.Stream.START, 0)))
        check_loss(problem.loss, params)
        loss = problem_fingerprint(problem)
        for folder, clock, trajectories, preset in runs:
            known = saved_fingerprint(folder, "loss", loss, fresh=options.fresh, precision=options.precision)
            facts = _configuration(experiment, options, clock, trajectories, preset, folder.name, problem.facts, known)
            with claimed(folder, facts, fresh=options.fresh) as finished:
                if finished:
                    say(f"{folder}: finished before, reused")
                    continue
                key = _run_key(root, experiment, clock, problem)
                one = Task(problem, params, key, folder, clock, trajectories, preset, options, facts)
                _one_run(one, say)
    return [folder for folder, *_ in runs]


class Task(NamedTuple):
    """Everything one run needs."""

    problem: Problem
    params: Any
    key: jax.Array
    folder: Path
    clock: Clock
    trajectories: int
    preset: Preset
    options: Options
    configuration: dict[str, Any]


def _one_run(task: Task, say: Any) -> None:
    folder, clock, preset = task.folder, task.clock, task.preset
    numbers = f"σ = {clock.mutation_std:.4g}, β = {clock.beta:g}, λ = {clock.step_ratio:g}, α = {clock.learning_rate:g}"
    say(f"{folder}: {numbers}, {task.options.precision}; memory about {_memory(task)}")
    begun = time.perf_counter()
    guard = DecisionGuard(task.problem.loss, clock, task.key, folder, say)
    guard.start(task.params)
    sides = corr.compare(
        task.problem.loss,
        task.params,
        key=task.key,
        trajectories=task.trajectories,
        end_time=preset.end_time,
        record_every=preset.record_every,
        learning_rate=clock.learning_rate,
        step_ratio=clock.step_ratio,
        beta=clock.beta,
        twin_trajectories=preset.twin_trajectories,
        thin=preset.thin,
        descent_learning_rate=preset.descent_learning_rate,
        devices=task.options.devices,
        block_size=_blocks(task),
        log=folder / "log.jsonl" if jax.process_index() == 0 else None,
        progress=jax.process_index() == 0,
        checkpoint=folder / CHECKPOINTS,
        checkpoint_every=task.options.checkpoint_every,
        check=guard.at_checkpoint,
        check_decisions=False,
    )
    if jax.process_index() == 0:
        guard.along(sides.mutation, task.params)
        save_part(folder, MEANS, means(sides, task.problem, task.params))
        save_run(folder, sides, build_manifest(task, sides, guard.rows(), time.perf_counter() - begun))
        shutil.rmtree(folder / CHECKPOINTS)


def _run_key(root: jax.Array, experiment: Experiment, clock: Clock, problem: Problem) -> jax.Array:
    """The runs of one experiment are compared as independent ones, so none shares random numbers with another."""
    numbers = {"beta": plain(clock.beta), "learning_rate": clock.learning_rate, "step_ratio": clock.step_ratio}
    return own_key(root, network=experiment.network, facts=dict(problem.facts), **numbers)


def _sides(task: Task) -> dict[str, corr.Dynamics]:
    """The two ensembles, for what depends on their shapes and cost alone."""
    clock, loss = task.clock, task.problem.loss
    moments = corr.paper_moments(step_time=clock.step_time, beta=clock.beta)
    return {
        "mutation": corr.mutation(loss, mutation_std=clock.mutation_std, beta=clock.beta),
        "twin": corr.langevin(loss, time_step=clock.step_time, moments=moments),
    }


def _blocks(task: Task) -> dict[str, int] | None:
    problem = f"{task.configuration['network']} {task.options.precision} sigma {task.clock.mutation_std:.3g}"
    steps = task.trajectories * task.preset.end_time / task.clock.step_time
    asked = task.options.block_size
    return choose_blocks(task.folder, _sides(task), task.params, asked=asked, steps=steps, problem=problem)


def _memory(task: Task) -> str:
    """The larger of what the two ensembles need, and what is free."""
    preset = task.preset
    rows = round(preset.end_time / preset.record_every) + 1
    size = sum(np.size(leaf) for leaf in jax.tree.leaves(task.params))
    sizes = {"mutation": task.trajectories, "twin": preset.twin_trajectories}
    needs = [
        estimate_memory(
            side,
            task.params,
            corr.choose_layout(sizes[name]),
            rows=rows,
            kept=paths_to_keep(None, sizes[name], rows, size),
        )
        for name, side in _sides(task).items()
    ]
    most = max(need.total for need in needs)
    return f"{most / 1e9:.2g} GB of {free_memory() / 1e9:.2g} GB free"


def _configuration(experiment, options, clock, trajectories, preset, run, facts, loss) -> dict[str, Any]:
    return {
        "network": experiment.network,
        "run": run,
        "preset": options.preset,
        "seed": options.seed,
        "precision": options.precision,
        "mutation_std": clock.mutation_std,
        "beta": plain(clock.beta),
        "learning_rate": clock.learning_rate,
        "step_ratio": clock.step_ratio,
        "trajectories": trajectories,
        "twin_trajectories": preset.twin_trajectories,
        "thin": list(preset.thin) if preset.thin else None,
        "end_time": preset.end_time,
        "record_every": preset.record_every,
        "descent_learning_rate": preset.descent_learning_rate or clock.learning_rate,
        **({} if start_of(options) == options.seed else {"start_seed": options.start_seed}),
        **facts,
        "loss": loss,
    }
