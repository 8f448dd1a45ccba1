"""What docs quote is what experiments/expected holds: numbers of a page made anew, sentences with their numbers."""

import json
from pathlib import Path

import pytest

from corr.experiments.judging.expected import expected_file
from corr.experiments.reporting.numbers_page import lines

DOCS = Path(__file__).parent.parent / "docs"
# Words around a number of preset quick, by the figure and the name it is saved under.
QUOTED = [
    ("correlate {:.3f}", "fig4", "correlation with descent"),
    ("and {:.3f} with the mean of 8 twins", "fig4", "correlation with twin"),
    ("Δ falls as n^{:.3f}", "fig6", "λ = 2: power of n in Δ to descent"),
    ("falls as (λα)^{:.2f}", "order", "order in λα, β = ∞"),
    ("as β^-{:.2f}", "order", "order in 1/β, λα → 0"),
]


def test_the_page_of_numbers_is_that_of_the_expected_files() -> None:
    made = "\n".join(lines()).rstrip() + "\n"
    said = "make it anew: python -m experiments.reporting.numbers_page > docs/numbers.md"
    assert (DOCS / "numbers.md").read_text(encoding="utf-8") == made, said
    assert made.count("\n| ") > 200


def test_the_first_figure_of_the_readme_quotes_the_run_at_the_papers_own_step_ratio() -> None:
    figure = json.loads(expected_file("night").read_text(encoding="utf-8"))["figures"]["fig1"]
    one = figure["λ = 0.1: unbiased Δ to descent / squared distance travelled"]
    value, error = 100 * one["value"], 100 * one["error"]
    readme, page = ((DOCS / name).read_text(encoding="utf-8") for name in ("../README.md", "results.md"))
    assert f"are {value:.2f} ± {error:.2f} % of the squared distance travelled off" in " ".join(readme.split())
    assert f"\n| 10 | {value:.2f} ± {error:.2f} |" in page


@pytest.mark.parametrize(("words", "figure", "name"), QUOTED)
def test_sentences_quote_what_is_expected(words: str, figure: str, name: str) -> None:
    saved = json.loads(expected_file("quick").read_text(encoding="utf-8"))["figures"][figure][name]
    text = " ".join((DOCS / "results.md").read_text(encoding="utf-8").split())
    assert words.format(saved["value"]) in text
