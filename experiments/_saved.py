"""Saved results that a command asks for: found, named in messages, refused where they hold something else."""

import math
import shlex
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corr._fingerprint import Fingerprint
from corr._storage import ResultError, finished_manifest

from ._catalogue import Found, find_preset
from ._plan import Options, in_precision, plan
from ._same import check_saved, problem_fingerprint, study_fingerprint
from ._study import Study, refuse_overrides, study_folder

ROUNDED = 1e-5  # λ is known to six digits where it is read off the name of a folder


def saved_folders(found: Found, options: Options, given: Collection[str] = ()) -> list[Path]:
    """Folders of finished results, λ ascending.

    Args:
        found: an experiment or study.
        options: what the results must agree with: σ, λ, α and β always, the rest where ``given``.
        given: of ``seed``, ``start_seed``, ``trajectories`` and ``precision`` those that the user named.

    Raises:
        ResultError: where results are missing or unfinished, or hold something else, naming what differs.
        ValueError: for bad options.
    """
    find_preset(found, options.preset)
    named = {name: getattr(options, name) for name in given}
    if isinstance(found, Study):
        refuse_overrides(found.name, options)
        places = [(study_folder(found, options), named)]
    else:
        places = [
            (
                folder,
                {
                    "mutation_std": clock.mutation_std,
                    "beta": clock.beta,
                    "learning_rate": clock.learning_rate,
                    "step_ratio": clock.step_ratio,
                    **named,
                },
            )
            for folder, clock, *_ in plan(found, options)
        ]
    made: dict[str, tuple[str, Fingerprint]] = {}
    for folder, asked in places:
        precision = refuse_another(folder, asked).get("precision", Options.precision)
        if precision not in made:
            made[precision] = _fingerprint(found, options, precision)
        check_saved(folder, *made[precision])
    return [folder for folder, _ in places]


def _fingerprint(found: Found, options: Options, precision: str) -> tuple[str, Fingerprint]:
    """The name and the fingerprint that a run in this precision is saved with."""
    if isinstance(found, Study):
        return "program", study_fingerprint(found.parts)
    with in_precision(precision):
        return "loss", problem_fingerprint(find_preset(found, options.preset).resolved(found))


def refuse_another(folder: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """The configuration of the finished run in a folder; raises ``ResultError`` where it is not the one asked for."""
    saved = finished_manifest(folder)["configuration"]
    saved = {"start_seed": saved.get("seed"), **saved}
    differ = [
        f"{name}: saved {saved.get(name)}, asked {value}"
        for name, value in asked.items()
        if not _agree(saved.get(name), value)
    ]
    if differ:
        raise ResultError(
            f"{folder} holds a run with another configuration ({'; '.join(differ)}): give the options it was run with,"
            " or another --output"
        )
    return saved


def _agree(saved: Any, asked: Any) -> bool:
    """Infinity is saved as a text."""
    if isinstance(asked, float) and saved is not None:
        return math.isclose(float(saved), asked, rel_tol=ROUNDED)
    return saved == asked


@contextmanager
def naming(name: str, options: Options) -> Iterator[None]:
    """Inside it, messages that ask for a run of EXPERIMENT ask for this one, with its preset and output."""
    try:
        yield
    except ResultError as error:
        raise ResultError(str(error).replace("EXPERIMENT", asking(name, options))) from error


def asking(name: str, options: Options) -> str:
    """What stands behind ``corr run`` or ``corr reproduce`` for these results."""
    return f"{shlex.quote(name)} --preset {options.preset} --output {shlex.quote(str(options.output))}"
