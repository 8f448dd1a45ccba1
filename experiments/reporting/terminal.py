"""Verdicts and tables in the terminal."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from .content import LEFT, PLUMBING, SIDES, Table, check_table, flip_lines, order_lines, tables_of_tests, time_table

WIDTH = 120  # of what is not a terminal
GAP = 2  # between columns
SHORT = 15  # widest other cell of a table that is too wide and ends in sentences, which need the room


def console(width: int = WIDTH) -> Console:
    """The terminal, or a page of fixed width.

    Args:
        width: of the page.
    """
    return Console(width=None if sys.stdout.isatty() else width)


def show_table(table: Table, console: Console) -> None:
    """Print a table, its texts as they are (square brackets are no markup)."""
    drawn = Drawn(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    last, room = len(table.heads) - 1, console.width
    for row in zip(table.heads, *table.rows, strict=True):
        room -= max(map(len, row)) + GAP
    for k, (head, side) in enumerate(zip(table.heads, table.align, strict=True)):
        most = SHORT if room < 0 and side == table.align[last] == LEFT and k < last else None
        drawn.add_column(Text(head), justify="left" if side == LEFT else "right", max_width=most, overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    console.print(Text(table.caption, "italic"))
    console.print(drawn)


def show_verdict(verdict: Mapping[str, Any], console: Console) -> None:
    """Print the verdict on a run, the tests behind it, and what is behind those time by time.

    Args:
        verdict: what ``judging.verdict`` gives.
        console: where.
    """
    run = verdict["run"]
    _head(run, f", preset {verdict['preset']}", console)
    show_tests(run, verdict, console)
    for side in SIDES:
        show_table(time_table(run, verdict, side), console)
    show_table(check_table(run, verdict), console)
    _show_lines(flip_lines(verdict), console)


def show_study(title: str, folder: Path, verdict: Mapping[str, Any], console: Console) -> None:
    """Print what a study found.

    Args:
        title: the study's.
        folder: of its results.
        verdict: with its ``sentences``.
        console: where.
    """
    _head(title, f" ({folder})", console)
    _show_lines(verdict["sentences"], console)


def show_tests(folder: Path | str, result: Mapping[str, Any], console: Console) -> None:
    """Print what the tests of a run say, and the tests, one table for each null.

    Args:
        folder: of the run, or its name.
        result: its verdict.
        console: where.
    """
    if result.get("preset") == PLUMBING:
        _show_lines([f"Preset {PLUMBING} tests the plumbing alone: its runs are too few and short to judge."], console)
    _show_lines(result["sentences"], console)
    for table in tables_of_tests(str(folder), result):
        show_table(table, console)


def show_order(entries: list[dict[str, Any]], console: Console) -> None:
    """Print how unbiased Δ grows with λ."""
    _show_lines(order_lines(entries), console)


def _head(name: str, rest: str, console: Console) -> None:
    console.print()
    console.print(Text.assemble((name, "bold"), rest))


def _show_lines(lines: Iterable[str], console: Console) -> None:
    for line in lines:
        console.print(f"- {line}", markup=False, highlight=False)
