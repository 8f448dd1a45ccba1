"""Verdicts and lists as tables for the terminal."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

SHOWN = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0, 10.0)
NAMES = {"twin": "averaged noisy twin", "descent": "noise-free descent"}


def show_verdict(verdict: dict[str, Any], console: Console) -> None:
    """Print both tables of a verdict, its checks and its sentences."""
    console.print(f"\n[bold]{verdict['run']}[/bold], preset {verdict['preset']}")
    for side in ("twin", "descent"):
        console.print(_side_table(verdict[side], NAMES[side]))
    console.print(_check_table(verdict))
    for row in verdict["flip_rates"]:
        console.print(
            f"decisions that differ from float64 at t = {row['time']:g}: {row['flips']} of {row['draws']}"
            f" (99 % interval {100 * row['low']:.2g}-{100 * row['high']:.2g} %)"
        )
    for sentence in verdict["sentences"]:
        console.print(sentence)


def show_study(title: str, folder: Path, console: Console) -> None:
    """Print what a study found."""
    console.print(f"\n[bold]{title}[/bold] ({folder})")
    for sentence in json.loads((folder / "verdict.json").read_text(encoding="utf-8"))["sentences"]:
        console.print(f"- {sentence}", highlight=False)


def show_tests(folder: Path, result: dict[str, Any], console: Console) -> None:
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


def show_validity(found: dict[str, Any], console: Console) -> None:
    """Print what theory foresees along the noise-free path."""
    clock, share = found["clock"], f"{100 * found['tolerance']:g} %"
    title = f"{found['experiment']}, preset {found['preset']}: σ = {clock['mutation_std']:.4g}, β = {clock['beta']}"
    table = Table(title=title, title_justify="left")
    heads = ("t", "|∇U|", "s", "c", "βm", "acceptance", "drift / limit", f"σ for drift within {share}", "bias of Δ, %")
    for head in heads:
        table.add_column(head, justify="right")
    for row in found["rows"]:
        names = ("gradient_norm", "s", "curvature", "beta_m", "acceptance", "drift_ratio", "largest_sigma")
        bias = "" if row["bias"] is None else f"{100 * row['bias']:.2g}"
        table.add_row(f"{row['time']:g}", *(f"{float(row[name]):.3g}" for name in names), bias)
    console.print(table)
    console.print(
        f"The one-step drift stays within {share} of the paper's limit all the way for σ up to"
        f" {found['largest_sigma']:.2g}. Bias: unbiased Δ of a small twin ensemble to noise-free descent, in % of the"
        " squared distance travelled."
    )
    for point in found["measured"]:
        got, error, predicted = point["acceptance"]
        console.print(
            f"measured at t = {point['time']:g}, σ = {point['sigma']:.3g}: acceptance {got:.3f} ± {error:.3f}"
            f" (level 3: {predicted:.3f}), drift {point['drift'][0]:.3f} ± {point['drift'][1]:.3f} σ"
            f" (level 3: {point['drift'][2]:.3f})"
        )


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


def _side_table(judged: dict[str, Any], name: str) -> Table:
    table = Table(title=f"mutation against {name}; Δ in % of the squared distance travelled", title_justify="left")
    heads = ("t", "Δ", "noise", "unbiased Δ ± se", "null 95 %", "p", "detectable", "loss", "minus its loss ± se", "n")
    for head in heads:
        table.add_column(head, justify="right")
    for row in shown_rows(judged["rows"]):
        table.add_row(
            f"{row['time']:g}",
            *(f"{100 * row[key]:.2g}" for key in ("delta", "sampling_noise")),
            f"{100 * row['unbiased']:.2g} ± {100 * row['standard_error']:.1g}",
            f"{100 * row['null_quantile']:.2g}",
            f"{row['p']:.2g}",
            f"{100 * row['detectable']:.2g}",
            f"{row['loss']:.4f}",
            f"{row['loss_difference']:+.1e} ± {row['loss_error']:.0e}",
            str(row["followed"]),
        )
    return table


def _check_table(verdict: dict[str, Any]) -> Table:
    table = Table(title="acceptance, and the loss of the mean weights", title_justify="left")
    for head in ("t", "acceptance", "theory (level 1)", "U(<x>)", "<U(x)>"):
        table.add_column(head, justify="right")
    accept, loss = verdict["acceptance"], verdict["loss_of_mean"]
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
