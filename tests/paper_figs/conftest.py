"""Synthetic results, and every figure of the catalogue drawn from them, with the Figures kept."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from matplotlib.figure import Figure

import corr.figures as paper_figs
from corr.experiments.catalogue import CATALOGUE
from corr.experiments.declaring.experiment import Experiment
from corr.experiments.judging.numbers import quoted_numbers
from corr.figures.parts import draw as driver
from corr.results import Results

from .written_runs import write_run
from .written_studies import write_study

COARSE = 40  # dots per inch of the PNG where 300 have been looked at in other figures
OF_TWO = ("fig3", "fig4", "fig5", "figs1", "figs2", "figs3")


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three runs, λ ascending."""
    base = tmp_path_factory.mktemp("results")
    return [write_run(base / f"lambda-{ratio:g}", ratio, n) for ratio, n in ((1.0, 8), (10.0, 12), (100.0, 12))]


@pytest.fixture
def new_run() -> Callable[..., Path]:
    """Writes one more run."""
    return write_run


class Drawn(NamedTuple):
    """Figures by the entry of the catalogue they belong to: files, and the Figures before they were written."""

    files: dict[str, list[Path]]
    figures: dict[str, Figure]

    @property
    def every(self) -> list[Path]:
        """All files."""
        return [file for files in self.files.values() for file in files]

    def numbers(self, name: str) -> dict[str, Any]:
        """The JSON beside a figure."""
        return json.loads(next(f for f in self.every if f.name == f"{name}.json").read_text(encoding="utf-8"))


def quoted(name: str, results: Sequence[Results]) -> None:
    """Save the numbers that an experiment declares, as its judgement does."""
    entry = CATALOGUE.get(name)
    if isinstance(entry, Experiment):
        quoted_numbers(entry, results)


@pytest.fixture(scope="session")
def drawn(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Figures 1, 2 and the bias of ``runs``."""
    return kept(dict.fromkeys(("fig1", "fig2", "bias"), runs), tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A larger ensemble at finite temperature."""
    changes = {"beta": 1e3, "learning_rate": 1e-4, "points": 250}
    return write_run(tmp_path_factory.mktemp("results") / "large", 20.0, 48, changes=changes)


@pytest.fixture(scope="session")
def more(runs: list[Path], large: Path, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Everything else in the catalogue, of ``runs``, of a larger ensemble and of synthetic studies."""
    base = tmp_path_factory.mktemp("more")
    asked = {**dict.fromkeys(OF_TWO, runs[:2]), "fig6": [runs[0], large]}
    studies = [name for name, entry in CATALOGUE.items() if not isinstance(entry, Experiment)]
    asked |= {name: [write_study(name, base / name)] for name in studies}
    savefig = Figure.savefig

    def coarsely(self: Figure, file: Path, **options: Any) -> None:
        savefig(self, file, **options, **({"dpi": COARSE} if file.suffix == ".png" else {}))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", coarsely)
        return kept(asked, tmp_path_factory.mktemp("figures"))


def kept(asked: dict[str, list[Path]], folder: Path) -> Drawn:
    """Draw, and keep the Figures."""
    figures: dict[str, Figure] = {}
    save = driver.save

    def keep(figure: Figure, folder: Path, name: str, numbers: dict[str, Any], shown: str) -> list[Path]:
        figures[name] = figure
        return save(figure, folder, name, numbers, shown)

    files = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "save", keep)
        for name, folders in asked.items():
            results = [Results(one) for one in folders]
            quoted(name, results)
            files[name] = paper_figs.draw(name, results, folder)
    return Drawn(files, figures)


@pytest.fixture(scope="session")
def every(drawn: Drawn, more: Drawn) -> Drawn:
    """All figures."""
    return Drawn(drawn.files | more.files, drawn.figures | more.figures)
