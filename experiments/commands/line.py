"""The commands: ``corr list``, ``run``, ``figure``, ``reproduce``, ``test``, ``validity``, ``bench``.

What a command needs is imported inside it: JAX takes seconds, which `corr --help` must not.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from .extras import need
from .options import Ahead, Run, Saved, named, resolved

RUN, SAVED, AHEAD = Run(), Saved(), Ahead()
Names = Annotated[tuple[str, ...], tyro.conf.Positional]


def list_experiments(names: Names = ("all",), time_again: bool = False) -> None:
    """List experiments and studies with their presets and about how long each takes on this machine.

    Args:
        names: groups (paper, studies, systems, atlas, learning, all), names, or paths of Python files that define
            `experiment = Experiment(...)`.
        time_again: time this machine anew (half a minute), after other work beside it has ended, say.
    """
    from .listing import lines

    for line in lines(names, shutil.get_terminal_size().columns, again=time_again):
        print(line)


def run(names: Names, options: Annotated[Run, tyro.conf.arg(name="")] = RUN) -> None:
    """Run experiments and studies and save their results.

    Args:
        names: names or groups from `corr list`, or paths of Python files that define `experiment = Experiment(...)`.
        options: what to run.
    """
    asked, first = _begin(names, "run", options)
    from .actions import execute, planned
    from .edge import mending

    for name, entry in asked.items():
        job = planned(entry, resolved(options))
        with mending(name, resolved(options)):
            execute(job, _say(first))
        for folder in job.folders:
            _say(first)(f"results: {folder}")


def figure(names: Names, options: Annotated[Saved, tyro.conf.arg(name="")] = SAVED) -> None:
    """Draw figures from saved results (PDF, PNG, and the plotted numbers as JSON).

    Args:
        names: names or groups from `corr list`, paths of Python files that define `experiment = Experiment(...)`, or
            folders that corr.save_run wrote; their figures go to FOLDER/figures.
        options: where the results are; the physical values must be those of the run.
    """
    need("figure", "matplotlib")
    _prepare()
    from .actions import check, draw_again, planned, reader
    from .edge import mending
    from .own import draw_own, sorted_out

    read = reader()
    for name, found in sorted_out(_some(names, "figure")).items():
        if isinstance(found, Path):
            files = draw_own(found, resolved(options), named(options))
        else:
            with mending(name, resolved(options)):
                job = planned(found, resolved(options))
                check(job, read, resolved(options), named(options))
                files = draw_again(job, read)
        for file in files:
            print(f"figure: {file}")


def reproduce(
    names: Names,
    options: Annotated[Run, tyro.conf.arg(name="")] = RUN,
    check: bool = False,
    update_expected: bool = False,
) -> int:
    """Run experiments, draw their figures and print the verdict; finished runs are reused.

    Args:
        names: names from `corr list`, for example `fig1 fig2`, paths of Python files that define `experiment =
            Experiment(...)`, or a group (paper, studies, systems, all), which also makes a report, an HTML page.
        options: what to run.
        check: compare the numbers with the expected ones in experiments/expected.
        update_expected: write the expected numbers anew and print what changed.
    """
    need("reproduce", "matplotlib", "statsmodels")
    from .reproduce import is_group, reproduce_group, reproduce_named

    asked, first = _begin(names, "reproduce", options)
    if is_group(names) or check or update_expected:
        return reproduce_group(names, asked, resolved(options), check=check, update_expected=update_expected)
    reproduce_named(asked, resolved(options), _say(first), first=first)
    return 0


def test(names: Names, options: Annotated[Saved, tyro.conf.arg(name="")] = SAVED) -> None:
    """Test saved runs: is averaged mutation its noisy twin, or noise-free descent, within the declared margins?

    Args:
        names: names from `corr list`, paths of Python files that define `experiment = Experiment(...)`, or folders
            that corr.save_run wrote; these are tested within margins of 2 % to their last time.
        options: where the results are; the physical values must be those of the run.
    """
    need("test", "statsmodels", "matplotlib")
    _prepare()
    from ..reporting.terminal import console, show_tests
    from .actions import reader, tested
    from .own import sorted_out, tested_own

    seen: dict[Path, str] = {}
    read = reader()
    for name, found in sorted_out(_some(names, "test")).items():
        own = isinstance(found, Path)
        asked = (resolved(options), named(options))
        for folder, result, files in tested_own(found, *asked) if own else tested(name, found, *asked, read):
            if folder in seen:
                print(f"{name}: this run is also one of {seen[folder]}'s")
            seen.setdefault(folder, name)
            show_tests(folder, result, console())
            for file in files:
                print(f"figure: {file}")


def validity(names: Names, options: Annotated[Ahead, tyro.conf.arg(name="")] = AHEAD, tolerance: float = 0.1) -> None:
    """Foresee how well mutation will follow gradient descent, from theory along one noise-free run (a minute or two).

    Args:
        names: names from `corr list`, or paths of Python files that define `experiment = Experiment(...)`.
        options: preset, seed and physical values as of the run looked ahead to.
        tolerance: relative error of the one-step drift called small, in (0, 1).
    """
    need("validity", "matplotlib")
    _prepare()
    from ..catalogue import gather
    from ..reporting.foreseen import show_foreseen
    from ..reporting.terminal import console
    from .actions import look_ahead

    for entry in gather(_some(names, "validity")).values():
        found, files = look_ahead(entry, resolved(options), tolerance)
        show_foreseen(found, console())
        for file in files:
            print(f"figure: {file}")


def bench(
    output: Path = Path("results/bench"),
    repeats: int = 5,
    device: Literal["cpu", "gpu"] = "cpu",
) -> None:
    """Time the engine beside a C loop, plain vmap, blackjax and NumPy, all in one run (about 7 minutes on two CPUs).

    Args:
        output: folder for bench.json and the figure.
        repeats: measurements of each contestant, taken in turns; medians are shown, of ratios with their range.
        device: where to run; says so where there is none.
    """
    if repeats < 1:
        raise ValueError(f"--repeats must be at least 1, got {repeats}")
    need("bench", "blackjax", "matplotlib")
    _prepare()
    from ..benchmarks.bench import bench as measure

    print(f"results: {measure(output, repeats=repeats, device=device)}")


def _prepare() -> None:
    from ..running.machine import prepare

    prepare()


def _begin(names: tuple[str, ...], command: str, options: Run) -> tuple[dict[str, Any], bool]:
    """The entries asked for, and whether this is the first process; several afresh are refused."""
    asked = _some(names, command)
    _prepare()
    from ..running.machine import join
    from ..running.plan import refuse_fresh

    # A user's file may start JAX, after which no group can be joined.
    first = join(options)
    from ..catalogue import gather

    found = dict(gather(asked))
    if len(found) > 1:
        refuse_fresh(resolved(options))
    return found, first


def _some(names: tuple[str, ...], command: str) -> tuple[str, ...]:
    """The names given; raises ``ValueError``, naming all there are, where there is none."""
    if not names:
        from ..catalogue import CATALOGUE

        raise ValueError(
            f"give at least one experiment, `corr {command} fig1`; there are {', '.join(CATALOGUE)}, and the groups"
            " paper, studies, systems, atlas, learning, all"
        )
    return names


def _say(first: bool) -> Callable[[str], None]:
    """Of several processes only the first one speaks."""
    return print if first else lambda line: None


def invoke(args: list[str] | None) -> int:
    """Read the command line and do what it says; returns the exit code."""
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
