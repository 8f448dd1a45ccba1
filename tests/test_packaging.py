"""What the project promises about itself: documentation, one version, nothing that belongs to one machine."""

import importlib
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

import corr
import theory
from experiments import cli

ROOT = Path(__file__).parent.parent
INDEX_ADDRESS = "-" + "-index-url|-" + "-extra-index-url|-" + "-find-links"


@pytest.mark.parametrize("package", ["corr", "corr.inference", "corr.networks", "corr.losses", "corr.data", "theory"])
def test_public_names_are_documented_with_an_example(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        thing = getattr(module, name)
        assert thing.__doc__, name
        if callable(thing) and not isinstance(thing, type):
            assert "Example:" in thing.__doc__, f"{package}.{name}"
            assert ">>>" in thing.__doc__, f"{package}.{name}"


def test_every_prediction_can_be_reached() -> None:
    files = {file.stem for file in (ROOT / "theory").glob("[!_]*.py")}
    assert set(theory.__all__) == files and all(hasattr(theory, name) for name in files)


@pytest.mark.parametrize("module", theory.__all__)
def test_predictions_are_documented_with_an_example(module: str) -> None:
    loaded = importlib.import_module(f"theory.{module}")
    for name, thing in vars(loaded).items():
        if (
            callable(thing)
            and not isinstance(thing, type)
            and not name.startswith("_")
            and thing.__module__ == loaded.__name__
        ):
            assert ">>>" in (thing.__doc__ or ""), f"theory.{module}.{name}"


def test_source_distribution_can_be_built_tested_and_cited(tmp_path: Path) -> None:
    sdists = pytest.importorskip("hatchling.builders.sdist")
    wheels = pytest.importorskip("hatchling.builders.wheel")
    archive = next(sdists.SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    (source,) = tmp_path.glob("*/")
    for name in ("Makefile", "constraints.txt", "CITATION.cff", "tests/conftest.py", "README.md", "hatch_build.py"):
        assert (source / name).is_file(), name
    one, other = (
        zipfile.ZipFile(next(wheels.WheelBuilder(str(root)).build(directory=str(tmp_path), versions=["standard"])))
        for root in (ROOT, source)
    )
    assert {*one.namelist()} == {*other.namelist()}


def test_the_version_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"corr {corr.__version__}\n"
    assert f"\nversion: {corr.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_no_index_addresses_in_committed_files() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    files = listed.stdout.split() or [str(f.relative_to(ROOT)) for f in ROOT.glob("*.*")]
    for name in files:
        text = (ROOT / name).read_text(encoding="utf-8", errors="ignore") if (ROOT / name).is_file() else ""
        assert not re.search(INDEX_ADDRESS, text), name
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.\-]+==[A-Za-z0-9_.+!\-]+", line), line
