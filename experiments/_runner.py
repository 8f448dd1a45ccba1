"""Run an experiment: resolve options, simulate, check decisions, save."""

import math
import os
import platform
import shutil
import subprocess
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

import corr
from corr._clock import check_count
from corr._compare import Clock, Comparison, resolve_clock
from corr._objective import check_loss, check_params
from corr._recorder import paths_to_keep
from corr._storage import save_run
from corr.ensemble._memory import estimate_memory, free_memory
from theory import level1
from theory.validity import measure_curvature, validity

from ._catalogue import find_preset
from ._claim import claimed
from ._declare import Experiment, Preset
from ._guard import CHECKED_POINTS, DecisionGuard

CHECKPOINTS = "checkpoints"
LAYOUT = ("devices", "block_size", "refresh_every")
Precision = Literal["float32", "float64"]
PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "xarray")


@dataclass(frozen=True)
class Options:
    """What the command line may change."""

    preset: str = "quick"
    output: Path = Path("results")
    seed: int = 0
    trajectories: int | None = None
    devices: int | None = None
    sigma: float | None = None
    step_ratio: float | None = None
    alpha: float | None = None
    beta: float | None = None
    precision: Precision = "float32"
    checkpoint_every: float = 60.0
    fresh: bool = False


def run_folder(options: Options, experiment: Experiment, step_ratio: float) -> Path:
    """Where a run lies: ``OUTPUT/PRESET/NETWORK-lambda-λ``."""
    return options.output / options.preset / f"{experiment.network}-lambda-{step_ratio:.6g}"


def plan(experiment: Experiment, options: Options) -> list[tuple[Path, Clock, int, Preset]]:
    """Every run of an experiment under these options: folder, clock, number of trajectories, preset."""
    preset = find_preset(experiment, options.preset)
    if options.sigma is not None and options.step_ratio is not None:
        raise ValueError("--sigma and --lambda fix the same thing: give only one of them")
    check_count("seed", options.seed, least=0)
    beta = experiment.beta if options.beta is None else options.beta
    alpha = preset.learning_rate if options.alpha is None else options.alpha
    if options.sigma is not None or options.step_ratio is not None:
        clocks = [resolve_clock(alpha, options.step_ratio, options.sigma, beta)]
        sizes = preset.trajectories[:1]
    else:
        clocks = [resolve_clock(alpha, ratio, None, beta) for ratio in preset.step_ratios]
        sizes = preset.trajectories
    if options.trajectories is not None:
        sizes = (check_count("trajectories", options.trajectories, least=3),) * len(clocks)
    return [
        (run_folder(options, experiment, clock.step_ratio), clock, size, preset)
        for clock, size in zip(clocks, sizes, strict=True)
    ]


def run_experiment(experiment: Experiment, options: Options, say: Any = print) -> list[Path]:
    """Run what is not there yet; returns the folders of all runs, λ ascending.

    Args:
        experiment: the declaration.
        options: preset, output folder, seed and physical overrides.
        say: called with one line of text at a time.

    Raises:
        ValueError, TypeError: for bad options or a bad loss, before anything is compiled.
    """
    with jax.enable_x64(options.precision == "float64"):
        runs = plan(experiment, options)
        problem = experiment.problem()
        root = corr.root_key(options.seed)
        params = check_params(problem.init(corr.trajectory_key(root, corr.Stream.START, 0)))
        check_loss(problem.loss, params)
        for folder, clock, trajectories, preset in runs:
            facts = _configuration(experiment, options, clock, trajectories, preset, folder.name, problem.facts)
            with claimed(folder, facts, fresh=options.fresh) as finished:
                if finished:
                    say(f"{folder}: finished before, reused")
                    continue
                one = Task(problem.loss, params, root, folder, clock, trajectories, preset, options, facts)
                _one_run(one, say)
    return [folder for folder, *_ in runs]


class Task(NamedTuple):
    """Everything one run needs."""

    loss: Any
    params: Any
    root: jax.Array
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
    guard = DecisionGuard(task.loss, clock, task.root, folder, say)
    guard.start(task.params)
    sides = corr.compare(
        task.loss,
        task.params,
        key=task.root,
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
        log=folder / "log.jsonl" if jax.process_index() == 0 else None,
        progress=jax.process_index() == 0,
        checkpoint=folder / CHECKPOINTS,
        checkpoint_every=task.options.checkpoint_every,
        check=guard.at_checkpoint,
    )
    if jax.process_index() == 0:
        guard.along(sides.mutation, task.params)
        save_run(folder, sides, _manifest(task, sides, guard.rows(), time.perf_counter() - begun))
        shutil.rmtree(folder / CHECKPOINTS)


