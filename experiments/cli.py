"""The command line: ``corr list``, ``run``, ``figure``, ``reproduce``, ``test``, ``validity``, ``bench``."""

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from . import _machine

FAILED, SIGNALLED = 2, 128


@dataclass(frozen=True)
class Where:
    """Which results."""

    preset: str = "quick"
    """Size: smoke (seconds), quick (minutes on two cores), paper (the paper's own, for an accelerator)."""
    output: Path = Path("results")
    """Folder for results and figures, made if missing."""


@dataclass(frozen=True)
class Run(Where):
    """What to run; the physical values default to the preset's."""

    seed: int = 0
    """Seed of all random numbers: start parameters, mutations, noise."""
    start_seed: int | None = None
    """Seed of the start parameters alone, default that of all; studies have starts of their own."""
    trajectories: int | None = None
    """Number of mutation trajectories, at least 3."""
    devices: int | None = None
    """Number of devices (CPU cores or accelerators), default all."""
    block_size: int | None = None
    """Trajectories advanced together on one device; default 4, or what a timed probe finds fastest in long runs."""
    sigma: float | None = None
    """Mutation scale sigma; lambda then follows from the matching."""
    step_ratio: Annotated[float | None, tyro.conf.arg(name="lambda")] = None
    """Step ratio lambda: one mutation step advances time as much as lambda gradient steps."""
    alpha: float | None = None
    """Learning rate alpha of gradient descent."""
    beta: float | None = None
    """Reciprocal evolutionary temperature in (0, inf]; inf accepts exactly when the loss does not rise."""
    precision: Literal["float32", "float64"] = "float32"
    """Arithmetic of the whole run."""
    fresh: bool = False
    """Start over; what the result folder holds is kept aside. Without it an unfinished run goes on."""
    checkpoint_every: float = 60.0
    """Seconds between checkpoints."""
    distributed: bool = False
    """Join a group of processes that SLURM, Open MPI or a TPU pod started; elsewhere give the next three as well."""
    coordinator: str | None = None
    """HOST:PORT of the first process of the group."""
    processes: int | None = None
    """Number of processes in the group."""
    process_id: int | None = None
    """Number of this process, from 0."""


def list_experiments() -> None:
    """List every experiment with its presets and about how long each takes on this machine (timed once, cached)."""
    from rich.console import Console
    from rich.table import Table

    from ._catalogue import CATALOGUE
    from ._cost import estimate
    from ._study import Study

    table = Table()
    for head in ("experiment", "what it shows", "preset", "lambda", "trajectories", "end time", "about"):
        table.add_column(head)
    for found in CATALOGUE.values():
        for name, preset in found.presets.items():
            title = found.title if name == "smoke" else ""
            if isinstance(found, Study):
                table.add_row(found.name, title, name, "", "", "", _duration(60 * found.minutes[name]))
                continue
            ratios = ", ".join(f"{ratio:g}" for ratio in preset.step_ratios)
            sizes = ", ".join(map(str, preset.trajectories))
            cost = _duration(estimate(preset, found.relative_cost))
            table.add_row(found.name, title, name, ratios, sizes, f"{preset.end_time:g}", cost)
    Console().print(table)


def run(
    experiment: Annotated[str, tyro.conf.Positional], options: Annotated[Run, tyro.conf.arg(name="")] = Run()
) -> None:
    """Run one experiment and save its results.

    Args:
        experiment: a name from `corr list`, or the path of a Python file that defines `experiment = Experiment(...)`.
        options: what to run.
    """
    from ._catalogue import find_experiment
    from ._work import execute

    first = _machine.join(options)
    for folder in execute(find_experiment(experiment), _options(options), _say(first)):
        _say(first)(f"results: {folder}")


def figure(
    experiments: Annotated[tuple[str, ...], tyro.conf.Positional],
    options: Annotated[Run, tyro.conf.arg(name="")] = Run(),
) -> None:
    """Draw figures from saved results (PDF, PNG, and the plotted numbers as JSON).

    Args:
        experiments: names from `corr list`.
        options: where the results are; the physical overrides must be those of the run.
    """
    from ._catalogue import find_experiment
    from ._work import draw

    for name in experiments:
        for file in draw(find_experiment(name), _options(options)):
            print(f"figure: {file}")


def reproduce(
    experiments: Annotated[tuple[str, ...], tyro.conf.Positional],
    options: Annotated[Run, tyro.conf.arg(name="")] = Run(),
    check: bool = False,
    update_expected: bool = False,
) -> int:
    """Run experiments, draw their figures and print the verdict; finished runs are reused.

    Args:
        experiments: names from `corr list`, for example `fig1 fig2`; `all` makes everything and report.html.
        options: what to run.
        check: with `all`, compare the numbers with the expected ones in paper_figs/expected.
        update_expected: with `all`, write the expected numbers anew and print what changed.
    """
    from rich.console import Console

    from ._catalogue import find_experiment
    from ._study import Study
    from ._tables import show_study
    from ._work import draw, execute

    if "all" in experiments:
        from ._all import reproduce_all

        if len(experiments) > 1:
            raise ValueError("`all` has every figure in it: leave the other names out")
        return reproduce_all(_options(options), check=check, update_expected=update_expected)
    if check or update_expected:
        raise ValueError("--check and --update-expected go with `corr reproduce all`")
    first = _machine.join(options)
    console = Console(width=120 if not sys.stdout.isatty() else None)
    judged: set[Path] = set()
    for found in [find_experiment(name) for name in experiments]:
        folders = execute(found, _options(options), _say(first))
        if not first:
            continue
        if isinstance(found, Study):
            show_study(found.title, folders[0], console)
        else:
            _judge(found, folders, judged, console)
        for file in draw(found, _options(options)):
            print(f"figure: {file}")
    return 0


