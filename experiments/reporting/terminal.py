"""Verdicts and lists as tables for the terminal."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

SHOWN = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0, 10.0)
NAMES = {"twin": "averaged noisy twin", "descent": "noise-free descent"}


def console() -> Console:
    """The terminal, or a page of fixed width."""
    return Console(width=None if sys.stdout.isatty() else 120)


def show_verdict(verdict: Mapping[str, Any], console: Console) -> None:
    """Print what is behind a verdict time by time, its checks, its tests and its sentences."""
    console.print(f"\n[bold]{verdict['run']}[/bold], preset {verdict['preset']}")
    for side, rows in verdict["sides"].items():
        console.print(_side_table(rows, NAMES[side]))
    console.print(_check_table(verdict))
    for row in verdict["flip_rates"]:
        console.print(
            f"decisions that differ from float64 at t = {row['time']:g}: {row['flips']} of {row['draws']}"
            f" (99 % interval {100 * row['low']:.2g}-{100 * row['high']:.2g} %)"
        )
    show_tests(verdict["run"], verdict, console)


def show_study(title: str, folder: Path, verdict: Mapping[str, Any], console: Console) -> None:
    """Print what a study found."""
    console.print(f"\n[bold]{title}[/bold] ({folder})")
    for sentence in verdict["sentences"]:
        console.print(f"- {sentence}", highlight=False)


def show_tests(folder: Path | str, result: Mapping[str, Any], console: Console) -> None:
    """Print the tests of a run, one table for each null, and what they say."""
    for null in dict.fromkeys(row["null"] for row in result["rows"]):
        table = Table(title=f"{folder}, {null}", title_justify="left")
        for head in ("test", "interval or statistic", "margin", "until t", "p", "verdict", "what it means"):
            table.add_column(head)
        for row in result["rows"]:
            if row["null"] == null:
                cells = (row["test"], row["statistic"], row["margin"], f"{row['until']:g}", f"{row['p']:.2g}")
                table.add_row(*cells, row["verdict"], row["meaning"])
        console.print(table)
    for sentence in result["sentences"]:
        console.print(f"- {sentence}", highlight=False)


def show_order(entries: list[dict[str, Any]], console: Console) -> None:
    """Print how unbiased Δ grows with λ."""
    for entry in entries:
        low, high = entry["step_ratios"]
        a, b = (100 * value for value in entry["unbiased"])
        console.print(
            f"t = {entry['time']:g}: unbiased Δ to noise-free descent {a:.3g} % at λ = {low:g},"
            f" {b:.3g} % at λ = {high:g}"
            f" ({entry['standard_errors_apart']:.1f} standard errors apart)"
        )


def _side_table(rows: list[dict[str, Any]], name: str) -> Table:
    table = Table(title=f"mutation against {name}; Δ in % of the squared distance travelled", title_justify="left")
    for head in ("t", "Δ", "noise", "unbiased Δ ± se", "loss", "minus its loss ± se", "n"):
        table.add_column(head, justify="right")
    for row in shown_rows(rows):
        table.add_row(
            f"{row['time']:g}",
            *(f"{100 * row[key]:.2g}" for key in ("delta", "sampling_noise")),
            f"{100 * row['unbiased']:.2g} ± {100 * row['standard_error']:.1g}",
            f"{row['loss']:.4f}",
            f"{row['loss_difference']:+.1e} ± {row['loss_error']:.0e}",
            str(row["followed"]),
        )
    return table


def _check_table(verdict: Mapping[str, Any]) -> Table:
    table = Table(title="acceptance, and the loss of the mean weights", title_justify="left")
    for head in ("t", "acceptance", "theory (level 1)", "U(<x>)", "<U(x)>"):
        table.add_column(head, justify="right")
    accept, loss = verdict["acceptance"], verdict["losses"]
    rows = [
        {"time": time, "cells": cells}
        for time, *cells in zip(
            accept["time"],
            accept["measured"],
            accept["theory"],
            loss["loss_of_mean"][1:],
            loss["mean_loss"][1:],
            strict=True,
        )
    ]
    for row in shown_rows(rows):
        table.add_row(f"{row['time']:g}", *(f"{cell:.4f}" for cell in row["cells"]))
    return table


def shown_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows at round times; all of them where there are few."""
    chosen = [row for row in rows if any(abs(row["time"] - time) < 1e-9 for time in SHOWN)]
    return chosen if len(rows) > len(SHOWN) else rows
