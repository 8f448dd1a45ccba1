"""What a command asks for: the options, and the runs that they name."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import jax

from corr._checks import check_count, check_positive
from corr._timing import Clock, resolve_clock

from ._catalogue import find_preset
from ._declare import Experiment, Preset, check_recorded

Precision = Literal["float32", "float64"]
CLOCK = ("sigma", "step_ratio", "alpha", "beta")


@dataclass(frozen=True)
class Options:
    """What the command line may change."""

    preset: str = "quick"
    output: Path = Path("results")
    seed: int = 0
    start_seed: int | None = None
    trajectories: int | None = None
    devices: int | None = None
    block_size: int | None = None
    sigma: float | None = None
    step_ratio: float | None = None
    alpha: float | None = None
    beta: float | None = None
    precision: Precision = "float32"
    checkpoint_every: float = 60.0
    fresh: bool = False


def in_precision(precision: str) -> AbstractContextManager[None]:
    """Inside it JAX computes as a run of this precision does: start, loss, and with them its fingerprint."""
    return jax.enable_x64(precision == "float64")


def run_folder(options: Options, experiment: Experiment, step_ratio: float) -> Path:
    """Where a run lies: ``OUTPUT/PRESET/NETWORK-lambda-λ``."""
    return options.output / options.preset / f"{experiment.network}-lambda-{step_ratio:.6g}"


def start_of(options: Options) -> int:
    """Seed of the start parameters."""
    return options.seed if options.start_seed is None else options.start_seed


def plan(experiment: Experiment, options: Options) -> list[tuple[Path, Clock, int, Preset]]:
    """Every run of an experiment under these options: folder, clock, number of trajectories, preset.

    Raises:
        ValueError, TypeError: for bad options, or a preset whose runs could not be judged.
    """
    preset = find_preset(experiment, options.preset)
    _check(options)
    margins = experiment.margins
    check_recorded(
        preset.record_every,
        f"preset {options.preset} of {experiment.name}, record_every",
        judged_until=experiment.judged_until,
        weights_until=margins.weights_until,
        loss_until=margins.loss_until,
    )
    beta = experiment.beta if options.beta is None else options.beta
    alpha = preset.learning_rate if options.alpha is None else options.alpha
    if options.sigma is not None or options.step_ratio is not None:
        clocks = [resolve_clock(alpha, options.step_ratio, options.sigma, beta)]
        sizes = preset.trajectories[:1]
    else:
        clocks = [resolve_clock(alpha, ratio, None, beta) for ratio in preset.step_ratios]
        sizes = preset.trajectories
    if options.trajectories is not None:
        sizes = (options.trajectories,) * len(clocks)
    return [
        (run_folder(options, experiment, clock.step_ratio), clock, size, preset)
        for clock, size in zip(clocks, sizes, strict=True)
    ]


def refuse_fresh(options: Options) -> None:
    """Raises ``ValueError`` for --fresh with several experiments, whose shared results each would start over."""
    if options.fresh:
        raise ValueError(
            "--fresh would run shared results several times: give it with one experiment alone, or choose another"
            " --output instead"
        )


def _check(options: Options) -> None:
    """Raises ``ValueError`` or ``TypeError`` that names the option as the command line does."""
    if options.sigma is not None and options.step_ratio is not None:
        raise ValueError("--sigma and --lambda fix the same thing: give only one of them")
    for flag, value in (("--sigma", options.sigma), ("--lambda", options.step_ratio), ("--alpha", options.alpha)):
        if value is not None:
            check_positive(flag, value)
    if options.beta is not None and not options.beta > 0:
        raise ValueError(f"--beta must lie in (0, inf], got {options.beta:g}")
    if not options.checkpoint_every >= 0:
        raise ValueError(f"--checkpoint-every must be at least 0 seconds, got {options.checkpoint_every:g}")
    check_count("--seed", options.seed, least=0)
    check_count("--start-seed", start_of(options), least=0)
    if options.trajectories is not None:
        check_count("--trajectories", options.trajectories, least=3)
