"""The page: overview before details, a thumbnail, a word and a key number for each figure, every text escaped."""

import base64
import io
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from corr.experiments.declaring.options import Options
from corr.experiments.declaring.rounding import measured
from corr.experiments.judging.made import Made
from corr.experiments.reporting.content import Table, tables_of_tests, time_table
from corr.experiments.reporting.page import write_report

VOID = {"meta", "img", "br"}


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str | None]
    inside: tuple[str, ...]
    text: list[str]

    @property
    def said(self) -> str:
        return " ".join("".join(self.text).split())


class Page(HTMLParser):
    """Elements in their order, with the tags and classes they are inside of; checks that tags nest."""

    def __init__(self, file: Path):
        super().__init__()
        self.source = file.read_text(encoding="utf-8")
        self.found: list[Element] = []
        self.open: list[Element] = []
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        inside = tuple(f"{one.tag}.{one.attributes.get('class', '')}" for one in self.open)
        self.found.append(Element(tag, dict(attrs), inside, []))
        if tag not in VOID:
            self.open.append(self.found[-1])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for one in self.open:
            one.text.append(data)

    def all(self, tag: str, kind: str = "") -> list[Element]:
        return [
            one for one in self.found if one.tag == tag and kind in ["", *(one.attributes.get("class") or "").split()]
        ]


def drawn_tables(page: Page, caption: str) -> list[tuple[list[str], list[list[str]]]]:
    """Heads and rows of every table of this caption."""
    tables: list[tuple[list[str], list[list[str]]]] = []
    inside = False
    for one in page.found:
        if one.tag == "caption":
            inside = one.said == caption
            tables += [([], [])] if inside else []
        elif inside and one.attributes.get("scope") == "col":
            tables[-1][0].append(one.said)
        elif inside and one.tag == "tr" and any(tag.startswith("tbody") for tag in one.inside):
            tables[-1][1].append([])
        elif inside and one.tag in ("th", "td"):
            tables[-1][1][-1].append(one.said)
        inside = inside and one.tag != "details"
    return tables


@pytest.fixture
def written(experiment: Made, study: Made, failed: Made, tmp_path: Path) -> Callable[..., Page]:
    """Writes a report of the three and reads it."""

    def page(preset: str = "quick", seed: int = 0) -> Page:
        options = Options(preset=preset, output=tmp_path, seed=seed, start_seed=0)
        return Page(write_report("all", options, [experiment, study, failed]))

    return page


def test_the_overview_stands_before_every_figure(written: Callable[..., Page]) -> None:
    page = written()
    places = {one.attributes.get("class") or one.tag: k for k, one in reversed(list(enumerate(page.found)))}
    assert places["overview"] < places["details"] < places["section"]
    cards = page.all("a", "card")
    assert [card.attributes["href"] for card in cards] == ["#fig1", "#drift", "#figs2"]
    assert [one.attributes["id"] for one in page.all("section")] == ["fig1", "drift", "figs2"]


def test_every_figure_has_thumbnail_word_and_key_number(
    written: Callable[..., Page], experiment: Made, study: Made
) -> None:
    page = written()
    thumbs = [one for one in page.all("img") if "span.thumb" in one.inside]
    assert len(thumbs) == 2
    for thumb in thumbs:
        data = base64.b64decode(str(thumb.attributes["src"]).removeprefix("data:image/png;base64,"))
        size = Image.open(io.BytesIO(data)).size
        assert max(size) <= 224 and len(data) < 40_000
        assert (str(size[0]), str(size[1])) == (thumb.attributes["width"], thumb.attributes["height"])
    words = [one for one in page.all("span", "word") if "nav.overview" in one.inside]
    assert [one.said for one in words] == [experiment.word, "differs", "failed"]
    assert [(one.attributes["class"] or "").split()[1] for one in words[1:]] == ["bad", "bad"]
    assert [one.said for one in page.all("span", "number")] == [
        "λ = 1: unbiased Δ to descent / squared distance travelled",
        "predicted",
    ]
    number = experiment.judged.numbers["λ = 1: unbiased Δ to descent / squared distance travelled"]
    assert page.all("span", "value")[0].said == measured(number.value, number.error)
    assert [one.said for one in page.all("span", "value")[1:]] == ["0.500 ± 0.013"]
    assert [one.said for one in page.all("span", "expected")] == ["nothing expected", "predicted 1"]


