"""Verdicts and lists as tables for the terminal."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

SHOWN = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0, 10.0)
# Smallest error of an acceptance worth its place.
LEAST_SHOWN = 5e-4
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
    console.print(_validity_table(found))
    share = f"{100 * found['tolerance']:g} %"
    reach = f"to t = {found['end_time']:g}, where preset {found['preset']} ends"
    if found["paper_end_time"] is not None:
        reach += f"; preset paper goes to t = {found['paper_end_time']:g}"
    names = ("largest_sigma", "largest_sigma_noise_free")
    beta = found["clock"]["beta"]
    limit = "paper's limit" if beta == "inf" else f"paper's limit s → 0 at β = {beta:g}"
    fixed = "" if beta == "inf" else " (at finite β this spread does not depend on σ)"
    drift, smooth = (_largest(found[name], found["sigma_range"]) for name in names)
    console.print(
        f"The one-step drift stays within {share} of the {limit} all the way ({reach}): largest σ {drift}, in the"
        f" sense of the noisy twin. Noise-free descent needs the squared spread of the ensemble below {share} of the"
        f" squared way as well: largest σ {smooth}{fixed}. That is necessary, not sufficient{_largest_bias(found)}."
        f" Both by level 3, looked for from σ = {found['sigma_range'][0]:g} to {found['sigma_range'][1]:g}; level 3 is"
        " exact for a quadratic loss only.",
        highlight=False,
    )
    for point in found["measured"]:
        console.print(_measured_line(point), highlight=False)


def _largest_bias(found: dict[str, Any]) -> str:
    known = [row for row in found["rows"] if row["bias"] is not None]
    if not known:
        return ""
    row = max(known, key=lambda row: row["bias"])
    return f": at the run's own σ the bias of Δ reaches {100 * row['bias']:.2g} % at t = {row['time']:g}"


def _validity_table(found: dict[str, Any]) -> Table:
    clock, share = found["clock"], f"{100 * found['tolerance']:g} %"
    cold = clock["beta"] == "inf"
    beta = "∞" if cold else f"{clock['beta']:g}"
    meanings = {
        "s": "s = βσ|∇U|",
        "c": "c = max(σ|tr H|/2, σ‖H‖/√2, σ|ĝᵀHĝ|)/|∇U| with ĝ = ∇U/|∇U| and the Frobenius norm of the Hessian H",
        "βm": "βm = βσ² tr H/2",
        "κ": "κ = σ tr H/(2|∇U|)",
    }
    columns = {"|∇U|": "gradient_norm", "s": "s", "c": "curvature", "βm": "beta_m", "κ": "kappa",
               "acceptance": "acceptance", "drift / limit": "drift_ratio"}  # fmt: skip
    for head in ("s", "βm") if cold else ():
        del columns[head], meanings[head]
    title = f"{found['experiment']}, preset {found['preset']}: σ = {clock['mutation_std']:.4g}, β = {beta}"
    caption = "; ".join(meanings.values()) + (
        ": small where the paper's limit holds. Acceptance (± what random probes of the curvature leave) and drift by"
        " level 3. Bias: unbiased Δ of a small twin ensemble to noise-free descent, in % of the squared distance"
        " travelled."
    )
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
    for head in ("t", *columns, f"largest σ, drift within {share}", "largest σ, noise-free too", "bias of Δ, %"):
        table.add_column(head, justify="right")
    for row in found["rows"]:
        names = ("largest_sigma", "largest_sigma_noise_free")
        largest = (_largest(row[name], found["sigma_range"]) for name in names)
        bias = "" if row["bias"] is None else f"{100 * row['bias']:.2g}"
        cells = {name: f"{row[name]:.3g}" for name in columns.values()}
        # Without probes the error is rounding, which three digits do not show.
        if row["acceptance_error"] >= LEAST_SHOWN:
            cells["acceptance"] += f" ± {row['acceptance_error']:.1g}"
        table.add_row(f"{row['time']:g}", *cells.values(), *largest, bias)
    return table


def _largest(sigma: float, searched: list[float]) -> str:
    if sigma == 0:
        return "none"
    return f"≥ {sigma:.3g}" if sigma >= searched[1] else f"{sigma:.3g}"


def _measured_line(point: dict[str, Any]) -> str:
    got, error, predicted = point["acceptance"]
    pull, unsure, foreseen = point["drift"]
    fails = f": beyond {point['too_far']:g} standard errors of level 3, the local quadratic form fails here"
    where = f"measured at t = {point['time']:g}, σ = {point['sigma']:.3g}:"
    if got == 0:
        none = f"none of {point['draws']} mutations accepted (level 3: {predicted:.2g})"
        return f"{where} {none}{fails if point['beyond'] else ''}"
    return (
        f"{where} acceptance {got:.3f} ± {error:.3f}"
        f" (level 3: {predicted:.3f}), drift {pull:.3f} ± {unsure:.3f} σ (level 3: {foreseen:.3f})"
        f"{fails if point['beyond'] else ''}"
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
