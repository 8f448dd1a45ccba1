"""From options to jobs: everything that can be refused before anything is computed."""

import math
from pathlib import Path

import jax

from corr import Clock, resolve_clock
from corr._checks import check_count, check_positive
from corr._timing import SAME, fitted_clock

from ..declaring.experiment import Experiment, Preset, check_recorded
from ..declaring.names import flag
from ..declaring.options import CLOCK, Options
from ..declaring.study import Study
from .job import Job, Manner, Task

FITTED = 0.01  # largest change of a step ratio that is made, and told, instead of refused
FIXED = ("trajectories", "devices", "block_size", *CLOCK)  # by a study


def plan_experiment(experiment: Experiment, options: Options) -> Job[Experiment]:
    """Every run of an experiment under these options.

    Raises:
        ValueError, TypeError: for bad options, or a preset whose runs could not be judged.
    """
    preset = experiment.preset(options.preset)
    if options.data is not None:
        raise ValueError(f"{experiment.name} has data of its own: leave --data out")
    _check(options)
    margins = experiment.margins
    if margins is not None:
        check_recorded(
            preset.record_every,
            f"preset {options.preset} of {experiment.name}, record_every",
            weights_until=margins.weights_until,
            loss_until=margins.loss_until,
        )
    clocks, sizes = _clocks(experiment, preset, options)
    return Job(
        experiment,
        options.preset,
        options.place,
        tuple(
            Task(run_folder(options.place, experiment, clock.step_ratio), clock, size)
            for clock, size in zip(clocks, sizes, strict=True)
        ),
        options.seed,
        options.start,
        options.precision,
        any(getattr(options, name) is not None for name in CLOCK),
        Manner(options.devices, options.block_size, options.checkpoint_every, options.fresh),
    )


def plan_study(study: Study, options: Options) -> Job[Study]:
    """A study under these options; raises ``ValueError`` for options that change what it fixes."""
    study.preset(options.preset)
    refuse_fixed(study.name, options)
    asked = study if options.data is None else study.on(options.data)
    return Job(
        asked, options.preset, options.place, seed=options.seed, start_seed=options.start, changed=asked is not study,
        manner=Manner(fresh=options.fresh),
    )  # fmt: skip


def run_folder(place: Path, experiment: Experiment, step_ratio: float) -> Path:
    """Where a run lies: ``OUTPUT/PRESET/NETWORK-lambda-λ``."""
    return place / f"{experiment.network_name}-lambda-{step_ratio:.6g}"


def refuse_fixed(name: str, options: Options) -> None:
    """Raises ``ValueError`` for options that change what is fixed, and for several processes."""
    if jax.process_count() > 1:
        raise ValueError(f"{name} runs in one process: leave --distributed out")
    changed = [option for option in FIXED if getattr(options, option) is not None]
    changed += ["precision"] * (options.precision != "float32")
    if changed:
        names = ", ".join(f"--{flag(option)}" for option in changed)
        raise ValueError(f"{name} fixes its own numbers: leave {names} out")


def refuse_fresh(options: Options) -> None:
    """Raises ``ValueError`` for --fresh with several experiments, whose shared results each would start over."""
    if options.fresh:
        raise ValueError(
            "--fresh would run shared results several times: give it with one experiment alone, or choose another"
            " --output instead"
        )


def _clocks(experiment: Experiment, preset: Preset, options: Options) -> tuple[list[Clock], tuple[int, ...]]:
    """The clock and the number of trajectories of each run."""
    beta = experiment.beta if options.beta is None else options.beta
    alpha = preset.learning_rate if options.alpha is None else options.alpha
    if options.sigma is not None or options.step_ratio is not None:
        clocks = [resolve_clock(alpha, options.step_ratio, options.sigma, beta)]
        sizes = preset.trajectories[:1]
    else:
        clocks = [resolve_clock(alpha, ratio, None, beta) for ratio in preset.step_ratios]
        sizes = preset.trajectories
    if any(value is not None for value in (options.sigma, options.step_ratio, options.alpha)):
        if options.alpha is not None:
            _check_alpha(preset, alpha)
        clocks = [_fitting(clock, preset) for clock in clocks]
        if len({clock.step_ratio for clock in clocks}) < len(clocks):
            raise ValueError(f"--alpha {alpha:g} makes runs of several lambda the same: give --lambda as well")
    return clocks, sizes if options.trajectories is None else (options.trajectories,) * len(clocks)


def _fitting(clock: Clock, preset: Preset) -> Clock:
    """The clock, or the nearest one of which records are whole steps apart, with a warning.

    Raises:
        ValueError: naming step ratios that fit, where none does within 1 %.
    """
    count = preset.record_every / clock.step_time
    if _whole(count):
        return clock
    if abs(max(round(count), 1) / count - 1) <= FITTED:
        return fitted_clock(clock, preset.record_every)
    raise ValueError(
        f"lambda {clock.step_ratio:g} makes {count:.6g} mutation steps in the time {preset.record_every:g} between"
        f" records, expected a whole number: {_neighbours(preset.record_every / clock.learning_rate, count)}"
    )


def _check_alpha(preset: Preset, alpha: float) -> None:
    """Raises ``ValueError``, naming values that fit, unless records are whole steps of noise-free descent apart."""
    count = preset.record_every / alpha
    if preset.descent_learning_rate is None and not _whole(count):
        raise ValueError(
            f"--alpha {alpha:g} makes {count:.6g} steps of noise-free descent in the time {preset.record_every:g}"
            f" between records, expected a whole number: {_neighbours(preset.record_every, count)}"
        )


def _whole(count: float) -> bool:
    return math.isfinite(count) and math.isclose(count, max(round(count), 1), rel_tol=SAME)


def _neighbours(whole: float, count: float) -> str:
    """The two parts of ``whole`` beside the one that is contained in it ``count`` times."""
    if not math.isfinite(count):
        return "choose a larger one"
    below = math.floor(count)
    return f"{whole / (below + 1):.10g}" + (f" or {whole / below:.10g} fits" if below else " is the largest that fits")


def _check(options: Options) -> None:
    """Raises ``ValueError`` or ``TypeError`` that names the option as the command line does."""
    if options.sigma is not None and options.step_ratio is not None:
        raise ValueError("--sigma and --lambda fix the same thing: give only one of them")
    for name, value in (("--sigma", options.sigma), ("--lambda", options.step_ratio), ("--alpha", options.alpha)):
        if value is not None:
            check_positive(name, value)
    if options.beta is not None and not options.beta > 0:
        raise ValueError(f"--beta must lie in (0, inf], got {options.beta:g}")
    if not options.checkpoint_every >= 0:
        raise ValueError(f"--checkpoint-every must be at least 0 seconds, got {options.checkpoint_every:g}")
    check_count("--seed", options.seed, least=0)
    check_count("--start-seed", options.start, least=0)
    if options.trajectories is not None:
        check_count("--trajectories", options.trajectories, least=3)