def test_expected_numbers_stand_beside_fresh_ones_of_another_seed_alone(written: Callable[..., Page]) -> None:
    caption = "key numbers; expected: of earlier results, from another seed"
    for seed, beside in ((0, "13 ± 20"), (1, "-")):
        rows = drawn_tables(written(seed=seed), caption)[1][1]  # the study's, after the experiment's
        assert rows[0] == ["plain <s>", "17 ± 20", "-", "", beside]


def test_details_are_folded_and_pictures_are_not(written: Callable[..., Page]) -> None:
    page = written()
    assert page.all("table") != [] and all("details." in one.inside for one in page.all("table"))
    assert all("open" not in one.attributes for one in page.all("details"))
    figures = [one for one in page.all("img") if "figure." in one.inside]
    assert len(figures) == 4 and not any("details." in one.inside for one in figures)
    assert [one.said for one in page.all("figcaption")] == [
        'Figure 1a: bowl <b>&" [bold]', 'Figure 1c: bowl <b>&" [bold]',
        "drift: one step", "drift, one coordinate: one step",
    ]  # fmt: skip


def test_the_verdict_of_a_run_is_said_in_the_open_in_the_words_of_the_terminal(
    written: Callable[..., Page], experiment: Made
) -> None:
    page, (verdict,) = written(), experiment.judged.verdicts
    (said,) = (one.said for one in page.all("p", "run"))
    assert said == f"bowl-lambda-1: {verdict['sentences'][0]} {next(s for s in verdict['sentences'] if s[:3] == '(b)')}"
    assert [one.said for one in page.all("li")][: len(verdict["sentences"])] == verdict["sentences"]


def test_every_text_is_escaped_and_nothing_is_fetched(written: Callable[..., Page]) -> None:
    page = written()
    assert "<i>" not in page.source and "<s>" not in page.source and "<said>" not in page.source
    assert "<broken>" not in page.source and "bowl <b>" not in page.source
    said = "".join(page.found[0].text)
    for text in ('bowl <b>&" [bold]', "c0ffee <i>", "plain <s>", "it is <said> & done", '<broken> & "lost"'):
        assert text in said
    assert page.all("a", "card")[0].attributes["title"] == 'bowl <b>&" [bold]'
    assert "://" not in page.source and "url(" not in page.source
    assert page.all("script") == [] and page.all("link") == []
    assert all(str(one.attributes["src"]).startswith("data:image/png;base64,") for one in page.all("img"))


def test_a_failed_figure_shows_its_error_in_overview_and_section(written: Callable[..., Page]) -> None:
    page = written()
    assert page.all("span", "error")[0].said == 'ValueError: <broken> & "lost"'
    assert page.all("p", "failure")[0].said == 'failed ValueError: <broken> & "lost"'
    assert page.all("section")[2].said.count("Settings") == 0


def test_smoke_says_that_it_tests_the_plumbing_alone(written: Callable[..., Page]) -> None:
    assert written().all("p", "banner") == []
    page = written("smoke")
    assert "tests the plumbing alone" in page.all("p", "banner")[0].said
    classes = [(one.said, (one.attributes["class"] or "").split()[1]) for one in page.all("span", "word")]
    assert set(classes[1:]) - set(classes[:1]) == {("differs", "neutral"), ("failed", "bad")}
    assert classes[0][1] == "neutral"


def test_a_run_shown_before_is_only_named_again(experiment: Made, study: Made, tmp_path: Path) -> None:
    twice = experiment._replace(entry=study.entry)
    again = twice._replace(judged=experiment.judged._replace(verdicts=[{"sentences": ["x"]}]))
    page = Page(write_report("two words", Options(preset="quick", output=tmp_path), [experiment, again]))
    said = page.all("section")[1].said
    assert "bowl-lambda-1: see Figure 1, of the same run." in said and "shared with Figure 1" in said
    assert (tmp_path / "quick" / "report-two-words.html").exists()


def test_tables_hold_the_heads_and_cells_of_the_content(written: Callable[..., Page], experiment: Made) -> None:
    page, (verdict,) = written(), experiment.judged.verdicts
    tables: list[Table] = [*tables_of_tests("bowl-lambda-1", verdict), time_table("bowl-lambda-1", verdict, "twin")]
    assert len(tables) == 3
    for table in tables:
        assert drawn_tables(page, table.caption) == [(list(table.heads), [list(row) for row in table.rows])]
