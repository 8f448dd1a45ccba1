"""The report of everything that was reproduced: one HTML file that needs no other file and no network."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..declaring.options import Options
from ..judging.made import Made
from .html import pictures, run_verdict, sentences, settings, table, value_table

STYLE = Path(__file__).with_name("report.css")
KEY = (
    "Figures of the paper: mutation is shown to follow gradient descent within the declared margins, or to leave it,"
    " where the paper shows that (agrees), is shown not to (differs), or neither (undecided). Studies: every number"
    " that has a prediction lies within k standard errors of it (consistent), not every one does (differs), or none"
    " has one (no prediction). On figures s = βσ|∇U| and c = max(σ|tr H|/2, σ‖H‖/√2, σ|ĝᵀHĝ|)/|∇U|, H the Hessian."
)
FACTS = ("device", "platform", "git", "versions")


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
    manifests = {results.folder: results.manifest for one in made for results in one.results}
    shared = {folder: [one.entry.name for one in made if folder in _folders(one)] for folder in manifests}
    body = [
        f"<h1>Neuroevolution and gradient descent: all figures, preset {html.escape(options.preset)}</h1>",
        _header(options, made, manifests),
        _contents(made),
        *(_section(one, manifests, shared) for one in made),
    ]
    name = "report.html" if group == "all" else f"report-{group.replace(' ', '-')}.html"
    file = options.place / name
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(_page(f"All figures, preset {options.preset}", "\n".join(body)), encoding="utf-8")
    return partial.replace(file)


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _header(options: Options, made: Sequence[Made], manifests: dict[Path, dict[str, Any]]) -> str:
    """What was asked, on which machine and at which revision; several values where the runs differ."""
    words = [one.word for one in made]
    rows = [
        ("preset", options.preset),
        ("seed", f"{options.seed}; start networks of seed {options.start}"),
        ("figures", ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))),
        ("computing time", _duration(sum(manifest["seconds"] for manifest in manifests.values()))),
    ]
    for fact in FACTS:
        found = dict.fromkeys(_text(manifest.get(fact)) for manifest in manifests.values())
        rows.append(({"git": "commit"}.get(fact, fact), "; ".join(found)))
    return table(["", ""], rows, "what was run", "text")


def _contents(made: Sequence[Made]) -> str:
    rows = [
        (f'<a href="#{one.entry.name}">{one.entry.name}</a>', html.escape(one.entry.title), _word(one)) for one in made
    ]
    return f"<nav>{table(['figure', 'what it shows', 'agreement'], rows, 'contents', 'links')}</nav>\n<p>{KEY}</p>"


def _section(one: Made, manifests: dict[Path, dict[str, Any]], shared: dict[Path, list[str]]) -> str:
    name = one.entry.name
    parts = [f'<section id="{name}">\n<h2>{name}: {html.escape(one.entry.title)}</h2>']
    if one.error:
        return f'{parts[0]}\n<p class="failure">{_word(one)} {html.escape(one.error)}</p>\n</section>'
    parts += [
        f"<p>{_word(one)} {html.escape(one.judged.agreement.line)}</p>",
        pictures(one.files, one.entry.title),
        "<h3>Settings</h3>",
        settings([manifests[folder] for folder in _folders(one)]),
        f"<p>{_cost(name, _folders(one), manifests, shared)}</p>",
        "<h3>Verdict</h3>",
    ]
    for folder, verdict in zip(_folders(one), one.judged.verdicts, strict=True):
        parts += _verdict(one, folder, verdict, shared[folder][0])
    return "\n".join([*parts, "<h3>Numbers</h3>", value_table(one.judged.numbers), "</section>"])


def _folders(one: Made) -> list[Path]:
    return [results.folder for results in one.results]


def _verdict(one: Made, folder: Path, verdict: Any, first: str) -> list[str]:
    """Tables and sentences; only a link where an earlier figure has shown the same run."""
    if first != one.entry.name:
        return [f'<p>{html.escape(folder.name)}: see <a href="#{first}">{first}</a>, of the same run.</p>']
    return run_verdict(verdict) if "rows" in verdict else [sentences(verdict["sentences"])]


def _cost(name: str, folders: list[Path], manifests: dict[Path, dict[str, Any]], shared: dict[Path, list[str]]) -> str:
    texts = []
    for folder in folders:
        others = [other for other in shared[folder] if other != name]
        also = f" (shared with {', '.join(others)})" if others else ""
        texts.append(f"{html.escape(folder.name)} {manifests[folder]['seconds']:.4g} s{also}")
    return f"Cost: {'; '.join(texts)}."


def _word(one: Made) -> str:
    return f'<span class="word {one.word.replace(" ", "-")}">{one.word}</span>'


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {entry}" for name, entry in value.items())
    return str(value)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.0f} s"
