"""Studies: questions answered by several computations of their own, each saved when it is done."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import xarray

import corr
from corr._storage import load_parts, save_part, write_json

from ._claim import claimed
from ._keys import own_key
from ._manifest import machine_facts
from ._names import flag, nearest
from ._numbers import Number, of_parts
from ._same import saved_fingerprint, study_fingerprint

if TYPE_CHECKING:
    from ._runner import Options

Parts = Mapping[str, xarray.Dataset]
Compute = Callable[[jax.Array], xarray.Dataset]
OVERRIDES = ("trajectories", "devices", "block_size", "sigma", "step_ratio", "alpha", "beta")


@dataclass(frozen=True)
class Study:
    """A question that needs more than one comparison on one clock.

    Attributes:
        name: short name used on the command line.
        title: one line.
        presets: sizes by name, ``smoke``, ``quick`` and ``paper``; plain fields, kept in the manifest.
        parts: ``sizes -> {name: compute}``; ``compute(key)`` gives the Dataset of one part, in under a minute or two.
        judge: ``{name: Dataset} -> sentences``, what the numbers say.
        minutes: about how long each preset takes on two cores.
        numbers: ``{name: Dataset} -> numbers``, the few that a referee would check.
    """

    name: str
    title: str
    presets: Mapping[str, Any]
    parts: Callable[[Any], Mapping[str, Compute]]
    judge: Callable[[Parts], list[str]]
    minutes: Mapping[str, float]
    numbers: Callable[[Parts], Mapping[str, Number]] = of_parts


def study_folder(study: Study, options: "Options") -> Path:
    """Where a study lies: ``OUTPUT/PRESET/NAME``."""
    return options.output / options.preset / study.name


def refuse_overrides(name: str, options: "Options") -> None:
    """Raises ``ValueError`` for options that change what is fixed, and for several processes."""
    if jax.process_count() > 1:
        raise ValueError(f"{name} runs in one process: leave --distributed out")
    changed = [option for option in OVERRIDES if getattr(options, option) is not None]
    changed += ["precision"] * (options.precision != "float32")
    if changed:
        names = ", ".join(f"--{flag(option)}" for option in changed)
        raise ValueError(f"{name} fixes its own numbers: leave {names} out")


def run_study(study: Study, options: "Options", say: Any = print) -> Path:
    """Compute the parts that are not there yet, and judge them; returns the folder.

    Args:
        study: the declaration.
        options: preset, output folder and seed.
        say: called with one line of text at a time.

    Raises:
        ValueError: for options that a study does not take, or finished parts that are missing or damaged.
    """
    refuse_overrides(study.name, options)
    sizes, folder = nearest(f"preset of {study.name}", options.preset, study.presets), study_folder(study, options)
    program = saved_fingerprint(folder, "program", study_fingerprint(study.parts), fresh=options.fresh)
    named = {"study": study.name, "preset": options.preset, "seed": options.seed}
    facts = {**named, **sizes._asdict(), "program": program}
    with claimed(folder, facts, fresh=options.fresh) as finished:
        parts = study.parts(sizes)
        if finished:
            say(f"{folder}: finished before, reused")
        else:
            _compute(study.name, parts, folder, options.seed, say)
        found = load_parts(folder, list(parts))
        write_json(folder / "verdict.json", {"study": study.name, "sentences": study.judge(found)})
        if not finished:
            seconds = round(sum(data.attrs["seconds"] for data in found.values()), 1)
            manifest = {"configuration": facts, "parts": list(parts), "seconds": seconds}
            write_json(folder / "manifest.json", {**manifest, **machine_facts(), "complete": True})
    return folder


def _compute(study: str, parts: Mapping[str, Compute], folder: Path, seed: int, say: Any) -> None:
    """Every part that is not there yet."""
    for number, (name, compute) in enumerate(parts.items()):
        if (folder / f"{name}.nc").exists():
            continue
        say(f"{folder}: part {number + 1} of {len(parts)}, {name}")
        begun = time.perf_counter()
        data = compute(own_key(corr.root_key(seed), study=study, part=name))
        save_part(folder, name, data.assign_attrs(seconds=time.perf_counter() - begun))
