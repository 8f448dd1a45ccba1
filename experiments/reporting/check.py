"""Fresh numbers beside the expected ones, as a table; and the expected ones written anew."""

import sys
from collections.abc import Sequence
from typing import Any

from ..declaring.options import Options
from ..judging.expected import compare, expected_file, write_expected
from ..judging.made import Made
from .numbers import change_table, comparison_table
from .terminal import console, show_table

WIDTH = 160  # names of numbers are long


def check_numbers(saved: dict[str, Any], made: Sequence[Made]) -> bool:
    """Print every comparison of these figures; returns whether none is refused.

    Args:
        saved: the expected numbers, from ``read_expected``.
        made: what came of each figure.
    """
    known = {one.entry.name: saved["figures"].get(one.entry.name, {}) for one in made}
    rows = compare({**saved, "figures": known}, {one.entry.name: one.judged.numbers for one in made if not one.error})
    show_table(comparison_table(rows), console(WIDTH))
    new, missing = sum(row.expected is None for row in rows), sum(row.fresh is None for row in rows)
    refused = sum(row.refused for row in rows) - missing
    said = f"{len(rows) - new - missing} numbers compared, {refused} refused; {new} have no expected number yet"
    print(f"{said}, {missing} expected ones are missing")
    return refused + missing == 0


def update_numbers(options: Options, made: Sequence[Made]) -> bool:
    """Write the expected numbers of this preset and print old -> new; returns whether that was possible.

    Args:
        options: preset and seeds.
        made: what came of each figure.
    """
    failed = [one.entry.name for one in made if one.error]
    if failed:
        print(f"expected numbers left as they are: {', '.join(failed)} failed", file=sys.stderr)
        return False
    file = expected_file(options.preset)
    fresh = {one.entry.name: one.judged.numbers for one in made}
    commits = {str(results.manifest["git"]) for one in made for results in one.results}
    rows = write_expected(file, fresh, options.seed, options.start, sorted(commits))
    changed = [row for row in rows if row.expected is None or row.fresh is None or row.fresh[:2] != row.expected[:2]]
    show_table(change_table(changed), console(WIDTH))
    print(f"{file}: {len(changed)} of {len(rows)} numbers changed")
    return True
