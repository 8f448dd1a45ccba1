"""What the tables of runs hold in terminal and report alike: heads and cells, laid out once as plain texts."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..declaring.rounding import measured, percent, plain, probability
from ..judging.equivalence import NULLS

SIDES = {"twin": "averaged noisy twin", "descent": "noise-free descent"}
SHOWN = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0, 10.0)
IN_HEADER = ("run", "study", "preset", "seed")  # settings told above the table or in its heads
PLUMBING = "smoke"  # the preset that judges nothing
LEFT, RIGHT = "left", "right"


class Table(NamedTuple):
    """A table as texts.

    Attributes:
        caption: above it.
        heads: of the columns; all empty where it needs none.
        rows: cells.
        align: of each column, "left" or "right"; what wraps is on the left.
    """

    caption: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    align: tuple[str, ...]


def tables_of_tests(run: str, verdict: Mapping[str, Any]) -> list[Table]:
    """The tests of a run, one table for each null.

    Args:
        run: its name.
        verdict: what ``judging.verdict`` or ``judging.statements.report`` says of it.
    """
    heads = ("test", "interval or statistic", "margin", "until t", "p", "verdict", "what it means")
    align = (LEFT, LEFT, RIGHT, RIGHT, RIGHT, LEFT, LEFT)
    rows = verdict["rows"]
    return [
        Table(
            f"{run}: {null}; tests at level {percent(verdict['level'])} %, p of differences after Holm",
            heads,
            [_test_cells(row) for row in rows if row["null"] == null],
            align,
        )
        for null in dict.fromkeys(row["null"] for row in rows)
    ]


def _test_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    first = (row["test"], row["statistic"], row["margin"])
    return (*first, f"{row['until']:g}", probability(row["p"]), row["verdict"], row["meaning"])


def verdict_lines(verdict: Mapping[str, Any]) -> list[str]:
    """The sentences that give the verdict itself, one for each null."""
    return [text for text in verdict["sentences"] if text.startswith(tuple(NULLS.values()))]


def time_table(run: str, verdict: Mapping[str, Any], side: str) -> Table:
    """Distance and loss of a run beside one side, time by time."""
    heads = ("t", "Δ, %", "sampling noise, %", "unbiased Δ ± se, %", "loss", "less its loss ± se", "runs of it")
    return Table(
        f"{run}: mutation against {SIDES[side]}; Δ in % of the squared distance travelled",
        heads,
        [_time_cells(row) for row in round_times(verdict["sides"][side])],
        (RIGHT,) * len(heads),
    )


def _time_cells(row: Mapping[str, float]) -> tuple[str, ...]:
    return (
        f"{row['time']:g}",
        percent(row["delta"]),
        percent(row["sampling_noise"]),
        measured(100 * row["unbiased"], 100 * row["standard_error"]),
        plain(row["loss"], 4),
        measured(row["loss_difference"], row["loss_error"], "+"),
        str(row["followed"]),
    )


def check_table(run: str, verdict: Mapping[str, Any]) -> Table:
    """Acceptance beside level 1 and, where the run kept its mean weights, their loss beside the mean loss."""
    heads, accept = ["t", "acceptance", "theory (level 1)"], verdict["acceptance"]
    columns, losses = [accept["time"], accept["measured"], accept["theory"]], verdict.get("losses")
    if losses is not None:
        heads += ["U(<x>)", "<U(x)>"]
        columns += [losses["loss_of_mean"][1:], losses["mean_loss"][1:]]  # the others begin after t = 0
    rows = [{"time": time, "cells": cells} for time, *cells in zip(*columns, strict=True)]
    told = "acceptance" if losses is None else "acceptance, and the loss of the mean weights beside the mean loss"
    cells = [(f"{row['time']:g}", *(plain(cell, 4) for cell in row["cells"])) for row in round_times(rows)]
    return Table(f"{run}: {told}", tuple(heads), cells, (RIGHT,) * len(heads))


def flip_lines(verdict: Mapping[str, Any]) -> list[str]:
    """How many decisions in float32 are not those in float64."""
    return [
        f"decisions that differ from float64 at t = {row['time']:g}: {row['flips']} of {row['draws']}"
        f" (99 % interval {percent(row['low'])} to {percent(row['high'])} %)"
        for row in verdict["flip_rates"]
    ]


def order_lines(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """How unbiased Δ grows with λ."""
    said = []
    for entry in entries:
        (low, high), (a, b) = entry["step_ratios"], entry["unbiased"]
        said.append(
            f"t = {entry['time']:g}: unbiased Δ to noise-free descent {percent(a, 3)} % at λ = {low:g},"
            f" {percent(b, 3)} % at λ = {high:g} ({plain(entry['standard_errors_apart'], 2)} standard errors apart)"
        )
    return said


def settings_table(manifests: Sequence[Mapping[str, Any]]) -> Table:
    """Every setting of the manifests, one column for each run."""
    asked = [manifest["configuration"] for manifest in manifests]
    names = [name for name in dict.fromkeys(key for one in asked for key in one) if name not in IN_HEADER]
    rows = [(name.replace("_", " "), *(setting(one.get(name)) for one in asked)) for name in names]
    if all("acceptance" in manifest for manifest in manifests):
        rows.append(("acceptance, mean", *(setting(manifest["acceptance"]) for manifest in manifests)))
        rows.append(("finite trajectories", *(setting(manifest["trajectories"]["finite"]) for manifest in manifests)))
    heads = ("setting", *(one.get("run", one.get("study", "")) for one in asked))
    return Table("settings, from the manifest", heads, rows, (LEFT,) * len(heads))


def setting(value: Any) -> str:
    """A setting as text."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {setting(entry)}" for name, entry in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(setting(entry) for entry in value)
    return plain(value, 6) if value is None or isinstance(value, float) else str(value)


def round_times(rows: Sequence[Any]) -> Sequence[Any]:
    """Rows at round times; all of them where there are few."""
    if len(rows) <= len(SHOWN):
        return rows
    return [row for row in rows if any(abs(row["time"] - time) < 1e-9 for time in SHOWN)]
