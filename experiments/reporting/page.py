"""The report of everything that was reproduced: one HTML file that needs no other file and no network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from corr.results import Results

from ..declaring.number import Number
from ..declaring.options import Options
from ..declaring.rounding import duration
from ..judging.made import Made
from .content import (
    LEFT,
    PLUMBING,
    SIDES,
    Table,
    check_table,
    flip_lines,
    settings_table,
    tables_of_tests,
    time_table,
    verdict_lines,
)
from .naming import label
from .numbers import number_table
from .overview import Card, card, expected_numbers
from .pictures import Picture, pictures

TEMPLATES = Path(__file__).with_name("templates")
FACTS = {"device": "device", "platform": "platform", "git": "commit", "versions": "versions"}


class RunPart(NamedTuple):
    """What a run's verdict holds; only ``first``, a figure, where an earlier figure has shown the same run."""

    run: str
    first: str = ""
    lines: Sequence[str] = ()
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    flips: Sequence[str] = ()


class Section(NamedTuple):
    """One figure."""

    card: Card
    error: str
    line: str = ""
    pictures: Sequence[Picture] = ()
    runs: Sequence[RunPart] = ()
    settings: Table | None = None
    numbers: Table | None = None
    cost: str = ""


class Shared:
    """Which figures show which folders, in the order of the report."""

    def __init__(self, made: Sequence[Made]):
        self.results: dict[Path, Results] = {one.folder: one for entry in made for one in entry.results}
        self.figures = {folder: [one.entry.name for one in made if folder in folders(one)] for folder in self.results}

    def cost(self, one: Made) -> str:
        """How long the runs of a figure took, and with which others it shares them."""
        texts = []
        for results in one.results:
            others = [label(other) for other in self.figures[results.folder] if other != one.entry.name]
            also = f" (shared with {', '.join(others)})" if others else ""
            texts.append(f"{results.folder.name} {duration(results.manifest['seconds'])}{also}")
        return f"Cost: {'; '.join(texts)}."


def write_report(group: str, options: Options, made: Sequence[Made]) -> Path:
    """Write ``OUTPUT/PRESET/report.html``, of a group ``report-GROUP.html``.

    Args:
        group: what was asked for, "all" for everything.
        options: preset, output folder and seeds.
        made: what came of each figure, in the order of the report.

    Returns:
        The file.

    Raises:
        ResultError: if results or verdicts were damaged since they were made.
    """
    shared, expected = Shared(made), expected_numbers(options, made)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    text = environment.get_template("report.html").render(
        title=f"Neuroevolution and gradient descent: {'all figures' if group == 'all' else group}",
        preset=options.preset,
        label=label,
        plumbing=options.preset == PLUMBING,
        summary=_summary(options, made, shared),
        facts=_facts(options, shared, expected),
        sections=[_section(one, options.preset, shared, expected.get(one.entry.name, {})) for one in made],
    )
    name = "report.html" if group == "all" else f"report-{group.replace(' ', '-')}.html"
    file = options.place / name
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    return partial.replace(file)


def folders(one: Made) -> list[Path]:
    """Folders of the results of a figure."""
    return [results.folder for results in one.results]


def _summary(options: Options, made: Sequence[Made], shared: Shared) -> str:
    words = [one.word for one in made]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    plural = "figure" if len(made) == 1 else "figures"
    return f"{len(made)} {plural}: {counts}. Preset {options.preset}, computed in {_seconds(shared)}."


def _facts(options: Options, shared: Shared, expected: Any) -> Table:
    """What was asked, on which machine and at which revision; several values where the runs differ."""
    beside = "of earlier results, from experiments/expected" if expected else "none to compare these results with"
    rows = [
        ("preset", options.preset),
        ("seed", f"{options.seed}; start networks of seed {options.start}"),
        ("expected numbers", beside),
        ("computing time", _seconds(shared)),
    ]
    for fact, head in FACTS.items():
        found = dict.fromkeys(_text(results.manifest.get(fact)) for results in shared.results.values())
        rows.append((head, "; ".join(found)))
    return Table("what was run", ("", ""), rows, (LEFT, LEFT))


def _section(one: Made, preset: str, shared: Shared, expected: Mapping[str, Number]) -> Section:
    head = card(one, preset, expected)
    if one.error:
        return Section(head, one.error)
    runs = [
        _run_part(results, verdict, one.entry.name, shared)
        for results, verdict in zip(one.results, one.judged.verdicts, strict=True)
    ]
    return Section(
        head,
        "",
        one.judged.agreement.line,
        pictures(one.files, one.entry.name, one.entry.title),
        runs,
        settings_table([results.manifest for results in one.results]),
        number_table(one.judged.numbers, expected),
        shared.cost(one),
    )


def _run_part(results: Results, verdict: Mapping[str, Any], name: str, shared: Shared) -> RunPart:
    run, first = results.folder.name, shared.figures[results.folder][0]
    if first != name:
        return RunPart(run, first)
    if "rows" not in verdict:
        return RunPart(run, sentences=verdict["sentences"])
    times = [time_table(run, verdict, side) for side in SIDES]
    tables = [*tables_of_tests(run, verdict), *times, check_table(run, verdict)]
    return RunPart(run, "", verdict_lines(verdict), verdict["sentences"], tables, flip_lines(verdict))


def _seconds(shared: Shared) -> str:
    return duration(sum(results.manifest["seconds"] for results in shared.results.values()))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {entry}" for name, entry in value.items())
    return str(value)
