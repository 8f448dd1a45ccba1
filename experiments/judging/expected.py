"""Expected numbers: what earlier results, of another seed, say the numbers of fresh results should be."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scipy import stats

from corr.results import write_json

from ..declaring.number import Number

FOLDER = Path(__file__).parents[1] / "expected"
LEVEL = 0.01  # chance that any number of a file is refused although nothing changed
Figures = Mapping[str, Mapping[str, Number]]


class Row(NamedTuple):
    """One comparison; ``refused`` where the numbers differ by more than k standard errors or the fresh one is missing.

    Attributes:
        figure: name in the catalogue.
        name: of the number.
        expected: from the file, None where the file has none.
        fresh: from the results, None where they have none.
        allowed: k √(se² + se'²), NaN where one is missing.
        k: from the file.
    """

    figure: str
    name: str
    expected: Number | None
    fresh: Number | None
    allowed: float = math.nan
    k: float = math.nan

    @property
    def refused(self) -> bool:
        """Whether the check fails by this row; a number that the file does not have yet is no failure."""
        if self.expected is None:
            return False
        return self.fresh is None or not abs(self.fresh.value - self.expected.value) <= self.allowed


def expected_file(preset: str) -> Path:
    """Where the expected numbers of a preset are."""
    return FOLDER / f"{preset}.json"


def read_expected(file: Path) -> dict[str, Any]:
    """The file; raises ``ValueError``, naming the command that makes it, where it is missing or damaged."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {"commits": [], **found, **{key: found[key] for key in ("seed", "start_seed", "figures")}}
    except (OSError, ValueError, KeyError) as error:
        presets = ", ".join(sorted(other.stem for other in file.parent.glob("*.json")))
        raise ValueError(
            f"{file} is missing or damaged (there are expected numbers for: {presets or 'no preset'}): make it with"
            f" `corr reproduce all --preset {file.stem} --seed 1 --start-seed 0 --update-expected`"
        ) from error


def refuse_same(saved: Mapping[str, Any], seed: int, start_seed: int) -> None:
    """Raises ``ValueError`` unless the results share the start network, and nothing else, with the expected numbers.

    Results of the same seed have the same random numbers: whatever folder they lie in, comparing them would compare
    the numbers with themselves. Results from another start network are different results.
    """
    start = saved["start_seed"]
    if seed == saved["seed"]:
        other = next(one for one in (start, start + 1) if one != saved["seed"])
        raise ValueError(
            f"the expected numbers were made with --seed {seed}: the check needs other random numbers, for"
            f" example --seed {other} --start-seed {start}"
        )
    if start_seed != start:
        raise ValueError(
            f"the expected numbers belong to the start network of seed {start}, these results to that of seed"
            f" {start_seed}: add --start-seed {start}"
        )


def refuse_unknown(saved: Mapping[str, Any], names: Sequence[str], preset: str) -> None:
    """Raises ``ValueError`` where nothing is expected of these figures, so that a check of them could not fail."""
    if not any(name in saved["figures"] for name in names):
        raise ValueError(
            f"nothing is expected of {', '.join(names)} at preset {preset}: leave --check out, or write its numbers"
            " first with --update-expected"
        )


def compare(saved: Mapping[str, Any], fresh: Figures) -> list[Row]:
    """|a - b| ≤ k √(se_a² + se_b²) for every number of the file and of the results.

    Args:
        saved: from ``read_expected``.
        fresh: numbers by figure.

    Returns:
        A row for each number.
    """
    rows = []
    for figure in dict.fromkeys([*saved["figures"], *fresh]):
        there, here = saved["figures"].get(figure, {}), fresh.get(figure, {})
        for name in dict.fromkeys([*there, *here]):
            number = here.get(name)
            if name not in there:
                rows.append(Row(figure, name, None, number))
                continue
            entry = there[name]
            old, k = Number(entry["value"], entry["error"], entry["count"]), entry["k"]
            allowed = math.nan if number is None else k * math.hypot(old.error, number.error)
            rows.append(Row(figure, name, old, number, allowed, k))
    return rows


def factor(count: int | None, comparisons: int) -> float:
    """k: the two-sided quantile of Student's law for two samples of ``count``, at 1 % for all comparisons together."""
    freedom = math.inf if count is None else 2 * (count - 1)
    return float(stats.t.isf(LEVEL / (2 * comparisons), freedom))


def write_expected(file: Path, fresh: Figures, seed: int, start_seed: int, commits: list[str]) -> list[Row]:
    """Write these figures of a preset's file anew; returns the old numbers beside the new.

    Other figures of the file stay; a number's k is that of all numbers of the file together.

    Raises:
        ValueError: if other figures would stay that another seed or start network has given.
    """
    old = read_expected(file) if file.exists() else {"figures": {}}
    kept = {figure: found for figure, found in old["figures"].items() if figure not in fresh}
    if kept and (old["seed"], old["start_seed"]) != (seed, start_seed):
        raise ValueError(
            f"{file} holds numbers of seed {old['seed']} and start network {old['start_seed']}, these results have"
            f" {seed} and {start_seed}: make all of it anew, or give --seed {old['seed']} --start-seed"
            f" {old['start_seed']}"
        )
    rows = compare({**old, "figures": {name: old["figures"][name] for name in fresh if name in old["figures"]}}, fresh)
    every = {
        figure: (
            {name: number[:3] for name, number in fresh[figure].items()}
            if figure in fresh
            else {name: (one["value"], one["error"], one["count"]) for name, one in kept[figure].items()}
        )
        for figure in dict.fromkeys([*old["figures"], *fresh])
    }
    total = sum(len(found) for found in every.values())
    figures = {
        figure: {
            name: {"value": value, "error": error, "count": count, "k": round(factor(count, total), 2)}
            for name, (value, error, count) in found.items()
        }
        for figure, found in every.items()
    }  # fmt: skip
    facts = {"preset": file.stem, "seed": seed, "start_seed": start_seed, "level": LEVEL}
    file.parent.mkdir(parents=True, exist_ok=True)
    commits = sorted({*commits, *(old.get("commits", []) if kept else [])})
    write_json(file, {**facts, "commits": commits, "figures": figures})
    return rows
