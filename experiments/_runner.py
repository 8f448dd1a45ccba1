"""Run an experiment: resolve options, simulate, check decisions, save."""

import math
import platform
import subprocess
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr._clock import check_count
from corr._compare import Clock, resolve_clock
from corr._flips import flip_counter
from corr._objective import check_loss, check_params
from corr._storage import claim_folder, save_run
from theory import level1
from theory.validity import measure_curvature, validity

from ._catalogue import find_preset
from ._declare import Experiment, Preset

WARN_FLIPS, REFUSE_FLIPS = 1e-3, 1e-2
CHECKED_POINTS = 4
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
    runs = plan(experiment, options)
    problem = experiment.problem()
    root = corr.root_key(options.seed)
    params = check_params(problem.init(corr.trajectory_key(root, corr.Stream.START, 0)))
    check_loss(problem.loss, params)
    for folder, clock, trajectories, preset in runs:
        configuration = _configuration(experiment, options, clock, trajectories, preset, folder.name, problem.facts)
        if claim_folder(folder, configuration):
            say(f"{folder}: finished before, reused")
            continue
        numbers = f"σ = {clock.mutation_std:.4g}, β = {clock.beta:g}, λ = {clock.step_ratio:g}"
        say(f"{folder}: {numbers}, α = {clock.learning_rate:g}")
        _one_run(problem.loss, params, root, folder, clock, trajectories, preset, options, configuration, say)
    return [folder for folder, *_ in runs]


def _one_run(loss, params, root, folder, clock, trajectories, preset, options, configuration, say) -> None:
    begun = time.perf_counter()
    counter = flip_counter(loss, mutation_std=clock.mutation_std, beta=clock.beta)
    first = counter(params, root)
    if first.rate > REFUSE_FLIPS:
        raise ValueError(f"{100 * first.rate:.2g} % of decisions differ from float64 at the start, expected under 1 %")
    sides = corr.compare(
        loss,
        params,
        key=root,
        trajectories=trajectories,
        end_time=preset.end_time,
        record_every=preset.record_every,
        learning_rate=clock.learning_rate,
        step_ratio=clock.step_ratio,
        beta=clock.beta,
        twin_trajectories=preset.twin_trajectories,
        thin=preset.thin,
        descent_learning_rate=preset.descent_learning_rate,
        devices=options.devices,
        log=folder / "log.jsonl",
    )
    flips = [{"time": 0.0, **first._asdict()}, *_later_flips(counter, sides.mutation, params, root)]
    for row in flips:
        if row["rate"] > WARN_FLIPS:
            say(f"warning: {100 * row['rate']:.2g} % of decisions differ from float64 at t = {row['time']:g}")
    manifest = {
        "configuration": configuration,
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "git": _git_revision(),
        "device": f"{jax.devices()[0].device_kind} x {sides.mutation.attrs['devices']}",
        "platform": platform.platform(),
        "flip_rates": flips,
        "acceptance": float(sides.mutation.acceptance.mean()),
        **_predictions(loss, params, sides.descent, clock),
        "trajectories": {
            "asked": trajectories,
            "finite": int(sides.mutation.finite.sum()),
            "nonfinite_proposals": int(sides.mutation.nonfinite.sum()),
        },
        "seconds": round(time.perf_counter() - begun, 1),
    }
    save_run(folder, sides, manifest)


def _later_flips(counter: Any, walk: xarray.Dataset, params: Any, root: jax.Array) -> list[dict[str, Any]]:
    """Flip rates along the first trajectory, at times spread over the run."""
    _, unravel = ravel_pytree(params)
    rows = []
    for k in np.linspace(0, len(walk.time) - 1, CHECKED_POINTS).round().astype(int)[1:]:
        place = unravel(jnp.asarray(walk.path.values[0, k]))
        rows.append({"time": float(walk.time.values[k]), **counter(place, root)._asdict()})
    return rows


def _predictions(loss: Any, params: Any, smooth: xarray.Dataset, clock: Clock) -> dict[str, Any]:
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
