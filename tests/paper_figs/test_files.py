"""What a journal asks of the files: width, font sizes, font type, nothing overlapping; in the whole catalogue."""

import re
import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib.style
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text
from PIL import Image

import corr.figures as paper_figs
from corr.experiments.catalogue import CATALOGUE
from corr.figures.parts.named import module_named
from corr.figures.parts.read import ExperimentResult
from corr.figures.parts.style import STYLE, WIDTH, save
from corr.results import Results

from .conftest import COARSE

DECLARED = {name: list(import_module(module_named(name) or f"no figure of {name}").MAKERS) for name in CATALOGUE}
NAMES = [figure for figures in DECLARED.values() for figure in figures]
ON_AXES = {"fig6b", "regimes"}  # the labels of an inset; the numbers and the table of a map
SMALLEST = 6.0  # pt
WIDTH_CM = 8.6


def pdf_fonts(file: Path) -> list[float]:
    """Font sizes that a PDF uses, in pt, sub- and superscripts included."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", file.read_bytes(), re.DOTALL)
    sizes = []
    for stream in streams:
        try:
            content = zlib.decompressobj().decompress(stream)  # whose last byte may be a line's end as well
        except zlib.error:
            continue
        sizes += [float(size) for size in re.findall(rb"/F\d+ ([\d.]+) Tf", content)]
    return sizes


def drawn_texts(figure: Figure) -> list[Text]:
    """The texts of a saved figure that reach the page (tick labels beyond the view exist but are not drawn)."""
    texts: list[Text] = []
    draw = Text.draw

    def record(self: Text, *args: Any, **options: Any) -> None:
        texts.append(self)
        draw(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", record)
        figure.draw_without_rendering()
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def collisions(figure: Figure) -> list[str]:
    """Texts that leave the figure, lie on one another or on an axes."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in drawn_texts(figure)]
    found = []
    for k, (text, box) in enumerate(boxes):
        if box.x0 < 0 or box.y0 < 0 or box.x1 > figure.bbox.x1 or box.y1 > figure.bbox.y1:
            found.append(f"{text!r} leaves the figure")
        found += [f"{text!r} on {other!r}" for other, there in boxes[k + 1 :] if box.overlaps(there)]
        found += [f"{text!r} on an axes" for axes in figure.axes if axes.bbox.overlaps(box)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOGUE)
def test_what_a_module_declares_is_written_three_times(every: Any, name: str) -> None:
    files = every.files[name]
    assert sorted(f.name for f in files) == sorted(f"{n}.{e}" for n in DECLARED[name] for e in ("pdf", "png", "json"))
    assert all(file.stat().st_size > 500 for file in files)
    settings = [every.numbers(figure) for figure in DECLARED[name]]
    assert all("configuration" in one or all("configuration" in curve for curve in one["curves"]) for one in settings)


@pytest.mark.slow
def test_no_figure_is_written_over_another(every: Any) -> None:
    assert len({file for file in every.every}) == 3 * len(NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_one_column_wide_with_legible_editable_text(every: Any, drawn: Any, name: str) -> None:
    dpi = 300 if name in drawn.figures else COARSE
    pdf = next(file for file in every.every if file.name == f"{name}.pdf")
    width = float(re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", pdf.read_bytes())[1])  # type: ignore[index]
    assert width / 72 * 2.54 == pytest.approx(WIDTH_CM, abs=0.01)
    assert len(pdf_fonts(pdf)) > 5 and min(pdf_fonts(pdf)) >= SMALLEST
    assert b"/Subtype /Type0" in pdf.read_bytes() and b"/Type3" not in pdf.read_bytes()
    assert imread(pdf.with_suffix(".png")).shape[1] == int(WIDTH * dpi)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_text_overlaps(every: Any, name: str) -> None:
    with matplotlib.style.context(STYLE):
        found = collisions(every.figures[name])
    assert [text for text in found if not (name in ON_AXES and text.endswith("on an axes"))] == []


@pytest.mark.parametrize("name", ["fig2", "figs2", "bias"])
def test_no_text_overlaps_with_two_step_ratios(runs: list[Path], name: str) -> None:
    """Presets differ in how many there are, and legends with them."""
    found = ExperimentResult(name, [Results(run) for run in runs[1:]])
    with matplotlib.style.context(STYLE):
        for make in import_module(str(module_named(name))).MAKERS.values():
            assert collisions(make(found)[0]) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOGUE)
def test_every_picture_says_what_it_shows(every: Any, name: str) -> None:
    """In the file, where the report reads it; the pictures of one figure say different things."""
    said = []
    for file in (file for file in every.files[name] if file.suffix == ".png"):
        with Image.open(file) as picture:
            said.append(picture.info.get("Description", ""))
    assert all(said) and len(set(said)) == len(said) == len(DECLARED[name])


def test_the_checks_see_bad_figures(tmp_path: Path) -> None:
    """Small sub-scripts and a label on the axes are found."""
    with matplotlib.style.context(STYLE):
        figure = Figure()
        axis = figure.subplots()
        axis.set_xlabel("$x_i$", fontsize=7)
        figure.text(0.5, 0.5, "in the way")
        save(figure, tmp_path, "bad", {}, "")
        assert min(pdf_fonts(tmp_path / "bad.pdf")) < SMALLEST
        assert collisions(figure) == ["'in the way' on an axes"]


def test_the_same_results_give_the_same_bytes(drawn: Any, runs: list[Path], tmp_path: Path) -> None:
    first = {file.name: file.read_bytes() for file in drawn.every}
    again = paper_figs.draw("fig2", [Results(run) for run in runs], tmp_path)
    assert len(again) == 6
    assert [file.name for file in again if file.read_bytes() != first[file.name]] == []
