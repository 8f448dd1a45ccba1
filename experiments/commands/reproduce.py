"""``corr reproduce``: run, judge and draw one after the other; a group also gets a report and a check of numbers."""

import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

from corr.results import make_writable

from ..catalogue import GROUPS, Found
from ..declaring.names import nearest
from ..declaring.options import Options
from ..declaring.study import Study
from ..judging.expected import expected_file, read_expected, refuse_same, refuse_unknown
from ..judging.made import Made
from ..judging.verdict import order_by_step_ratio
from ..reporting.check import check_numbers, update_numbers
from ..reporting.page import write_report
from ..reporting.terminal import console, show_order, show_study, show_verdict
from ..running.pace import Pace, due
from ..running.plan import refuse_fixed
from .actions import Read, Say, draw, execute, judge, planned, reader
from .edge import mending
from .kinds import kind

FAILED = 1


def is_group(names: tuple[str, ...]) -> bool:
    """Whether a group is asked for."""
    return any(name in GROUPS for name in names)


def reproduce_named(asked: Mapping[str, Found], options: Options, say: Say, *, first: bool) -> None:
    """Run, judge and draw each; of several processes only the first one judges.

    Args:
        asked: experiments and studies by the names the user gave.
        options: preset, output folder, seeds and physical overrides.
        say: called with one line of text at a time.
        first: whether this is the first process.
    """
    shown: set[Path] = set()
    read = reader()
    for name, entry in asked.items():
        job = planned(entry, options)
        with mending(name, options):
            execute(job, say)
            if not first:
                continue
            judged = judge(job, read)
            for folder, verdict in zip(job.folders, judged.verdicts, strict=True):
                if isinstance(entry, Study):
                    show_study(entry.title, folder, verdict, console())
                elif folder not in shown:
                    show_verdict(verdict, console())
                shown.add(folder)
            if len(job.tasks) > 1:
                show_order(order_by_step_ratio([read(folder) for folder in job.folders]), console())
            for file in draw(job, read):
                print(f"figure: {file}")


def reproduce_group(
    names: tuple[str, ...], asked: Mapping[str, Found], options: Options, *, check: bool, update_expected: bool
) -> int:
    """Run, judge and draw all of them, write the report; returns the exit code.

    Args:
        names: as the user gave them, for the title.
        asked: experiments and studies.
        options: preset, output folder and seeds.
        check: compare the numbers with the expected ones of this preset.
        update_expected: write the expected ones anew.

    Raises:
        ValueError: for options that not all of them take, or a check that could not fail.
    """
    title = " ".join(names)
    refuse_options(title, asked, options, check=check, update_expected=update_expected)
    saved = read_expected(expected_file(options.preset)) if check else None
    if saved is not None:
        refuse_same(saved, options.seed, options.start)
        refuse_unknown(saved, [entry.name for entry in asked.values()], options.preset)
    make_writable(options.place)
    made = make_all(asked, options)
    failed = [one for one in made if one.error]
    for one in failed:
        print(f"failed: {one.entry.name}: {one.error}", file=sys.stderr)
    if len(failed) == len(made):
        print("no report is written: every figure failed", file=sys.stderr)
        return FAILED
    print(f"report: {write_report(title, options, made)}")
    good = not failed
    if update_expected:
        good = update_numbers(options, made)
    elif saved is not None:
        good = check_numbers(saved, made) and good
    return 0 if good else FAILED


def refuse_options(
    title: str, asked: Mapping[str, Found], options: Options, *, check: bool, update_expected: bool
) -> None:
    """Raises ``ValueError`` for what makes no sense with several figures."""
    refuse_fixed(title, options)
    nearest("preset", options.preset, {name: name for entry in asked.values() for name in entry.presets})
    if check and update_expected:
        raise ValueError("--check compares with what --update-expected writes: give only one of them")
    if options.data is not None and (check or update_expected):
        raise ValueError("expected numbers are of each study's own data: leave --check and --update-expected out")


def make_all(asked: Mapping[str, Found], options: Options) -> list[Made]:
    """Cheapest first, in the order asked when done; one that fails does not stop the others."""
    ahead = {name: _costs(entry, options) for name, entry in asked.items()}
    order = sorted(asked, key=lambda name: sum(ahead[name].values()))
    begun, pace, read = time.perf_counter(), Pace(), reader()
    made: dict[str, Made] = {}
    try:
        for number, name in enumerate(order):
            left = pace.left([ahead[later] for later in order[number:]])
            gone = _duration(time.perf_counter() - begun)
            print(
                f"figure {number + 1} of {len(order)}, {name}: {gone} so far, about {_duration(left)} to go", flush=True
            )
            estimated, since = due([ahead[name]]), time.perf_counter()
            made[name] = make(name, asked[name], options, read)
            pace.note(estimated, time.perf_counter() - since)
    except KeyboardInterrupt:
        print(f"{len(made)} of {len(order)} figures are done after {_duration(time.perf_counter() - begun)}")
        raise
    print(f"{len(order)} figure{'s' * (len(order) > 1)} in {_duration(time.perf_counter() - begun)}")
    return [made[name] for name in asked]


def make(name: str, entry: Found, options: Options, read: Read) -> Made:
    """One experiment or study: run, judged and drawn."""
    try:
        with mending(name, options):
            job = planned(entry, options)
            execute(job)
            judged = judge(job, read)
            return Made(entry, [read(folder) for folder in job.folders], draw(job, read), judged)
    except BrokenPipeError:  # nobody reads on
        raise
    except Exception as error:
        if not isinstance(error, ValueError | TypeError | OSError):
            traceback.print_exc()
        return Made(entry, error=f"{type(error).__name__}: {error}")


def _costs(entry: Found, options: Options) -> dict[Path, float]:
    """Estimated seconds by result folder; empty where this size does not exist."""
    return kind(entry).seconds(planned(entry, options)) if options.preset in entry.presets else {}


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
