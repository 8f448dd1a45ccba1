"""What the commands do with an experiment or a study: run it, find its results, judge and draw it."""

import math
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import xarray

import corr
from corr.results import Results, make_writable, save_part

from ..catalogue import Found
from ..declaring.experiment import Preset
from ..declaring.names import flag
from ..declaring.options import CLOCK, Options
from ..declaring.study import Study
from ..foresight.foresee import TOLERANCE, foresee
from ..judging.made import Judged
from ..judging.verdict import verdict
from ..running.job import Job
from ..running.saved import check_results
from .edge import asking, mending
from .kinds import kind

Read = Callable[[Path], Results]
Say = Callable[[str], None]


def reader() -> Read:
    """Gives the results of a folder, each read once for as long as the reader is kept: one for each command."""
    return cache(Results)


def planned(entry: Found, options: Options) -> Job[Any]:
    """The job of one entry under these options."""
    return kind(entry).plan(entry, options)


def execute(job: Job[Any], say: Say = print) -> None:
    """Run it, or go on with it."""
    kind(job.entry).execute(job, say)


def judge(job: Job[Any], read: Read) -> Judged:
    """What its finished results say."""
    return kind(job.entry).judge(job.entry, [read(folder) for folder in job.folders])


def draw_again(job: Job[Any], read: Read) -> list[Path]:
    """Draw figures of results that this command has not judged: the numbers they quote are worked out first."""
    kind(job.entry).quote(job.entry, [read(folder) for folder in job.folders])
    return draw(job, read)


def draw(job: Job[Any], read: Read) -> list[Path]:
    """Draw its figures from saved results; returns the files written.

    Raises:
        ValueError: if results are missing or damaged.
    """
    import paper_figs

    return paper_figs.draw(job.entry.name, [read(folder) for folder in job.folders], job.figures)


def check(job: Job[Any], read: Read, options: Options, given: Collection[str]) -> None:
    """Refuse saved results that are not what is asked; ``given`` names what the user said beyond physical values."""
    check_results(job, read, kind(job.entry).fingerprint, {name: getattr(options, name) for name in given})


def tested(
    name: str, entry: Found, options: Options, given: Collection[str], read: Read
) -> Iterator[tuple[Path, dict[str, Any], list[Path]]]:
    """Judge every run of an experiment; gives folder, verdict and figures.

    Raises:
        ValueError: for a study, for results missing, damaged or not what is asked.
    """
    import paper_figs

    if isinstance(entry, Study):
        where = asking(name, Options(options.preset, options.output))
        raise ValueError(f"{entry.name} is a study: its verdict comes with `corr reproduce {where}`")
    with mending(name, options):
        job = planned(entry, options)
        check(job, read, options, given)
        for folder in job.folders:
            result = verdict(read(folder), entry.margins)
            yield folder, result, paper_figs.draw_tests(read(folder), job.place / "figures")


def look_ahead(entry: Found, options: Options, tolerance: float) -> tuple[xarray.Dataset, list[Path]]:
    """Foresee a run, saved as ``validity.nc`` in a folder named by what was changed; gives result and figures.

    Raises:
        ValueError, TypeError: for a study, bad options.
    """
    import paper_figs

    if isinstance(entry, Study):
        raise ValueError(f"{entry.name} is a study with numbers of its own: validity looks at experiments, like fig1")
    job = planned(entry, options)
    changed = [*_changes(options), *[f"tolerance-{tolerance:.6g}"] * (tolerance != TOLERANCE)]
    folder = job.place / "-".join(["validity", entry.name, *changed])
    make_writable(folder)
    preset: Preset = job.size
    found = foresee(
        preset.resolved(entry), job.tasks[0].clock, preset.end_time, corr.root_key(job.seed),
        start_seed=job.start_seed, descent_learning_rate=preset.descent_learning_rate,
        twins_until=math.inf if entry.margins is None else entry.margins.loss_until, tolerance=tolerance,
    )  # fmt: skip
    paper = entry.presets.get("paper", preset).end_time
    found = found.assign_attrs(experiment=entry.name, preset=job.preset, paper_end_time=max(paper, preset.end_time))
    save_part(folder, "validity", found)
    return found, paper_figs.draw_foreseen(found, folder / "figures")


def _changes(options: Options) -> list[str]:
    """Names and values of what is not as the preset has it."""
    return [
        f"{flag(name)}-{value:.6g}" if name in CLOCK else f"{flag(name)}-{value}"
        for name, value in options.changed(("seed", "start_seed", *CLOCK)).items()
    ]
