"""What the tables of key numbers hold in terminal and report alike."""

import math
from collections.abc import Mapping, Sequence

from ..declaring.number import Number, difference
from ..declaring.rounding import measured, plain
from ..judging.expected import Row
from .content import LEFT, RIGHT, Table


def number_table(numbers: Mapping[str, Number], expected: Mapping[str, Number]) -> Table:
    """Key numbers beside what is predicted, and beside the expected ones of earlier results.

    Args:
        numbers: by name.
        expected: those there are, by the same names.
    """
    heads = ("number", "value ± se", "predicted", "standard errors away", "expected ± se")
    rows = [
        (name, shown(one), plain(one.expected, 4), _away(one.score()), shown(expected.get(name)))
        for name, one in numbers.items()
    ]
    return Table("key numbers; expected: of earlier results, from another seed", heads, rows, (LEFT, *(RIGHT,) * 4))


def comparison_table(rows: Sequence[Row]) -> Table:
    """Fresh numbers beside the expected ones, and whether they agree."""
    heads = ("figure", "number", "expected ± se", "fresh ± se", "difference", "allowed", "k", "")
    align = (LEFT, LEFT, *(RIGHT,) * 5, LEFT)
    cells = [(row.figure, row.name, shown(row.expected), shown(row.fresh), *_compared(row)) for row in rows]
    return Table("fresh numbers beside the expected ones", heads, cells, align)


def _compared(row: Row) -> tuple[str, str, str, str]:
    if row.expected is None:
        return "", "", "", "new"
    if row.fresh is None:
        return "", "", f"{row.k:.1f}", "missing"
    apart = plain(row.fresh.value - row.expected.value, 2, "+")
    return apart, plain(row.allowed, 2), f"{row.k:.1f}", "REFUSED" if row.refused else "ok"


def change_table(rows: Sequence[Row]) -> Table:
    """Expected numbers as they were and as they are now."""
    heads = ("figure", "number", "old ± se", "new ± se", "standard errors apart")
    cells = [(row.figure, row.name, shown(row.expected), shown(row.fresh), _apart(row)) for row in rows]
    return Table("expected numbers that changed", heads, cells, (LEFT, LEFT, *(RIGHT,) * 3))


def _apart(row: Row) -> str:
    if row.expected is None or row.fresh is None:
        return ""
    return _away(difference(row.fresh, row.expected, 0.0).score())


def shown(number: Number | None) -> str:
    """value ± standard error."""
    return "-" if number is None else measured(number.value, number.error)


def _away(score: float) -> str:
    return "" if math.isnan(score) else f"{score:+.1f}"
