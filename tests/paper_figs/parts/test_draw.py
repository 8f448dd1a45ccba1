"""The driver: figures are found by name, nothing half-made is written, and what is wrong with results is said."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import xarray

import corr.figures as paper_figs
from corr.experiments.catalogue import CATALOGUE
from corr.experiments.declaring.experiment import Experiment
from corr.figures.parts.draw import makers_of
from corr.figures.parts.named import module_named
from corr.results import DAMAGED, MISSING, UNFINISHED, ResultError, Results

from ..written_studies import write_study

EXPERIMENTS = [name for name, entry in CATALOGUE.items() if isinstance(entry, Experiment)]
DAMAGES = {"missing": MISSING, "unfinished": UNFINISHED, "truncated": DAMAGED, "no twin": DAMAGED,
           "lacks a variable": DAMAGED}  # fmt: skip


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_missing_or_damaged_results_are_said(tmp_path: Path, runs: list[Path], name: str, damage: str) -> None:
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
    with pytest.raises(ResultError, match=r"run") as caught:
        paper_figs.draw(name, [Results(folder)], tmp_path / "figures")
    assert caught.value.kind == DAMAGES[damage] and "EXPERIMENT" not in str(caught.value)
    assert caught.value.folder == folder
    assert not (tmp_path / "figures").exists()


def test_a_damaged_study_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    folder = write_study("density", tmp_path / "density")
    data = xarray.load_dataset(folder / "double well 4 against sigma.nc", engine="h5netcdf").drop_vars("wasserstein")
    data.to_netcdf(folder / "double well 4 against sigma.nc", engine="h5netcdf")
    with pytest.raises(ResultError, match="lack") as caught:
        paper_figs.draw("density", [Results(folder)], tmp_path / "figures")
    assert caught.value.kind == DAMAGED
    assert not (tmp_path / "figures").exists()  # though the other figure of the study could be drawn


def test_numbers_that_were_never_saved_are_asked_for(tmp_path: Path, runs: list[Path]) -> None:
    folder = tmp_path / "run"
    shutil.copytree(runs[0], folder, ignore=shutil.ignore_patterns("numbers-*"))
    with pytest.raises(ResultError, match=r"numbers-fig4\.json.*`corr reproduce fig4`"):
        paper_figs.draw("fig4", [Results(folder)], tmp_path / "figures")


def test_a_study_without_a_figure_is_refused(tmp_path: Path) -> None:
    folder = write_study("regimes", tmp_path / "regimes")
    with pytest.raises(ValueError, match="study another has no figure"):
        paper_figs.draw("another", [Results(folder)], tmp_path / "figures")


def test_figures_are_found_by_name() -> None:
    assert all(module_named(name) for name in CATALOGUE)
    # Neither a module that draws something else, nor a folder, nor a name that is none.
    for name in (
        "generic",
        "equivalence",
        "validity",
        "bench",
        "parts",
        "studies",
        "fig7",
        "my.fig1",
        "lambda-0.1",
        "",
    ):
        assert not module_named(name), name


def test_runs_of_ones_own_are_never_called_the_papers(runs: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "fig1"
    shutil.copytree(runs[0], folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["configuration"]["preset"] = "none"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "fig1a" in makers_of("fig1", Results(runs[0]))
    assert "fig1-weights" in makers_of("fig1", Results(folder))


def test_each_file_is_read_once_for_several_figures(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    load = xarray.load_dataset
    monkeypatch.setattr(xarray, "load_dataset", lambda file, **options: read.append(file) or load(file, **options))
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda *args, **options: None)
    results = [Results(runs[0])]
    for name in ("fig3", "fig5", "mine"):
        paper_figs.draw(name, results, tmp_path)
    assert sorted(file.stem for file in read) == ["descent", "means", "mutation", "twin"]


def test_the_package_is_imported_without_matplotlib() -> None:
    program = (
        "import sys, paper_figs; from paper_figs.parts.named import module_named; assert module_named('bias');"
        "assert 'matplotlib' not in sys.modules and 'jax' not in sys.modules;"
        "assert set(paper_figs.__all__) == set(paper_figs.PLACES)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
