"""Everything in the catalogue, one after the other, with a report and a check of the numbers."""

import sys
import time
import traceback
from pathlib import Path
from typing import NamedTuple

from corr._files import make_writable

from ._agreement import UNJUDGED, Agreement, of_experiment, of_numbers
from ._catalogue import CATALOGUE, Found
from ._declare import Experiment
from ._expected import expected_file, read_expected, refuse_same
from ._extras import need
from ._names import nearest
from ._numbers import Number, numbers
from ._pace import Pace, costs, due
from ._plan import Options, refuse_fresh
from ._saved import naming
from ._study import refuse_overrides
from ._tested import tested_run
from ._work import draw, execute
from .verdict import verdict

FAILED = 1


class Made(NamedTuple):
    """What came of one experiment or study; ``error`` says why there is nothing where there is nothing."""

    found: Found
    folders: list[Path]
    files: list[Path]
    numbers: dict[str, Number]
    agreement: Agreement
    error: str = ""


def reproduce_all(options: Options, *, check: bool, update_expected: bool) -> int:
    """Run, judge and draw everything, write the report; returns the exit code.

    Args:
        options: preset, output folder and seeds.
        check: compare the numbers with the expected ones of this preset.
        update_expected: write the expected ones anew.

    Raises:
        ValueError: for options that the whole catalogue does not take, packages that are not installed, or a check that
            could not fail.
    """
    from ._check import check_numbers, update_numbers
    from ._report import write_report

    refuse_options(options, check=check, update_expected=update_expected)
    saved = read_expected(expected_file(options.preset)) if check else None
    if saved is not None:
        refuse_same(saved, options)
    make_writable(options.output / options.preset)
    made = make_all(options)
    failed = [one for one in made if one.error]
    for one in failed:
        print(f"failed: {one.found.name}: {one.error}", file=sys.stderr)
    if len(failed) == len(made):
        print("no report is written: every figure failed", file=sys.stderr)
        return FAILED
    print(f"report: {write_report(options, made)}")
    good = not failed
    if update_expected:
        good = update_numbers(options, made)
    elif saved is not None:
        good = check_numbers(saved, made) and good
    return 0 if good else FAILED


def refuse_options(options: Options, *, check: bool, update_expected: bool) -> None:
    """Raises ``ValueError`` for what makes no sense with the whole catalogue, and for packages missing at its end."""
    need("reproduce all", "matplotlib", "statsmodels")
    refuse_overrides("all", options)
    nearest("preset", options.preset, {name: name for found in CATALOGUE.values() for name in found.presets})
    refuse_fresh(options)
    if check and update_expected:
        raise ValueError("--check compares with what --update-expected writes: give only one of them")


def make_all(options: Options) -> list[Made]:
    """Cheapest first, in the order of the catalogue when done; one that fails does not stop the others."""
    ahead = {name: costs(found, options) for name, found in CATALOGUE.items()}
    order = sorted(CATALOGUE, key=lambda name: sum(ahead[name].values()))
    begun, pace = time.perf_counter(), Pace()
    made: dict[str, Made] = {}
    tested: dict[Path, dict] = {}
    try:
        for number, name in enumerate(order):
            left = pace.left([ahead[later] for later in order[number:]])
            gone = _duration(time.perf_counter() - begun)
            print(
                f"figure {number + 1} of {len(order)}, {name}: {gone} so far, about {_duration(left)} to go", flush=True
            )
            estimated, since = due([ahead[name]]), time.perf_counter()
            made[name] = make(CATALOGUE[name], options, tested)
            pace.note(estimated, time.perf_counter() - since)
    except KeyboardInterrupt:
        print(f"{len(made)} of {len(order)} figures are done after {_duration(time.perf_counter() - begun)}")
        raise
    print(f"{len(order)} figures in {_duration(time.perf_counter() - begun)}")
    return [made[name] for name in CATALOGUE]


def make(found: Found, options: Options, tested: dict[Path, dict]) -> Made:
    """One experiment or study; ``tested`` keeps the tests of runs that several share."""
    folders: list[Path] = []
    try:
        with naming(found.name, options):
            folders = execute(found, options)
            for folder in folders:
                if isinstance(found, Experiment) and folder not in tested:
                    losses = verdict(folder, found)["loss_of_mean"]
                    tested[folder] = tested_run(folder, found.margins) | {"losses": losses}
            files, measured = draw(found, options), numbers(found, folders)
            if isinstance(found, Experiment):
                agreement = of_experiment(found, [tested[folder] for folder in folders])
            else:
                agreement = of_numbers(measured)
    except BrokenPipeError:  # nobody reads on
        raise
    except Exception as error:
        if not isinstance(error, ValueError | TypeError | OSError):
            traceback.print_exc()
        return Made(found, folders, [], {}, Agreement(UNJUDGED, ""), f"{type(error).__name__}: {error}")
    return Made(found, folders, files, measured, agreement)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
