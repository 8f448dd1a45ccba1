"""The terminal draws the same heads and cells as the page, the verdict first, each word as it is."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from corr.experiments.declaring.number import Number
from corr.experiments.declaring.options import Options
from corr.experiments.judging.expected import Row, read_expected
from corr.experiments.judging.made import Made
from corr.experiments.reporting.check import check_numbers, update_numbers
from corr.experiments.reporting.content import (
    SIDES,
    Table,
    check_table,
    settings_table,
    tables_of_tests,
    time_table,
)
from corr.experiments.reporting.numbers import change_table, comparison_table, number_table
from corr.experiments.reporting.terminal import show_order, show_study, show_table, show_verdict
from corr.results import Results


def printed(show: Callable[..., None], *args: Any, width: int = 400) -> str:
    text = io.StringIO()
    show(*args, Console(file=text, width=width))
    return text.getvalue()


@pytest.fixture
def said(experiment: Made) -> Mapping[str, Any]:
    """The verdict on the run of the bowl."""
    return experiment.judged.verdicts[0]


def test_sentences_come_first_then_tests_then_times(said: Mapping[str, Any]) -> None:
    text = printed(show_verdict, said, width=1000)
    captions = [
        *(table.caption for table in tables_of_tests(said["run"], said)),
        *(time_table(said["run"], said, side).caption for side in SIDES),
        check_table(said["run"], said).caption,
    ]
    order = [*(f"- {sentence}\n" for sentence in said["sentences"]), *captions, "decisions that differ from float64"]
    places = [text.index(one) for one in order]
    assert places == sorted(places) and len(captions) == 5


def test_the_preset_that_judges_nothing_says_so_first(said: Mapping[str, Any]) -> None:
    told = "- Preset smoke tests the plumbing alone"
    for preset, expected in (("smoke", True), ("quick", False)):
        text = printed(show_verdict, {**said, "preset": preset}, width=1000)
        assert (told in text) == expected
        assert not expected or text.index(told) < text.index(said["sentences"][0])


def test_heads_and_cells_are_those_of_the_content(said: Mapping[str, Any]) -> None:
    lines = [line.split() for line in printed(show_verdict, said).splitlines()]
    for table in (*tables_of_tests(said["run"], said), time_table(said["run"], said, "descent")):
        for cells in (table.heads, *table.rows):
            assert " ".join(cells).split() in lines


@pytest.mark.parametrize("width", [100, 120])
def test_nothing_is_cut_at_the_width_of_a_terminal(said: Mapping[str, Any], width: int) -> None:
    text = printed(show_verdict, said, width=width)
    assert "…" not in text and max(map(len, text.splitlines())) <= width
    words = text.split()
    for table in tables_of_tests(said["run"], said):
        for word in " ".join((*table.heads, *(cell for row in table.rows for cell in row))).split():
            assert word in words


def test_square_brackets_are_no_markup() -> None:
    text = printed(show_study, "a [bold]title", Path("/x"), {"sentences": ["said [b]so[/b]"]})
    assert "a [bold]title (/x)\n- said [b]so[/b]\n" in text


def test_square_brackets_in_a_table_are_no_markup() -> None:
    table = Table("c [b]1[/b]", ("h [b]2[/b]",), [("r [b]3[/b]",)], ("left",))
    text = printed(show_table, table)
    assert all(one in text for one in ("c [b]1[/b]", "h [b]2[/b]", "r [b]3[/b]"))


def test_cells_of_a_test() -> None:
    row = {"null": "n", "test": "t", "statistic": "s", "margin": "2 %", "until": 3.0, "p": 1e-9, "verdict": "v",
           "meaning": "m"}  # fmt: skip
    (table,) = tables_of_tests("run", {"rows": [row], "level": 0.05})
    assert table.caption == "run: n; tests at level 5 %, p of differences after Holm"
    assert table.rows == [("t", "s", "2 %", "3", "< 0.0001", "v", "m")]


def test_order_is_said_with_sensible_digits() -> None:
    entry = {"time": 1.0, "step_ratios": [1.0, 10.0], "unbiased": [1e-7, 2.5], "standard_errors_apart": 123.4}
    text = printed(show_order, [entry])
    assert "0.00001 % at λ = 1, 250 % at λ = 10 (123 standard errors apart)" in text


def test_a_run_without_means_or_theory_is_checked_as_far_as_it_goes(said: Mapping[str, Any]) -> None:
    bare = {key: value for key, value in said.items() if key != "losses"}
    bare["acceptance"] = said["acceptance"] | {"theory": [None] * 4}
    table = check_table("r", bare)
    assert table.heads == ("t", "acceptance", "theory (level 1)")
    assert table.rows[0] == ("0.25", "0.5", "-")
    assert len(check_table("r", said).heads) == len(check_table("r", said).rows[0]) == 5


def test_settings_are_plain(run: Results, study: Made) -> None:
    rows = dict(settings_table([run.manifest]).rows)
    assert rows["alpha"] == "0.00001" and rows["loss"] == "a: 0.5" and rows["finite trajectories"] == "48"
    assert "run" not in rows and settings_table([run.manifest]).heads == ("setting", "bowl-lambda-1")
    both = settings_table([run.manifest, study.results[0].manifest])
    assert ("counts", "-", "1, 2") in both.rows


def test_numbers_stand_beside_prediction_and_expected(study: Made) -> None:
    table = number_table(study.judged.numbers, {"new": Number(5e-5, 1e-5)})
    assert table.rows == [
        ("plain <s>", "17 ± 20", "-", "", "-"),
        ("predicted", "0.500 ± 0.013", "1", "-38.5", "-"),
        ("new", "0.00004 ± 0.00002", "-", "", "0.000050 ± 0.000010"),
    ]


def test_comparisons_and_changes() -> None:
    old, new = Number(1.0, 0.3), Number(3.0, 0.4)
    rows = [
        Row("f", "same", old, old, 1.2, 4.0), Row("f", "off", old, new, 1.0, 4.0),
        Row("f", "new", None, new), Row("f", "gone", old, None, k=4.0),
    ]  # fmt: skip
    assert [row[3:] for row in comparison_table(rows).rows] == [
        ("1.0 ± 0.3", "+0", "1.2", "4.0", "ok"), ("3.0 ± 0.4", "+2", "1", "4.0", "REFUSED"),
        ("3.0 ± 0.4", "", "", "", "new"), ("-", "", "", "4.0", "missing"),
    ]  # fmt: skip
    assert [row[4] for row in change_table(rows).rows] == ["+0.0", "+4.0", "", ""]


def test_checking_refuses_and_updating_writes(
    study: Made, failed: Made, expected_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = read_expected(expected_file)
    assert check_numbers(saved, [study, failed])
    assert "1 numbers compared, 0 refused; 2 have no expected number yet, 0 expected" in capsys.readouterr().out
    saved["figures"]["drift"]["plain <s>"]["value"] = 1e4
    assert not check_numbers(saved, [study])
    assert "10000 ± 20" in capsys.readouterr().out
    options = Options(preset="quick", seed=2, start_seed=0)
    assert not update_numbers(options, [study, failed])
    assert update_numbers(options, [study])
    assert read_expected(expected_file)["figures"]["drift"]["new"]["value"] == 4e-5
