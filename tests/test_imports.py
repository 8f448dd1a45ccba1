"""Imports run one way, as pyproject.toml says: kept today, and a wrong one is caught."""

import ast
import graphlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("corr", "theory", "experiments", "paper_figs")
FORBIDDEN = {
    "theory": {"corr", "experiments", "paper_figs"},
    "corr": {"theory", "experiments", "paper_figs"},
    "paper_figs": {"theory", "experiments"},
}
# Each breaks a contract that nothing else breaks.
WRONG = {
    "experiments/running/task.py": "from ..paper import shallow",
    "experiments/judging/sides.py": "from ..reporting import terminal",
    "experiments/studies/drift.py": "from ..paper import wide",
    "paper_figs/fig1.py": "from theory import level0",
    "corr/_clock.py": "def late():\n    from theory import level0\n",
    "corr/difference/_rules.py": "from .. import dynamics",
    "experiments/hall.py": "",
}


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


def test_theory_imports_jax_and_numpy_only() -> None:
    for file in (ROOT / "theory").rglob("*.py"):
        outside = {name for name in imports(file) if name not in sys.stdlib_module_names}
        assert outside <= {"jax", "numpy"}, file


def test_the_guard_sees_a_wrong_import(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text("def f():\n    from theory import level1\n")
    assert imports(file) & FORBIDDEN["corr"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with their contracts."""
    folder = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "notebooks"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts, of this folder's packages alone."""
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    return subprocess.run(
        command, cwd=house, env={"PYTHONPATH": str(house)}, capture_output=True, text=True, check=False
    )


def test_contracts_are_kept(house: Path) -> None:
    pytest.importorskip("importlinter")
    done = lint(house)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("file", WRONG)
def test_a_wrong_import_is_caught(house: Path, file: str) -> None:
    pytest.importorskip("importlinter")
    place = house / file
    before = place.read_text() if place.exists() else None
    place.write_text(f"{before or ''}\n{WRONG[file]}\n")
    try:
        done = lint(house)
        assert done.returncode == 1, done.stdout
    finally:
        if before is None:
            place.unlink()
        else:
            place.write_text(before)


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Files from which imports lead back to them, one after the other; empty where there are none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_imports_go_round_in_a_circle() -> None:
    """Those inside functions count as well; those for type checkers alone do not, which never run."""
    grimp = pytest.importorskip("grimp")
    found = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    graph = {name: set(found.find_modules_directly_imported_by(name)) for name in found.modules}
    assert len(graph) > 200 and graph["corr.difference._body"] >= {"corr.difference._propagate"}
    assert "experiments.benchmarks.bench" in graph["experiments.commands.line"], "imported inside a function"
    assert circle(graph) == []
    assert circle({**graph, "corr.difference._propagate": {"corr.difference._loops"}}) != []
