"""Whether saved results are of the loss, or of the study's program, that is asked for: names alone do not tell."""

import platform
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corr._digest import digest
from corr._fingerprint import MADE_BY, Fingerprint, differences, loss_fingerprint, processor
from corr._objective import check_params
from corr.results import ResultError, saved_configuration

from ..declaring.experiment import Problem

CURES = {
    "loss": "give the experiment a `network` name of its own, choose another --output, or --fresh to keep it aside and"
    " start over",
    "program": "choose another --output, or --fresh to keep it aside and start over",
}


def problem_fingerprint(problem: Problem) -> Fingerprint:
    """The loss at the start of seed 0, whatever the seed of the run, and its program."""
    return loss_fingerprint(problem.loss, check_params(problem.start()))


def study_fingerprint(parts: Callable[..., Any]) -> Fingerprint:
    """The code of a study's parts with that of everything of its own package they call."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"program of the study": digest(parts), MADE_BY: f"Python {python}, {processor()}"}


def saved_fingerprint(
    folder: Path, name: str, asked: Fingerprint, *, fresh: bool = False, precision: str | None = None
) -> Fingerprint:
    """What a run is saved with as ``name``: the fingerprint in its folder where that agrees, so that a later version of
    JAX, which writes programs in another way, goes on with it.

    Args:
        folder: the run's.
        name: "loss" or "program".
        asked: that of the run.
        fresh: what is in the folder is kept aside anyway.
        precision: that of the run; fingerprints of another one are not compared, since claiming the folder refuses it.

    Raises:
        ResultError: if the folder holds results of another loss or program, or of a version that did not save it.
    """
    saved = None if fresh else saved_configuration(folder)
    if saved is None:
        return asked
    if name not in saved:
        raise ResultError(
            f"{folder} holds results of an earlier version, saved without their {name}, so they cannot be told from"
            f" those of another one: {CURES['program']}"
        )
    if saved.get("precision") == precision:
        _refuse(folder, name, saved[name], asked)
    return saved[name]


def check_saved(folder: Path, name: str, asked: Fingerprint) -> None:
    """Refuse to read results of another loss or program; warn of those of a version that did not save it."""
    saved = saved_configuration(folder) or {}
    if name in saved:
        _refuse(folder, name, saved[name], asked)
    else:
        warnings.warn(
            f"{folder} holds results of an earlier version, saved without their {name}: whether they are of this one"
            " cannot be told",
            UserWarning,
            stacklevel=2,
        )


def _refuse(folder: Path, name: str, saved: Fingerprint, asked: Fingerprint) -> None:
    differ = differences(saved, asked)
    if differ:
        raise ResultError(f"{folder} holds results of another {name} ({'; '.join(differ)}): {CURES[name]}")
