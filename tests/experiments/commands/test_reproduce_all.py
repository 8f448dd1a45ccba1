"""`corr reproduce all` on a catalogue of toys: failures, interruption, the report and the check of the numbers."""

import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import jax
import matplotlib.image
import numpy as np
import pytest
import xarray

import corr.figures as paper_figs
from corr.experiments import cli
from corr.experiments.catalogue import CATALOGUE
from corr.experiments.commands.actions import reader
from corr.experiments.commands.reproduce import make
from corr.experiments.declaring.options import Options
from corr.experiments.declaring.study import Study
from corr.experiments.judging import expected
from corr.experiments.reporting.page import write_report
from corr.results import Results, load_run

VOID = {"meta", "img", "br"}


class Sizes(NamedTuple):
    count: int


class Page(HTMLParser):
    """Checks that tags nest, and collects attributes and text."""

    def __init__(self, file: Path):
        super().__init__()
        self.open: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self.text = ""
        self.feed(file.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


class Toys:
    """A catalogue of three studies; ``fails`` is raised in the second one while it is set."""

    def __init__(self) -> None:
        self.fails: BaseException | None = None
        self.computed: list[str] = []

    def __repr__(self) -> str:
        """What the toys compute does not depend on their state, so that neither does the program of a study."""
        return "toys"

    def study(self, name: str, minutes: float) -> Study:
        def compute(key: jax.Array) -> xarray.Dataset:
            if name == "second" and self.fails is not None:
                raise self.fails
            self.computed.append(name)
            value = jax.random.normal(key, (9,))
            return xarray.Dataset({"v": float(value.mean()), "v_error": 1 / 3, "v_theory": 0.0})

        return Study(
            name=name, title=f"toy <{name}> & co", presets={"smoke": Sizes(1)}, minutes={"smoke": minutes},
            parts=lambda sizes: {"part": compute}, judge=lambda found: [f"v < {float(found['part'].v):.3f} & more"],
        )  # fmt: skip


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Toys:
    """The catalogue holds three toys, drawn as one grey picture each; expected numbers lie in a folder of their own."""
    made = Toys()

    def draw(name: str, results: list[Results], folder: Path) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.png"
        matplotlib.image.imsave(file, np.full((4, 4), 0.5), cmap="gray")
        return [file]

    for name in list(CATALOGUE):
        monkeypatch.delitem(CATALOGUE, name)
    for name, minutes in (("first", 3.0), ("second", 2.0), ("third", 1.0)):
        monkeypatch.setitem(CATALOGUE, name, made.study(name, minutes))
    monkeypatch.setattr(paper_figs, "draw", draw)
    monkeypatch.setattr(expected, "FOLDER", tmp_path / "expected")
    return made


@pytest.fixture
def everything(tmp_path: Path, toys: Toys) -> Callable[..., int]:
    """Runs `corr reproduce all`, or other names, into a folder."""

    def command(*args: str, output: str = "results", names: tuple[str, ...] = ("all",)) -> int:
        return cli.main(["reproduce", *names, "--preset", "smoke", "--output", str(tmp_path / output), *args])

    return command


def test_an_experiment_is_reported_with_its_tests(smoke: Path, tmp_path: Path) -> None:
    options = Options(preset="smoke", output=shutil.copytree(smoke, tmp_path / "copy"))
    made = make("fig1", CATALOGUE["fig1"], options, reader())
    assert made.error == "" and made.word == "undecided"
    line = made.judged.agreement.line
    text = Page(write_report("fig1", options, [made])).text
    tested = made.results[0].json("verdict.json")
    said = [line, *tested["sentences"], *(row["statistic"] for row in tested["rows"])]
    assert len(tested["rows"]) == 9 and [one for one in said if one not in text] == []
    losses, sides = tested["losses"], load_run(made.results[0].folder)[0]
    np.testing.assert_allclose(losses["descent"], sides.descent.loss[0])
    np.testing.assert_allclose(losses["mean_loss"], sides.mutation.loss.mean("trajectory"), rtol=1e-6)


def test_one_failure_stops_nothing_and_is_told(
    toys: Toys, everything: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toys.fails = ValueError("the middle one is broken")
    assert everything() == 1
    out, error = capsys.readouterr()
    assert toys.computed == ["third", "first"]
    assert "figure 1 of 3, third" in out and "about" in out and "3 figures in" in out
    assert error == "failed: second: ValueError: the middle one is broken\n"
    assert "the middle one is broken" in Page(tmp_path / "results" / "smoke" / "report.html").text
    toys.fails = None
    assert everything() == 0
    assert toys.computed == ["third", "first", "second"]
    assert "broken" not in Page(tmp_path / "results" / "smoke" / "report.html").text


def test_a_report_is_not_replaced_where_every_figure_fails(
    everything: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert everything() == 0
    report = tmp_path / "results" / "smoke" / "report.html"
    before = report.read_bytes()
    assert everything("--seed", "3") == 1
    assert "no report is written" in capsys.readouterr().err
    assert report.read_bytes() == before


def test_a_damaged_part_names_the_command_with_preset_and_output(
    everything: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert everything() == 0
    (tmp_path / "results" / "smoke" / "second" / "part.nc").write_bytes(b"not netCDF")
    assert everything() == 1
    assert f"`corr run second --preset smoke --output {tmp_path / 'results'}` again" in capsys.readouterr().err


def test_a_bug_in_one_figure_stops_nothing_and_leaves_its_trace(
    toys: Toys, everything: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    toys.fails = RuntimeError("a bug")
    assert everything() == 1
    error = capsys.readouterr().err
    assert "Traceback" in error and "failed: second: RuntimeError: a bug" in error


def test_interrupted_it_says_what_is_done_and_goes_on(
    toys: Toys, everything: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    toys.fails = KeyboardInterrupt()
    assert everything() == 130
    out, error = capsys.readouterr()
    assert "1 of 3 figures are done" in out
    assert "run the same command again to go on" in error
    toys.fails = None
    assert everything() == 0
    assert toys.computed == ["third", "second", "first"]


def test_the_report_stands_alone(everything: Callable[..., int], tmp_path: Path) -> None:
    assert everything("--seed", "3") == 0
    file = tmp_path / "results" / "smoke" / "report.html"
    page, source = Page(file), file.read_text(encoding="utf-8")
    assert "://" not in source and "url(" not in source and "<script" not in source and "<link" not in source
    assert all(value.startswith("data:image/png;base64,") for value in page.attributes["src"])
    assert len(page.attributes["src"]) == len(page.attributes["alt"]) == 6, "thumbnails and pictures"
    assert page.attributes["href"] == ["#first", "#second", "#third"]
    assert page.attributes["id"] == ["first", "second", "third"]
    assert "width=device-width, initial-scale=1" in page.attributes["content"]
    assert "toy <first> & co" in page.text and "& more" in page.text
    for fact in ("seed3", "commit", "jax 0", "computing time", "Cost: first"):
        assert fact in page.text
    tables = source.count("<table>")
    assert tables > 0 and source.count('<div class="scroll ') == tables


@pytest.mark.parametrize(("value", "inside", "word"), [(0.1, 1, "consistent"), (5.0, 0, "differs")])
def test_agreement_is_computed(
    value: float, inside: int, word: str, everything: Callable[..., int], tmp_path: Path
) -> None:
    assert everything() == 0
    part = tmp_path / "results" / "smoke" / "first" / "part.nc"
    xarray.load_dataset(part, engine="h5netcdf").assign(v=value).to_netcdf(part, engine="h5netcdf")
    assert everything() == 0
    text = Page(tmp_path / "results" / "smoke" / "report.html").text
    assert f"{word} {inside} of 1 numbers with a prediction lie within k standard errors" in text


def test_numbers_are_checked_against_those_of_another_seed(
    toys: Toys, everything: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert everything("--check") == 2
    assert "--update-expected" in capsys.readouterr().err
    assert everything("--seed", "1", "--start-seed", "0", "--update-expected", output="other") == 0
    file = tmp_path / "expected" / "smoke.json"
    saved = json.loads(file.read_text())
    assert (saved["seed"], saved["start_seed"], len(saved["figures"])) == (1, 0, 3)
    assert everything("--check") == 0
    assert "3 numbers compared, 0 refused" in capsys.readouterr().out
    assert everything("--check", names=("first",)) == 0
    assert "1 numbers compared, 0 refused; 0 have no expected number yet, 0 expected ones" in capsys.readouterr().out
    file.write_text(json.dumps({**saved, "figures": {"first": saved["figures"]["first"]}}))
    assert everything("--check", names=("third",)) == 2
    assert "nothing is expected of third at preset smoke" in capsys.readouterr().err
    file.write_text(json.dumps(saved))
    assert everything("--seed", "1", "--start-seed", "0", "--check", output="elsewhere") == 2
    assert "other random numbers" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()
    saved["figures"]["first"]["part: v"]["value"] += 10
    file.write_text(json.dumps(saved))
    assert everything("--check") == 1
    assert "3 numbers compared, 1 refused" in capsys.readouterr().out
    toys.fails = ValueError("broken")
    shutil.rmtree(tmp_path / "results" / "smoke" / "second")
    assert everything("--check") == 1
    assert "2 numbers compared, 1 refused; 0 have no expected number yet, 1 expected ones" in capsys.readouterr().out


def test_an_update_shows_what_changed_and_needs_every_figure(
    toys: Toys, everything: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toys.fails = ValueError("broken")
    assert everything("--update-expected") == 1
    assert "left as they are: second failed" in capsys.readouterr().err
    assert not (tmp_path / "expected").exists()
    toys.fails = None
    assert everything("--update-expected") == 0
    assert "3 of 3 numbers changed" in capsys.readouterr().out
    assert everything("--update-expected") == 0
    assert "0 of 3 numbers changed" in capsys.readouterr().out
    assert everything("--seed", "1", "--start-seed", "0", "--update-expected", output="other") == 0
    assert "3 of 3 numbers changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["paper", "nothing"], "unknown experiment 'nothing'"),
        (["all", "--sigma", "0.1"], "leave --sigma out"),
        (["all", "--fresh"], "choose another --output"),
        (["first", "second", "--fresh"], "choose another --output"),
        (["all", "--check", "--update-expected"], "give only one of them"),
        (["all", "--preset", "smok"], "did you mean 'smoke'?"),
    ],
)
def test_bad_input(args: list[str], message: str, toys: Toys, capsys: pytest.CaptureFixture[str]) -> None:
    preset = [] if "--preset" in args else ["--preset", "smoke"]
    assert cli.main(["reproduce", *args, *preset]) == 2
    assert message in capsys.readouterr().err
    assert toys.computed == []
