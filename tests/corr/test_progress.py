"""Progress: a line a minute where standard error is no terminal, and the pace of this process alone."""

import io

import pytest

from corr.ensemble import _progress
from corr.ensemble._progress import Progress


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    mine = Clock()
    monkeypatch.setattr(_progress, "time", mine)
    return mine


def test_a_line_a_minute_with_side_step_share_and_time_left(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("mutation", 1000, show=True, log=None) as progress:
        # A run that goes on from a checkpoint at step 400: 100 steps a minute from here.
        for clock.now, step in ((10.0, 400), (30.0, 430), (70.0, 500), (129.0, 590), (130.0, 600), (550.0, 960)):
            progress.advance(step)
    assert capsys.readouterr().err.splitlines() == [
        "mutation: step 500 of 1000, 50 %, about 5 min left",
        "mutation: step 600 of 1000, 60 %, about 4 min left",
        "mutation: step 960 of 1000, 96 %, about 39 s left",
    ]


def test_what_is_told_stands_beside_the_progress(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("fit", 1000, show=True, log=None) as progress:
        progress.tell("loss 0.5")
        for clock.now, step in ((10.0, 400), (70.0, 500)):
            progress.advance(step)
    assert capsys.readouterr().err == "fit: step 500 of 1000, 50 %, about 5 min left; loss 0.5\n"


@pytest.mark.parametrize("show", [False, True])
def test_nothing_is_said_when_not_asked_or_in_the_first_minute(
    show: bool, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress("twin", 10, show=show, log=None) as progress:
        clock.now = 59.0 if show else 1e4
        progress.advance(5)
        progress.advance(9)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_and_no_lines(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with Progress("twin", 10, show=True, log=None) as progress:
        clock.now = 1e3
        progress.advance(5)
    assert "5/10" in terminal.getvalue()
    assert "twin: step" not in terminal.getvalue()
