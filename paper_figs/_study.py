"""The figures of a finished study, one maker for each."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.figure import Figure

from . import _style
from ._read import StudyResult, complete, read_study

Maker = Callable[[StudyResult], tuple[Figure, dict[str, Any]]]


def draw_study(folder: Path, target: Path, makers: Mapping[str, Maker]) -> list[Path]:
    """Draw every figure of a study as PDF, PNG and JSON; returns the files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    found, files = read_study(folder), []
    with matplotlib.style.context(_style.STYLE):
        for name, make in makers.items():
            with complete(folder):
                figure, numbers = make(found)
            files += _style.save(figure, target, name, {"configuration": found.configuration, **numbers})
    return files
