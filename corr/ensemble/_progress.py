"""Progress bar and JSON-lines log, both on the host."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress:
    """A progress bar on standard error and, where a path is given, one JSON object a line.

    Args:
        label: what is running, shown before the bar and written as ``side``.
        steps: total number of steps.
        show: draw the bar.
        log: file to append to, or None.

    Example:
        >>> with Progress("mutation", 10, show=False, log=None) as progress:
        ...     progress.advance(10)
    """

    def __init__(self, label: str, steps: int, *, show: bool, log: Path | None):
        columns = (TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), TextColumn("steps"))
        console = Console(stderr=True)
        self._bar = Bar(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not show)
        self._task = self._bar.add_task(label, total=steps)
        self._label, self._log, self._begun = label, log, time.perf_counter()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self, step: int) -> None:
        """Show that ``step`` steps are done."""
        self._bar.update(self._task, completed=step)

    def write(self, **facts: Any) -> None:
        """Append one line to the log."""
        if self._log is None:
            return
        line = {"side": self._label, "seconds": round(time.perf_counter() - self._begun, 3), **facts}
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