def _judge(experiment: Any, folders: list[Path], judged: set[Path], console: Any) -> None:
    """Print the verdict of each run that has not had its own, and how runs of several λ compare."""
    from ._tables import show_order, show_verdict
    from .verdict import order_by_step_ratio, verdict

    for folder in folders:
        if folder not in judged:
            show_verdict(verdict(folder, experiment), console)
            judged.add(folder)
    if len(folders) > 1:
        show_order(order_by_step_ratio(folders), console)


def test(
    experiment: Annotated[str, tyro.conf.Positional], options: Annotated[Run, tyro.conf.arg(name="")] = Run()
) -> None:
    """Test saved runs: is averaged mutation its noisy twin, or noise-free descent, within the declared margins?

    Args:
        experiment: a name from `corr list`, or the path of a Python file that defines `experiment = Experiment(...)`.
        options: where the results are; the physical overrides must be those of the run.
    """
    from rich.console import Console

    from ._tables import show_tests
    from ._work import test_runs

    console = Console(width=120 if not sys.stdout.isatty() else None)
    for folder, result, files in test_runs(experiment, _options(options)):
        show_tests(folder, result, console)
        for file in files:
            print(f"figure: {file}")


def validity(
    experiment: Annotated[str, tyro.conf.Positional],
    options: Annotated[Run, tyro.conf.arg(name="")] = Run(),
    tolerance: float = 0.1,
) -> None:
    """Foresee how well mutation will follow gradient descent, from theory along one noise-free run (a minute or two).

    Args:
        experiment: a name from `corr list`, or the path of a Python file that defines `experiment = Experiment(...)`.
        options: preset, seed and physical overrides as of the run looked ahead to.
        tolerance: relative error of the one-step drift called small, in (0, 1).
    """
    from rich.console import Console

    from corr._storage import write_json

    from ._catalogue import find_experiment
    from ._declare import Experiment
    from ._foresight import validity as foresee
    from ._tables import show_validity
    from ._work import figure_module

    found = find_experiment(experiment)
    if not isinstance(found, Experiment):
        raise ValueError(f"{found.name} is a study with numbers of its own: validity looks at experiments, like fig1")
    result = foresee(found, _options(options), tolerance=tolerance)
    show_validity(result, Console(width=120 if not sys.stdout.isatty() else None))
    folder = options.output / options.preset / f"validity-{found.name}"
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "validity.json", result)
    for file in figure_module("validity").draw(folder / "validity.json", folder / "figures"):
        print(f"figure: {file}")


def bench(
    output: Path = Path("results/bench"),
    repeats: int = 5,
    device: Literal["cpu", "gpu"] = "cpu",
) -> None:
    """Time the engine beside a C loop, plain vmap, blackjax and NumPy, all in one run (about ten minutes).

    Args:
        output: folder for bench.json and the figure.
        repeats: measurements of each contestant, taken in turns.
        device: where to run; says so where there is none.
    """
    from .benchmarks.bench import bench as measure

    if repeats < 1:
        raise ValueError(f"--repeats must be at least 1, got {repeats}")
    print(f"results: {measure(output, repeats=repeats, device=device)}")


def _options(options: Run) -> Any:
    from ._runner import Options

    return Options(**{field.name: getattr(options, field.name) for field in fields(Options)})


def _say(first: bool) -> Callable[[str], None]:
    """Of several processes only the first one speaks."""
    return print if first else lambda line: None


def _duration(seconds: float) -> str:
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 1):.0f} s"


def main(args: list[str] | None = None) -> int:
    """Entry point of ``corr``; returns the exit code."""
    _machine.prepare()
    commands = {
        "list": list_experiments,
        "run": run,
        "figure": figure,
        "reproduce": reproduce,
        "test": test,
        "validity": validity,
        "bench": bench,
    }
    description = "Neuroevolution and gradient descent on one clock: run the experiments, draw the figures, judge them."
    try:
        code = tyro.extras.subcommand_cli_from_dict(commands, prog="corr", description=description, args=args)
    except (ValueError, TypeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as stop:
        reason = str(stop) or "finished runs are saved, and the one under way to its last checkpoint"
        print(f"interrupted: {reason}; run the same command again to go on", file=sys.stderr)
        return SIGNALLED + getattr(stop, "signal", signal.SIGINT)
    return code or 0


if __name__ == "__main__":
    sys.exit(main())
