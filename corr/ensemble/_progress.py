"""Progress on standard error, a bar or a line a minute, and a JSON-lines log, both on the host."""

import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from ..results._files import writing

LINE_SECONDS = 60.0


class Progress:
    """A progress bar where standard error is a terminal, else a line a minute; and one JSON object a line in a log.

    Args:
        label: what is running, shown with the progress and written as ``side``.
        steps: total number of steps.
        show: show the progress.
        log: file to append to, made with its folder if missing; or None.

    Raises:
        ResultError: if the log cannot be written.

    Example:
        >>> with Progress("mutation", 10, show=False, log=None) as progress:
        ...     progress.advance(10)
    """

    def __init__(self, label: str, steps: int, *, show: bool, log: Path | None):
        columns = (TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), TextColumn("steps"))
        told = TextColumn("{task.fields[told]}")
        console = Console(stderr=True)
        live = console.is_terminal or console.is_jupyter
        self._bar = Bar(
            *columns, TimeElapsedColumn(), TimeRemainingColumn(), told, console=console, disable=not (show and live)
        )
        self._task = self._bar.add_task(label, total=steps, told="")
        self._told = ""
        self._label, self._steps, self._log, self._begun = label, steps, log, time.monotonic()
        self._lines, self._said = show and not live, self._begun
        self._first: tuple[int, float] | None = None
        if log is not None:
            with writing(log):
                log.parent.mkdir(parents=True, exist_ok=True)
                log.open("a", encoding="utf-8").close()

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
        now = time.monotonic()
        # A resumed run does not begin at step 0, so its pace is known from its first call on.
        self._first = self._first or (step, now)
        if self._lines and now - self._said >= LINE_SECONDS:
            self._said = now
            told = f"; {self._told}" if self._told else ""
            print(
                f"{self._label}: step {step} of {self._steps}, {self._share(step)}{told}", file=sys.stderr, flush=True
            )

    def _share(self, step: int) -> str:
        first, begun = self._first or (step, 0.0)
        share = f"{100 * step / self._steps:.0f} %"
        if step == first:
            return share
        left = (time.monotonic() - begun) * (self._steps - step) / (step - first)
        return f"{share}, about {left / 60:.0f} min left" if left >= 90 else f"{share}, about {left:.0f} s left"

    def tell(self, told: str) -> None:
        """What is said beside the progress from now on."""
        self._told = told
        self._bar.update(self._task, told=told)

    def write(self, **facts: Any) -> None:
        """Append one line to the log."""
        if self._log is None:
            return
        line = {"side": self._label, "seconds": round(time.monotonic() - self._begun, 3), **facts}
        with writing(self._log), self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
