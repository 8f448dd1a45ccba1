"""Tables and pictures of the report as HTML; every text is escaped here."""

import base64
import html
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..declaring.number import Number
from .terminal import NAMES, shown_rows

HIDDEN = ("run", "study", "preset", "seed")  # in the header of the report, or of the table
VERDICT = ("t", "Δ, %", "unbiased Δ ± se, %", "loss", "minus its loss ± se")
TESTS = ("null", "test", "statistic", "margin", "p", "verdict")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: str, kind: str = "values") -> str:
    """A table that scrolls inside its own box.

    Args:
        heads: of the columns; none of them are drawn where all are empty.
        rows: cells; those of kind "links" are HTML already.
        caption: above the table.
        kind: "values" keeps cells on one line, "values times" its narrow first ones too; "text" and "links" wrap them.
    """
    safe = str if kind == "links" else html.escape
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
    top = f"<thead><tr>{head}</tr></thead>\n" if any(heads) else ""
    lines = [
        f'<tr><th scope="row">{safe(first)}</th>{"".join(f"<td>{safe(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    ]
    return (
        f'<div class="scroll {kind}" tabindex="0" role="region" aria-label="{html.escape(caption)}"><table>\n'
        f"<caption>{html.escape(caption)}</caption>\n{top}<tbody>\n{chr(10).join(lines)}\n</tbody></table></div>"
    )


def pictures(files: Sequence[Path], title: str) -> str:
    """Every PNG of a figure, inlined."""
    found = []
    for file in (file for file in files if file.suffix == ".png"):
        data = base64.b64encode(file.read_bytes()).decode("ascii")
        text = html.escape(f"{file.stem}: {title}", quote=True)
        found.append(
            f'<figure><img alt="{text}" src="data:image/png;base64,{data}"><figcaption>{html.escape(file.stem)}'
            "</figcaption></figure>"
        )
    return f'<div class="pictures">\n{chr(10).join(found)}\n</div>'


def settings(manifests: Sequence[Mapping[str, Any]]) -> str:
    """Every setting of the manifests, one column for each run."""
    asked = [manifest["configuration"] for manifest in manifests]
    names = [name for name in dict.fromkeys(key for one in asked for key in one) if name not in HIDDEN]
    rows = [(name.replace("_", " "), *(plain(one.get(name)) for one in asked)) for name in names]
    if all("acceptance" in manifest for manifest in manifests):
        rows.append(("acceptance, mean", *(plain(manifest["acceptance"]) for manifest in manifests)))
        rows.append(("finite trajectories", *(plain(manifest["trajectories"]["finite"]) for manifest in manifests)))
    heads = ["setting", *(one.get("run", one.get("study", "")) for one in asked)]
    return table(heads, rows, "settings, from the manifest")


def run_verdict(judged: Mapping[str, Any]) -> list[str]:
    """The table of the tests with its sentences, and what is behind them time by time against either side."""
    rows = [[str(row[name]) for name in TESTS] for row in ({**row, "p": f"{row['p']:.2g}"} for row in judged["rows"])]
    caption = f"{judged['run']}: tests at level {100 * judged['level']:g} %; p of differences after Holm"
    found = [table(TESTS, rows, caption), sentences(judged["sentences"])]
    for side, name in NAMES.items():
        rows = [_verdict_row(row) for row in shown_rows(judged["sides"][side])]
        caption = f"{judged['run']}: mutation against {name}; Δ in % of the squared distance travelled"
        found.append(table(VERDICT, rows, caption, "values times"))
    return found


def _verdict_row(row: Mapping[str, float]) -> tuple[str, ...]:
    share = {name: 100 * row[name] for name in ("delta", "unbiased", "standard_error")}
    return (
        f"{row['time']:g}",
        f"{share['delta']:.2g}",
        f"{share['unbiased']:.2g} ± {share['standard_error']:.1g}",
        f"{row['loss']:.4f}",
        f"{row['loss_difference']:+.1e} ± {row['loss_error']:.0e}",
    )


def sentences(texts: Iterable[str]) -> str:
    """What a verdict says."""
    return "<ul>\n" + "\n".join(f"<li>{html.escape(text)}</li>" for text in texts) + "\n</ul>"


def value_table(numbers: Mapping[str, Number]) -> str:
    """Key numbers with their standard errors, beside what is expected where something is."""
    rows = []
    for name, number in numbers.items():
        expected = "" if number.expected is None else f"{number.expected:.4g}"
        score = "" if math.isnan(number.score()) else f"{number.score():+.1f}"
        rows.append((name, f"{number.value:.4g} ± {number.error:.2g}", expected, score))
    return table(["number", "value ± se", "expected", "standard errors away"], rows, "key numbers")


def plain(value: Any) -> str:
    """A setting as text."""
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(plain(entry) for entry in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
