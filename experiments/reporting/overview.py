"""What the report's first screen says of each figure: a word, and its key number beside the expected one."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..declaring.experiment import Experiment
from ..declaring.number import Number
from ..declaring.options import Options
from ..declaring.rounding import plain
from ..judging.agreement import AGREES, CONSISTENT, DIFFERS, UNDECIDED
from ..judging.expected import compare, expected_file, read_expected, refuse_same
from ..judging.made import Made
from ..judging.numbers import of_run
from .content import PLUMBING
from .naming import label
from .numbers import shown
from .pictures import Picture, thumbnail

FAILED = "failed"
TONES = {AGREES: "good", CONSISTENT: "good", DIFFERS: "bad", UNDECIDED: "unsure", FAILED: "bad"}
CLAIM = "Δ to descent"  # in the name of the number that the paper's figures are about
Expected = Mapping[str, Mapping[str, Number]]


class Card(NamedTuple):
    """One figure on the first screen; ``number`` and ``expected`` are empty where there is none."""

    name: str
    label: str
    title: str
    word: str
    tone: str
    thumbnail: Picture | None
    number: str
    value: str
    expected: str


def card(one: Made, preset: str, expected: Mapping[str, Number]) -> Card:
    """The card of a figure.

    Args:
        one: what came of it.
        preset: at which size.
        expected: its expected numbers by name.
    """
    name, title = one.entry.name, one.entry.title
    number, value, beside = key_number(one), "", ""
    if number:
        value = shown(one.judged.numbers[number])
        beside = _beside(one.judged.numbers[number], expected.get(number))
    picture = thumbnail(one.files, name, title)
    return Card(name, label(name), title, one.word, tone(one.word, preset), picture, number, value, beside)


def _beside(number: Number, expected: Number | None) -> str:
    if expected is not None:
        return f"expected {shown(expected)}"
    return "nothing expected" if number.expected is None else f"predicted {plain(number.expected, 4)}"


def tone(word: str, preset: str) -> str:
    """How a word is coloured; preset smoke judges nothing, so only a failure to run has a colour there."""
    judges = preset != PLUMBING or word == FAILED
    return TONES.get(word, "neutral") if judges else "neutral"


def key_number(one: Made) -> str:
    """Name of the number that says most of a figure; empty where there is none.

    Of an experiment the first that its declaration adds, else unbiased Δ to noise-free descent in the run it is judged
    by; of a study the first with a prediction; else the first.
    """
    numbers = one.judged.numbers
    if not isinstance(one.entry, Experiment):
        return next((name for name, number in numbers.items() if number.expected is not None), next(iter(numbers), ""))
    runs = [of_run(*pair) for pair in zip(one.results, one.judged.verdicts, strict=True)]
    every = {name for run in runs for name in run}
    asked = next(iter(runs[:: -1 if one.entry.breaks_down else 1]), {})
    chosen = [
        *(name for name in numbers if name not in every),
        *(name for name in asked if CLAIM in name and name in numbers),
        *numbers,
    ]
    return next(iter(chosen), "")


def expected_numbers(options: Options, made: Sequence[Made]) -> Expected:
    """Expected numbers of this preset by figure; none where there are none to compare these results with."""
    try:
        saved = read_expected(expected_file(options.preset))
        refuse_same(saved, options.seed, options.start)
    except ValueError:
        return {}
    rows = compare(saved, {one.entry.name: one.judged.numbers for one in made})
    found: dict[str, dict[str, Number]] = {one.entry.name: {} for one in made}
    for row in rows:
        if row.figure in found and row.expected is not None:
            found[row.figure][row.name] = row.expected
    return found
