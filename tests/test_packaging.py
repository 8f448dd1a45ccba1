"""What the project promises about itself: wheel, imports, documentation, nothing that belongs to one machine."""

import ast
import graphlib
import importlib
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

import corr
from experiments import cli

ROOT = Path(__file__).parent.parent
PACKAGES = ("corr", "theory", "experiments", "paper_figs")
FORBIDDEN = {
    "theory": {"corr", "experiments", "paper_figs"},
    "corr": {"theory", "experiments", "paper_figs"},
    "paper_figs": {"theory", "experiments"},
}
INDEX_ADDRESS = "-" + "-index-url|-" + "-extra-index-url|-" + "-find-links"


def imports(file: Path) -> set[str]:
    """Top-level names of all absolute imports in a file, wherever they stand."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", FORBIDDEN)
def test_imports_go_one_way(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        assert not imports(file) & FORBIDDEN[package], file


def modules() -> dict[str, Path]:
    """Every file by the name it is imported by."""
    found = {}
    for file in (file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported(name: str, file: Path, known: Collection[str]) -> set[str]:
    """The project's files that this one imports when it is loaded."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = (f"{base}.{alias.name}" for alias in node.names)
            found |= {one if one in known else base for one in names}
    return (found & {*known}) - {name}


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Files from which imports lead back to them, one after the other; empty where there are none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_imports_go_round_in_a_circle() -> None:
    known = modules()
    graph = {name: imported(name, file, known) for name, file in known.items()}
    assert len(graph) > 200 and graph["corr.difference._body"] >= {"corr.difference._propagate"}
    assert circle(graph) == []
    assert circle({**graph, "corr.difference._propagate": {"corr.difference._loops"}}) != []


def test_theory_imports_jax_and_numpy_only() -> None:
    for file in (ROOT / "theory").rglob("*.py"):
        outside = {name for name in imports(file) if name not in sys.stdlib_module_names}
        assert outside <= {"jax", "numpy"}, file


def test_the_guard_sees_a_wrong_import(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text("def f():\n    from theory import level1\n")
    assert imports(file) & FORBIDDEN["corr"]


@pytest.mark.parametrize("package", ["corr", "corr.inference", "corr.networks", "corr.losses", "corr.data", "theory"])
def test_public_names_are_documented_with_an_example(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        thing = getattr(module, name)
        assert thing.__doc__, name
        if callable(thing) and not isinstance(thing, type):
            assert "Example:" in thing.__doc__, f"{package}.{name}"
            assert ">>>" in thing.__doc__, f"{package}.{name}"


@pytest.mark.parametrize(
    "module", ["corrected", "density", "level0", "level1", "level2", "level3", "proposals", "spectrum", "validity"]
)
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


def test_wheel_lists_exactly_the_packages(tmp_path: Path) -> None:
    wheels = pytest.importorskip("hatchling.builders.wheel")
    wheel = next(wheels.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == set(PACKAGES)
    assert {"paper_figs/corr.mplstyle", "corr/py.typed", "theory/py.typed"} <= {*zipfile.ZipFile(wheel).namelist()}


def test_source_distribution_can_be_built_tested_and_cited(tmp_path: Path) -> None:
    sdists = pytest.importorskip("hatchling.builders.sdist")
    archive = next(sdists.SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {"Makefile", "constraints.txt", "CITATION.cff", "tests/conftest.py", "README.md", "pyproject.toml"} <= names


def test_the_version_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"corr {corr.__version__}\n"
    assert f"\nversion: {corr.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_runs_beside_folders_of_the_same_names(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").write_text("raise RuntimeError('the wrong package')\n")
    (tmp_path / "theory.py").write_text("raise RuntimeError('the wrong module')\n")
    script = Path(sys.executable).parent / "corr"
    done = subprocess.run([script, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "reproduce" in done.stdout


def test_no_index_addresses_in_committed_files() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    files = listed.stdout.split() or [str(f.relative_to(ROOT)) for f in ROOT.glob("*.*")]
    for name in files:
        text = (ROOT / name).read_text(encoding="utf-8", errors="ignore") if (ROOT / name).is_file() else ""
        assert not re.search(INDEX_ADDRESS, text), name
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.\-]+==[A-Za-z0-9_.+!\-]+", line), line
