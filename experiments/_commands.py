"""The commands: ``corr list``, ``run``, ``figure``, ``reproduce``, ``test``, ``validity``, ``bench``."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from . import _machine
from ._extras import need
from ._options import Ahead, Run, Saved, named, resolved

RUN, SAVED, AHEAD = Run(), Saved(), Ahead()
Experiments = Annotated[tuple[str, ...], tyro.conf.Positional]


def list_experiments() -> None:
    """List every experiment with its presets and about how long each takes on this machine (timed once, cached)."""
    from ._listing import lines

    for line in lines(shutil.get_terminal_size().columns):
        print(line)


def run(experiments: Experiments, options: Annotated[Run, tyro.conf.arg(name="")] = RUN) -> None:
    """Run experiments and save their results.

    Args:
        experiments: names from `corr list`, or paths of Python files that define `experiment = Experiment(...)`.
        options: what to run.
    """
    from ._catalogue import find_experiment
    from ._saved import naming
    from ._work import execute

    # A user's file may start JAX, after which no group can be joined.
    asked = _some(experiments, "run", options)
    first = _machine.join(options)
    chosen = {name: find_experiment(name) for name in asked}
    for name, found in chosen.items():
        with naming(name, resolved(options)):
            for folder in execute(found, resolved(options), _say(first)):
                _say(first)(f"results: {folder}")


def figure(experiments: Experiments, options: Annotated[Saved, tyro.conf.arg(name="")] = SAVED) -> None:
    """Draw figures from saved results (PDF, PNG, and the plotted numbers as JSON).

    Args:
        experiments: names from `corr list`, or folders that corr.save_run wrote; their figures go to FOLDER/figures.
        options: where the results are; the physical values must be those of the run.
    """
    from ._catalogue import find_experiment
    from ._own import draw_own, own_folder
    from ._work import draw

    need("figure", "matplotlib")
    for found in [own_folder(name) or find_experiment(name) for name in _some(experiments, "figure")]:
        make = draw_own if isinstance(found, Path) else draw
        for file in make(found, resolved(options), named(options)):  # pyright: ignore[reportArgumentType]
            print(f"figure: {file}")


def reproduce(
    experiments: Experiments,
    options: Annotated[Run, tyro.conf.arg(name="")] = RUN,
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
    from ._saved import naming
    from ._study import Study
    from ._tables import show_study
    from ._work import draw, execute

    if "all" in _some(experiments, "reproduce", options):
        from ._all import reproduce_all

        if len(experiments) > 1:
            raise ValueError("`all` has every figure in it: leave the other names out")
        return reproduce_all(resolved(options), check=check, update_expected=update_expected)
    if check or update_expected:
        raise ValueError("--check and --update-expected go with `corr reproduce all`")
    need("reproduce", "matplotlib")
    first = _machine.join(options)
    console = Console(width=120 if not sys.stdout.isatty() else None)
    judged: set[Path] = set()
    for name, found in {name: find_experiment(name) for name in experiments}.items():
        with naming(name, resolved(options)):
            folders = execute(found, resolved(options), _say(first))
            if not first:
                continue
            if isinstance(found, Study):
                show_study(found.title, folders[0], console)
            else:
                _judge(found, folders, judged, console)
            for file in draw(found, resolved(options)):
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


def test(experiments: Experiments, options: Annotated[Saved, tyro.conf.arg(name="")] = SAVED) -> None:
    """Test saved runs: is averaged mutation its noisy twin, or noise-free descent, within the declared margins?

    Args:
        experiments: names from `corr list`, paths of Python files that define `experiment = Experiment(...)`, or
            folders that corr.save_run wrote; these are tested within margins of 2 % to their last time.
        options: where the results are; the physical values must be those of the run.
    """
    from rich.console import Console

    from ._tables import show_tests
    from ._work import tested_runs

    console = Console(width=120 if not sys.stdout.isatty() else None)
    tested: dict[Path, str] = {}
    need("test", "statsmodels", "matplotlib")
    for name in _some(experiments, "test"):
        for folder, result, files in tested_runs(name, resolved(options), named(options)):
            if folder in tested:
                print(f"{name}: this run is also one of {tested[folder]}'s")
            tested.setdefault(folder, name)
            show_tests(folder, result, console)
            for file in files:
                print(f"figure: {file}")


def validity(
    experiments: Experiments, options: Annotated[Ahead, tyro.conf.arg(name="")] = AHEAD, tolerance: float = 0.1
) -> None:
    """Foresee how well mutation will follow gradient descent, from theory along one noise-free run (a minute or two).

    Args:
        experiments: names from `corr list`, or paths of Python files that define `experiment = Experiment(...)`.
        options: preset, seed and physical values as of the run looked ahead to.
        tolerance: relative error of the one-step drift called small, in (0, 1).
    """
    from rich.console import Console

    from ._tables import show_validity
    from ._work import look_ahead

    need("validity", "matplotlib")
    for name in _some(experiments, "validity"):
        result, files = look_ahead(name, resolved(options), tolerance)
        show_validity(result, Console(width=120 if not sys.stdout.isatty() else None))
        for file in files:
            print(f"figure: {file}")


def bench(
    output: Path = Path("results/bench"),
    repeats: int = 3,
    device: Literal["cpu", "gpu"] = "cpu",
) -> None:
    """Time the engine beside a C loop, plain vmap, blackjax and NumPy, all in one run (about four minutes on two CPUs).

    Args:
        output: folder for bench.json and the figure.
        repeats: measurements of each contestant, taken in turns; their median is shown.
        device: where to run; says so where there is none.
    """
    if repeats < 1:
        raise ValueError(f"--repeats must be at least 1, got {repeats}")
    need("bench", "blackjax", "matplotlib")
    from .benchmarks.bench import bench as measure

    print(f"results: {measure(output, repeats=repeats, device=device)}")


def _some(experiments: tuple[str, ...], command: str, options: Run | None = None) -> tuple[str, ...]:
    """The names given; raises ``ValueError``, naming all there are, where there is none, and for several afresh."""
    if not experiments:
        from ._catalogue import CATALOGUE

        everything = ", or `all`" if command == "reproduce" else ""
        raise ValueError(
            f"give at least one experiment, `corr {command} fig1`; there are {', '.join(CATALOGUE)}{everything}"
        )
    if options is not None and len(set(experiments)) > 1:
        from ._plan import refuse_fresh

        refuse_fresh(resolved(options))
    return experiments


def _say(first: bool) -> Callable[[str], None]:
    """Of several processes only the first one speaks."""
    return print if first else lambda line: None


def invoke(args: list[str] | None) -> int:
    """Read the command line and do what it says; returns the exit code."""
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
    description += " `corr --version` tells the version."
    return tyro.extras.subcommand_cli_from_dict(commands, prog="corr", description=description, args=args) or 0
