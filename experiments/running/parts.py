"""Run a study: compute its parts that are not there yet, each with random numbers of its own."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import corr
from corr.results import claimed, load_parts, save_part, write_json

from ..declaring.study import Compute, Study
from .fingerprints import saved_fingerprint, study_fingerprint
from .job import Job
from .keys import own_key
from .manifest import machine_facts


def run_study(job: Job[Study], say: Any = print) -> None:
    """Compute the parts that are not there yet.

    Args:
        job: the study with its folder.
        say: called with one line of text at a time.

    Raises:
        ValueError: if finished parts are missing or damaged.
    """
    study, sizes, (folder,) = job.entry, job.size, job.folders
    program = saved_fingerprint(folder, "program", study_fingerprint(study.parts), fresh=job.manner.fresh)
    named = {"study": study.name, "preset": job.preset, "seed": job.seed}
    facts = {**named, **sizes._asdict(), "program": program}
    with claimed(folder, facts, fresh=job.manner.fresh) as finished:
        parts = study.parts(sizes)
        if finished:
            say(f"{folder}: finished before, reused")
            return
        seconds = _compute(study.name, parts, folder, job.seed, say)
        manifest = {"configuration": facts, "parts": list(parts), "seconds": round(seconds, 1)}
        write_json(folder / "manifest.json", {**manifest, **machine_facts(), "complete": True})


def _compute(study: str, parts: Mapping[str, Compute], folder: Path, seed: int, say: Any) -> float:
    """Every part that is not there yet; returns the seconds that all of them took."""
    total = 0.0
    for number, (name, compute) in enumerate(parts.items()):
        if (folder / f"{name}.nc").exists():
            total += load_parts(folder, [name])[name].attrs["seconds"]
            continue
        say(f"{folder}: part {number + 1} of {len(parts)}, {name}")
        begun = time.perf_counter()
        data = compute(own_key(corr.root_key(seed), study=study, part=name))
        seconds = time.perf_counter() - begun
        save_part(folder, name, data.assign_attrs(seconds=seconds))
        total += seconds
    return total
