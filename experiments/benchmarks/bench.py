"""``corr bench``: how fast the engine is beside its peers, all measured in one run."""

import os
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

from corr.results import make_writable, write_json
from paper_figs.bench import draw_bench

from ..running.machine import cores
from .contest import Ratio, Timing, ratio
from .sections import C_LOOP, DRAWING, EVALUATION, SECTIONS, VMAP

PACKAGES = ("jax", "jaxlib", "numpy", "blackjax")
WIDTH = 140
HEADS = {"to the C loop": "/ C loop", "of plain vmap": "plain vmap /", "of drawing": "drawing /",
         "to the loss alone": "/ loss"}  # fmt: skip


def bench(output: Path, *, repeats: int, device: str, say: Callable[[str], None] = print) -> Path:
    """Measure everything, print tables, write ``bench.json`` and a figure.

    Args:
        output: folder for the files, made if missing.
        repeats: measurements of each contestant, in turns.
        device: ``cpu`` or ``gpu``.
        say: called with one line of text at a time.

    Returns:
        The JSON file.

    Raises:
        ValueError: if this machine has no such device, or the folder cannot be written.
    """
    present = sorted({one.platform for one in jax.devices()})
    if device not in present:
        raise ValueError(f"there is no {device} here: JAX sees {', '.join(present)}")
    make_writable(output)
    jax.config.update("jax_enable_compilation_cache", False)
    results: dict[str, Any] = {"machine": machine()}
    say(f"{results['machine']['device']}, {results['machine']['cores']} cores, XLA_FLAGS {os.environ.get('XLA_FLAGS')}")
    for title, measure in SECTIONS.items():
        timings = measure(repeats)
        results[title] = [{**one._asdict(), "median": one.median, **compared(one, timings)} for one in timings]
        show(title, timings)
    write_json(output / "bench.json", results)
    draw_bench(output / "bench.json")
    return output / "bench.json"


def machine() -> dict[str, Any]:
    """What was measured on."""
    return {
        "device": f"{jax.devices()[0].device_kind} x {jax.device_count()}",
        "processor": platform.processor() or platform.machine(),
        "cores": cores(),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
    }


def compared(one: Timing, timings: Sequence[Timing]) -> dict[str, Ratio]:
    """Ratios to the C loop, of plain vmap, and of the drawing of random numbers, where they ran at this size."""
    found = {other.name: other for other in timings}
    pairs = {
        "to the C loop": (one, found.get(f"{C_LOOP}, {one.name}", found.get(C_LOOP))),
        "of plain vmap": (found.get(VMAP), one),
        "of drawing": (found.get(f"{DRAWING}, {one.name}", found.get(DRAWING)), one),
        "to the loss alone": (one, found.get(EVALUATION)),
    }  # as HEADS has them
    return {name: ratio(*pair) for name, pair in pairs.items() if None not in pair and pair[0] is not pair[1]}


def show(title: str, timings: Sequence[Timing]) -> None:
    """Print one section as a table: medians, spread, and each ratio with its range over the rounds."""
    from rich.console import Console
    from rich.table import Table

    ratios = [compared(one, timings) for one in timings]
    shown = {name: head for name, head in HEADS.items() if any(name in found for found in ratios)}
    table = Table(title=title, title_justify="left")
    for head in ("", "µs per step and trajectory", "range", "first call, s", *shown.values()):
        table.add_column(head, justify="left" if not head else "right", no_wrap=not head)
    for one, found in zip(timings, ratios, strict=True):
        told = [str(found.get(name, "")) for name in shown]
        spread = f"{min(one.microseconds):.3g}-{max(one.microseconds):.3g}"
        table.add_row(one.name, f"{one.median:.3g}", spread, f"{one.first_call:.1f}", *told)
    Console(width=WIDTH).print(table)
    if title.startswith("shallow") and not any(one.name == C_LOOP for one in timings):
        print("no C compiler here (cc or gcc): the C loop was left out")
