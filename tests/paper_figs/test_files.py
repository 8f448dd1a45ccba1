"""What a journal asks of the files: width, font sizes, font type, nothing overlapping; and the errors."""

import re
import shutil
import zlib
from pathlib import Path
from typing import Any

import matplotlib.style
import pytest
import xarray
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from corr import ResultError
from paper_figs import _style, bias, fig1, fig2, fig3, fig4, fig5, fig6, figs1, figs2, figs3

NAMES = (
    *("fig1a", "fig1b", "fig1c", "fig2a", "fig2b", "fig3a", "fig3b", "fig4a", "fig4b", "fig5a", "fig5b"),
    *("fig6a", "fig6b", "fig6c", "figs1a", "figs1b", "figs1c", "figs2", "figs3a", "figs3b", "figs4a", "figs4b"),
    *("bias", "architectures", "drift", "drift_one_coordinate"),
)
WITH_INSET = "fig6b"
SMALLEST = 6.0  # pt
WIDTH_CM = 8.6


def pdf_fonts(file: Path) -> list[float]:
    """Font sizes that a PDF uses, in pt, sub- and superscripts included."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", file.read_bytes(), re.DOTALL)
    sizes = []
    for stream in streams:
        try:
            content = zlib.decompress(stream)
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


def test_every_figure_is_written_three_times(every: Any) -> None:
    assert sorted(f.name for f in every.files) == sorted(f"{n}.{e}" for n in NAMES for e in ("pdf", "png", "json"))
    assert all(file.stat().st_size > 500 for file in every.files)


@pytest.mark.parametrize("name", NAMES)
def test_one_column_wide_with_legible_editable_text(every: Any, name: str) -> None:
    pdf = next(file for file in every.files if file.name == f"{name}.pdf")
    width = float(re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", pdf.read_bytes())[1])  # type: ignore[index]
    assert width / 72 * 2.54 == pytest.approx(WIDTH_CM, abs=0.01)
    assert len(pdf_fonts(pdf)) > 5 and min(pdf_fonts(pdf)) >= SMALLEST
    assert b"/Subtype /Type0" in pdf.read_bytes() and b"/Type3" not in pdf.read_bytes()
    assert imread(pdf.with_suffix(".png")).shape[1] == int(_style.WIDTH * 300)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_overlaps(every: Any, name: str) -> None:
    """The labels of an inset lie on the axes around it."""
    with matplotlib.style.context(_style.STYLE):
        found = collisions(every.figures[name])
    assert [text for text in found if not (name == WITH_INSET and text.endswith("on an axes"))] == []


def test_the_checks_see_bad_figures(tmp_path: Path) -> None:
    """Small sub-scripts and a label on the axes are found."""
    with matplotlib.style.context(_style.STYLE):
        figure = Figure()
        axis = figure.subplots()
        axis.set_xlabel("$x_i$", fontsize=7)
        figure.text(0.5, 0.5, "in the way")
        _style.save(figure, tmp_path, "bad", {})
        assert min(pdf_fonts(tmp_path / "bad.pdf")) < SMALLEST
        assert collisions(figure) == ["'in the way' on an axes"]


def test_the_same_results_give_the_same_bytes(drawn: Any, runs: list[Path], tmp_path: Path) -> None:
    first = {file.name: file.read_bytes() for file in drawn.files}
    again = fig2.draw(runs, tmp_path)
    assert len(again) == 6
    assert [file.name for file in again if file.read_bytes() != first[file.name]] == []


@pytest.mark.parametrize("module", [fig1, fig2, bias, fig3, fig4, fig5, fig6, figs1, figs2, figs3])
@pytest.mark.parametrize("damage", ["missing", "unfinished", "truncated", "no twin", "lacks a variable"])
def test_missing_or_damaged_results_name_the_command(
    tmp_path: Path, runs: list[Path], module: Any, damage: str
) -> None:
    folder = tmp_path / "run"
    if damage != "missing":
        shutil.copytree(runs[0], folder)
    if damage == "unfinished":
        (folder / "manifest.json").unlink()
    elif damage == "truncated":
        whole = (folder / "mutation.nc").read_bytes()
        (folder / "mutation.nc").write_bytes(whole[: len(whole) // 2])
    elif damage == "no twin":
        (folder / "twin.nc").unlink()
    elif damage == "lacks a variable":
        data = xarray.load_dataset(folder / "descent.nc", engine="h5netcdf").drop_vars("loss")
        data.to_netcdf(folder / "mutation.nc", engine="h5netcdf")
    with pytest.raises(ResultError, match="corr run"):
        module.draw([folder], tmp_path / "figures")
    assert not (tmp_path / "figures").exists()
