"""The tests of one finished run, and the modules that draw."""

import importlib
from pathlib import Path
from typing import Any

from corr import load_run
from corr._storage import write_json

from ._declare import Margins


def tested_run(folder: Path, margins: Margins | None) -> dict[str, Any]:
    """Test one finished run, saved as ``test.json`` in its folder.

    Args:
        folder: the run's folder.
        margins: what counts as equivalent; None for the default shares to the last recorded time.

    Raises:
        ValueError: for results missing or damaged.
    """
    from ._equivalence import equivalence
    from ._equivalence_report import report

    sides, manifest = load_run(folder)
    origin = "default margins" if margins is None else "margins declared beforehand"
    if margins is None:
        end = float(sides.mutation.time.values[-1])
        margins = Margins(weights_until=end, loss_until=end)
    result = report(equivalence(sides, margins), sides)
    result |= {"run": folder.name, "preset": manifest["configuration"]["preset"], "origin": origin}
    write_json(folder / "test.json", result)
    return result


def figure_module(name: str) -> Any:
    """The drawing module of this name."""
    return importlib.import_module(f"paper_figs.{name}")
