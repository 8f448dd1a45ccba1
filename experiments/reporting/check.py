"""Fresh numbers beside the expected ones, as a table; and the expected ones written anew."""

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from ..declaring.number import Number, difference
from ..declaring.options import Options
from ..judging.expected import Row, compare, expected_file, write_expected
from ..judging.made import Made


def check_numbers(saved: dict[str, Any], made: Sequence[Made]) -> bool:
    """Print every comparison; returns whether none is refused."""
    rows = compare(saved, {one.entry.name: one.judged.numbers for one in made if not one.error})
    table = Table()
    for head in ("figure", "number", "expected ± se", "fresh ± se", "difference", "allowed", "k", ""):
        table.add_column(head)
    for row in rows:
        table.add_row(row.figure, row.name, shown(row.expected), shown(row.fresh), *_cells(row))
    _console().print(table)
    new, missing = sum(row.expected is None for row in rows), sum(row.fresh is None for row in rows)
    refused = sum(row.refused for row in rows) - missing
    said = f"{len(rows) - new - missing} numbers compared, {refused} refused; {new} have no expected number yet"
    print(f"{said}, {missing} expected ones are missing")
    return refused + missing == 0


def _cells(row: Row) -> tuple[str, str, str, str]:
    if row.expected is None:
        return "", "", "", "new"
    if row.fresh is None:
        return "", "", f"{row.k:.1f}", "missing"
    apart = row.fresh.value - row.expected.value
    return f"{apart:+.2g}", f"{row.allowed:.2g}", f"{row.k:.1f}", "REFUSED" if row.refused else "ok"


def update_numbers(options: Options, made: Sequence[Made]) -> bool:
    """Write the expected numbers of this preset and print old -> new; returns whether that was possible."""
    failed = [one.entry.name for one in made if one.error]
    if failed:
        print(f"expected numbers left as they are: {', '.join(failed)} failed", file=sys.stderr)
        return False
    file = expected_file(options.preset)
    fresh = {one.entry.name: one.judged.numbers for one in made}
    commits = {str(results.manifest["git"]) for one in made for results in one.results}
    rows = write_expected(file, fresh, options.seed, options.start, sorted(commits))
    changed = [row for row in rows if row.expected is None or row.fresh is None or row.fresh[:2] != row.expected[:2]]
    table = Table()
    for head in ("figure", "number", "old ± se", "new ± se", "difference in standard errors"):
        table.add_column(head)
    for row in changed:
        apart = ""
        if row.expected is not None and row.fresh is not None:
            apart = f"{difference(row.fresh, row.expected, 0.0).score():+.1f}"
        table.add_row(row.figure, row.name, shown(row.expected), shown(row.fresh), apart)
    _console().print(table)
    print(f"{file}: {len(changed)} of {len(rows)} numbers changed")
    return True


def shown(number: Number | None) -> str:
    """value ± standard error, as many digits as the error warrants."""
    if number is None:
        return "-"
    return f"{number.value:.4g} ± {number.error:.2g}"


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 160)
