"""Saved results that a command asks for: found, refused where they hold something else."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from corr._fingerprint import Fingerprint
from corr.results import ResultError, Results

from ..declaring.experiment import Experiment
from ..declaring.study import Study
from .fingerprints import check_saved, problem_fingerprint, study_fingerprint
from .job import Job, in_precision

ROUNDED = 1e-5  # λ is known to six digits where it is read off the name of a folder


def loss_saved(job: Job[Experiment], precision: str) -> tuple[str, Fingerprint]:
    """The name and the fingerprint that an experiment's runs in this precision are saved with."""
    with in_precision(precision):
        return "loss", problem_fingerprint(job.size.resolved(job.entry))


def program_saved(job: Job[Study], precision: str) -> tuple[str, Fingerprint]:
    """The name and the fingerprint that a study is saved with."""
    del precision
    return "program", study_fingerprint(job.entry.parts)


def check_results(
    job: Job[Any],
    read: Callable[[Path], Results],
    fingerprint: Callable[[Job[Any], str], tuple[str, Fingerprint]],
    given: Mapping[str, Any],
) -> None:
    """Refuse what was not run as the job says.

    Args:
        job: what the results must agree with: σ, λ, α and β always.
        read: gives the results of a folder.
        fingerprint: the name and fingerprint that they must be saved with, in a precision.
        given: what else the user said of them: seed, start_seed, trajectories, precision.

    Raises:
        ResultError: where results are missing or unfinished, or hold something else, naming what differs.
    """
    clocks = [
        {"mutation_std": clock.mutation_std, "beta": clock.beta, "learning_rate": clock.learning_rate,
         "step_ratio": clock.step_ratio}
        for _, clock, _ in job.tasks
    ] or [{}]  # fmt: skip
    made: dict[str, tuple[str, Fingerprint]] = {}
    for folder, clock in zip(job.folders, clocks, strict=True):
        precision = refuse_another(read(folder), {**clock, **given}).get("precision", "float32")
        if precision not in made:
            made[precision] = fingerprint(job, precision)
        check_saved(folder, *made[precision])


def refuse_another(results: Results, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of finished results; raises ``ResultError`` where it is not the one asked for."""
    saved = {"start_seed": results.configuration.get("seed"), **results.configuration}
    differ = [
        f"{name}: saved {saved.get(name)}, asked {value}"
        for name, value in asked.items()
        if not _agree(saved.get(name), value)
    ]
    if differ:
        raise ResultError(
            f"{results.folder} holds a run with another configuration ({'; '.join(differ)}): give the options it was"
            " run with, or another --output",
            results.folder,
        )
    return saved


def _agree(saved: Any, asked: Any) -> bool:
    """Infinity is saved as a text."""
    if isinstance(asked, float) and saved is not None:
        return math.isclose(float(saved), asked, rel_tol=ROUNDED)
    return saved == asked
