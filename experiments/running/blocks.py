"""Block sizes of a run: asked for, those of the run it resumes, or the fastest by a short timed probe kept in cache."""

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

import corr
from corr._checks import check_count
from corr.ensemble import fastest_block
from corr.results import write_json

from .machine import read_cache, write_cache

KEPT = "blocks.json"
WORTH_PROBING = 1e8


def choose_blocks(
    folder: Path, sides: dict[str, corr.Dynamics], params: Any, *, asked: int | None, steps: float, problem: str
) -> dict[str, int] | None:
    """Trajectories per block of each side, written into the run's folder so that a resumed run takes the same.

    Args:
        folder: the run's folder.
        sides: the dynamics by name.
        params: start parameters.
        asked: block size asked for, None to choose.
        steps: mutation steps of all trajectories together, in steps of Figure 1's network; from 1e8 on a probe is worth
            its half minute.
        problem: what the probe's result holds for, beside the machine.

    Raises:
        ValueError: if a block size is asked for that is not positive, or not the one the run was begun with.

    Returns:
        Block sizes, or None for the engine's own choice: in short runs and in groups of processes, which must agree.
    """
    file = folder / KEPT
    if asked is not None:
        check_count("block_size", asked)
    if file.exists():
        begun = json.loads(file.read_text(encoding="utf-8"))
        if asked not in (None, *begun.values()):
            raise ValueError(
                f"{folder} was begun with block sizes {begun}, asked {asked}: leave --block-size out, or start over"
                " with --fresh"
            )
        return begun
    if asked is not None:
        blocks = dict.fromkeys(sides, asked)
    elif steps < WORTH_PROBING or jax.process_count() > 1:
        return None
    else:
        blocks = {name: _probed(f"{problem} {name}", side, params) for name, side in sides.items()}
    write_json(file, blocks)
    return blocks


def _probed(problem: str, side: corr.Dynamics, params: Any) -> int:
    known = read_cache(KEPT)
    machine = f"{platform.processor() or platform.machine()} x {jax.device_count()} jax {version('jax')}"
    name = f"{problem} on {machine} {os.environ.get('XLA_FLAGS', '')}"
    if name not in known:
        known[name] = fastest_block(side, params)
        write_cache(KEPT, known)
    return known[name]
