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
        _compute(study.name, parts, folder, job.seed, say)
        found = load_parts(folder, list(parts))
        seconds = round(sum(data.attrs["seconds"] for data in found.values()), 1)
        manifest = {"configuration": facts, "parts": list(parts), "seconds": seconds}
        write_json(folder / "manifest.json", {**manifest, **machine_facts(), "complete": True})


def _compute(study: str, parts: Mapping[str, Compute], folder: Path, seed: int, say: Any) -> None:
    """Every part that is not there yet."""
    for number, (name, compute) in enumerate(parts.items()):
        if (folder / f"{name}.nc").exists():
            continue
        say(f"{folder}: part {number + 1} of {len(parts)}, {name}")
        begun = time.perf_counter()
        data = compute(own_key(corr.root_key(seed), study=study, part=name))
        save_part(folder, name, data.assign_attrs(seconds=time.perf_counter() - begun))