def _memory(task: Task) -> str:
    """The larger of what the two ensembles need, and what is free."""
    clock, preset = task.clock, task.preset
    rows = round(preset.end_time / preset.record_every) + 1
    size = sum(np.size(leaf) for leaf in jax.tree.leaves(task.params))
    moments = corr.paper_moments(step_time=clock.step_time, beta=clock.beta)
    sides = [
        (corr.mutation(task.loss, mutation_std=clock.mutation_std, beta=clock.beta), task.trajectories),
        (corr.langevin(task.loss, time_step=clock.step_time, moments=moments), preset.twin_trajectories),
    ]
    needs = [
        estimate_memory(
            side, task.params, corr.choose_layout(count), rows=rows, kept=paths_to_keep(None, count, rows, size)
        )
        for side, count in sides
    ]
    most = max(need.total for need in needs)
    return f"{most / 1e9:.2g} GB of {free_memory() / 1e9:.2g} GB free"


def _manifest(task: Task, sides: Comparison, flips: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    walk = sides.mutation
    return {
        "configuration": task.configuration,
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "git": _git_revision(),
        "device": f"{jax.devices()[0].device_kind} x {walk.attrs['devices']}",
        "processes": jax.process_count(),
        "layout": {name: {key: side.attrs[key] for key in LAYOUT} for name, side in sides._asdict().items()},
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "platform": platform.platform(),
        "flip_rates": flips,
        "acceptance": float(walk.acceptance.mean()),
        "loss_drift": float(walk.loss_drift.max()),
        **_predictions(task.loss, task.params, sides.descent, task.clock),
        "trajectories": {
            "asked": task.trajectories,
            "finite": int(walk.finite.sum()),
            "lost": [int(i) for i in walk.trajectory.values[~walk.finite.values]],
            "nonfinite_proposals": int(walk.nonfinite.sum()),
        },
        "seconds": round(seconds, 1),
    }


def _predictions(loss: Any, params: Any, smooth: Any, clock: Clock) -> dict[str, Any]:
    """Validity numbers at a few times, and level-1 acceptance at every recorded time, along noise-free descent."""
    _, unravel = ravel_pytree(params)
    flat_loss = lambda flat: loss(unravel(flat))  # noqa: E731
    path, times = jnp.asarray(smooth.path.values[0]), smooth.time.values
    norms = jax.jit(jax.vmap(lambda row: jnp.linalg.norm(jax.grad(flat_loss)(row))))(path)
    strengths = level1.strength(norms, mutation_std=clock.mutation_std, beta=clock.beta)
    measure = jax.jit(lambda row: measure_curvature(flat_loss, row))
    rows = []
    for k in np.linspace(0, len(times) - 1, CHECKED_POINTS + 1).round().astype(int):
        numbers = validity(*measure(path[k]), mutation_std=clock.mutation_std, beta=clock.beta)
        plain = {name: _plain(value) for name, value in numbers._asdict().items()}
        rows.append({"time": float(times[k]), "gradient_norm": float(norms[k]), **plain})
    return {"validity": rows, "acceptance_theory": [float(a) for a in level1.acceptance(strengths)[1:]]}


def _plain(value: Any) -> float | str:
    return "inf" if math.isinf(float(value)) else float(value)


def _configuration(experiment, options, clock, trajectories, preset, run, facts) -> dict[str, Any]:
    return {
        "network": experiment.network,
        "run": run,
        "preset": options.preset,
        "seed": options.seed,
        "precision": options.precision,
        "mutation_std": clock.mutation_std,
        "beta": _plain(clock.beta),
        "learning_rate": clock.learning_rate,
        "step_ratio": clock.step_ratio,
        "trajectories": trajectories,
        "twin_trajectories": preset.twin_trajectories,
        "thin": list(preset.thin) if preset.thin else None,
        "end_time": preset.end_time,
        "record_every": preset.record_every,
        "descent_learning_rate": preset.descent_learning_rate or clock.learning_rate,
        **facts,
    }


def _git_revision() -> str | None:
    here = Path(__file__).parent
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
