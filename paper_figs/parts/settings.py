"""The lines on a figure that state what was run, and what of it is not the paper's."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from corr.results import OWN

from .read import Run

_LINE = 75  # characters of 6 pt text that fit one column
_SYMBOLS = {
    "beta": "β",
    "learning_rate": "α",
    "step_ratio": "λ",
    "mutation_std": "σ",
    "trajectories": "n",
    "end_time": "end time",
}


def short(value: float | str) -> str:
    """A number in few characters: ``1e-5``, ``0.1``, ``∞``."""
    if math.isinf(float(value)):
        return "∞"
    small = 0 < abs(float(value)) < 1e-2
    digits, _, exponent = f"{float(value):{'.2e' if small else '.3g'}}".partition("e")
    return f"{digits.rstrip('0').rstrip('.') if small else digits}{f'e{int(exponent)}' if exponent else ''}"


def settings(runs: Sequence[Run], *, paper: Mapping[str, float] | None, ours: Sequence[str]) -> str:
    """Preset, β, s, α, λ, σ, n, the size of the twin, and which of these are not the paper's.

    Args:
        runs: the runs of the figure.
        paper: the paper's values, by their name in the configuration; None for runs that are not of the paper.
        ours: what else of the figure the paper does not give; "α" stands for descent's as well.

    Returns:
        A few lines of at most one column's width.
    """
    asked = [run.configuration for run in runs]
    parts = [_which(asked)]
    for name in ("beta", "learning_rate", "step_ratio", "mutation_std"):
        parts.append(f"{_SYMBOLS[name]} = {_listed(short(c[name]) for c in asked)}")
        if name == "beta":
            parts += _validity(runs)
    parts.append(f"n = {_listed(_followed(run) for run in runs)}")
    parts.append(f"twin n = {_listed(_twins(run) for run in runs)}")
    rates = [c.get("descent_learning_rate", c["learning_rate"]) for c in asked]
    coarser = any(rate != c["learning_rate"] for rate, c in zip(rates, asked, strict=True))
    if coarser:
        parts.append(f"descent α = {_listed(short(rate) for rate in rates)}")
    if paper is None:
        return wrapped(parts)
    changed = [_SYMBOLS[name] for name, value in paper.items() if any(c[name] != value for c in asked)]
    changed += ["descent α"] * (coarser and "α" not in ours)
    return f"{wrapped(parts)}\n{wrapped([*changed, *ours], 'ours, not the paper’s: ')}"


def _which(asked: Sequence[Mapping[str, Any]]) -> str:
    """The preset; of runs that no experiment declares, their names."""
    own = all(c["preset"] == OWN for c in asked)
    return _listed(c["run"] for c in asked) if own else f"preset {_listed(c['preset'] for c in asked)}"


def _validity(runs: Sequence[Run]) -> list[str]:
    """Largest βσ|∇U| and curvature number of each run, where its manifest has them."""
    parts = []
    for name, symbol in (("s", "s"), ("curvature", "c")):
        rows = [[float(row[name]) for row in run.manifest.get("validity", []) if name in row] for run in runs]
        if all(rows):
            largest = _listed(short(max(row)) for row in rows)
            parts.append(f"{symbol} = ∞" if largest == "∞" else f"{symbol} ≤ {largest}")
    return parts


def _followed(run: Run) -> str:
    asked, least = run.configuration["trajectories"], int(run.mutation.count.min())
    return f"{asked}" if least == asked else f"{asked} ({least} finite)"


def _twins(run: Run) -> str:
    count = run.twin.count
    fewer = np.flatnonzero(count < count[0])
    return f"{count[0]} ({count[-1]} after t = {short(float(run.time[fewer[0] - 1]))})" if len(fewer) else f"{count[0]}"


def _listed(texts: Iterable[str]) -> str:
    """One text for all runs where they agree, else one for each run."""
    texts = list(texts)
    return texts[0] if len(set(texts)) == 1 else " / ".join(texts)


def wrapped(parts: Iterable[str], start: str = "") -> str:
    """The parts, with commas between, on lines that fit one column."""
    lines = [start]
    for part in parts:
        longer = f"{lines[-1]}{part}, "
        if len(longer) > _LINE + 2:
            lines.append(f"{part}, ")
        else:
            lines[-1] = longer
    return "\n".join(line.rstrip() for line in lines).rstrip(",")
