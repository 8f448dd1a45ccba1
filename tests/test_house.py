"""`import corr` gives everything, loads what is used, holds each module once; the command line speaks before JAX."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import corr
from corr import _house

ROOT = Path(__file__).parent.parent
HEAVY = ("jax", "numpy", "theory", "experiments", "paper_figs")


def python(code: str, folder: Path = ROOT, *args: str, **environment: str) -> str:
    """Run code in a process of its own that finds the checkout's packages; returns what it prints."""
    found = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        [sys.executable, "-c", code, *args], cwd=folder, env=found, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_corr_loads_nothing_else() -> None:
    code = (
        "import corr, sys; print(sorted({name.partition('.')[0] for name in sys.modules} & {*sys.argv[1:]}), dir(corr))"
    )
    said = python(code, ROOT, *HEAVY)
    assert said.startswith("[] ")
    assert all(f"'{name}'" in said for name in (*corr.__all__, *_house.ROOMS))


def test_every_second_name_gives_the_same_module() -> None:
    python(
        "import sys, corr\n"
        "from corr.experiments.paper.shallow import fig1\n"
        "import corr.theory.level0 as first\n"
        "import corr.figures.fig1\n"
        "import experiments.paper.shallow, theory.level0, paper_figs.fig1\n"
        "assert fig1 is experiments.paper.shallow.fig1 and first is theory.level0\n"
        "assert corr.theory is theory and corr.experiments is experiments and corr.figures is paper_figs\n"
        "assert corr.figures.fig1 is paper_figs.fig1 is sys.modules['corr.figures.fig1']\n"
        "assert theory.level0.__name__ == theory.level0.__spec__.name == 'theory.level0'\n"
        "from corr.experiments.running import machine\n"
        "assert machine is sys.modules['experiments.running.machine']\n"
        "files = [one.__file__ for one in {*sys.modules.values()} if getattr(one, '__file__', None)]\n"
        "ours = [file for file in files if file.startswith(sys.path[0] or sys.argv[1])]\n"
        "assert len(ours) == len(set(ours)) > 20, 'a file was loaded twice'\n",
        ROOT,
        str(ROOT),
    )


def test_a_module_that_is_not_there_is_named_as_asked() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'corr\.theory\.nothing'"):
        __import__("corr.theory.nothing")
    with pytest.raises(AttributeError, match="module 'corr' has no attribute 'nothing'"):
        corr.nothing  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(("foreign", "asked"), [("experiments", "experiments"), ("theory", "experiments")])
def test_a_foreign_folder_that_hides_ours_is_named(foreign: str, asked: str, tmp_path: Path) -> None:
    (tmp_path / foreign).mkdir()
    (tmp_path / foreign / "__init__.py").write_text("")
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "import corr\n"
        "try: getattr(corr, sys.argv[1])\n"
        "except ImportError as error: print(error)\n"
        "corr.figures\n"
    )
    for before in ("", f"import {foreign}\n"):
        said = python(before + code, tmp_path, asked)
        assert f"corr.{asked} is hidden: Python imports {tmp_path / foreign} as `{foreign}`, expected {ROOT}" in said
        assert "rename yours or start Python from another folder" in said


def test_names_are_told_to_type_checkers_as_they_are_loaded() -> None:
    """The table that is loaded from, the imports that type checkers read, and the public names are one list."""
    body = ast.parse(Path(corr.__file__).read_text(encoding="utf-8")).body
    block = next(node for node in body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    read = {alias.name: node.module for node in imports for alias in node.names}
    folders = {name for name, module in read.items() if module is None}
    assert {name: module for name, module in read.items() if module} == corr.FOUND
    assert folders == {*corr.FOLDERS} - {*_house.ROOMS}
    assert {*corr.__all__} == {*read, "__version__"}
    assert all(hasattr(corr, name) for name in corr.__all__)


def test_the_function_is_not_hidden_by_the_folder_of_its_name() -> None:
    python(
        "import corr.difference._promote, sys\n"
        "from corr import difference\n"
        "from corr import *\n"
        "assert difference is corr.difference and callable(corr.difference) and compare and inference\n"
        "import importlib; importlib.reload(corr)\n"
        "assert callable(corr.difference) and sum('_Rooms' in repr(one) for one in sys.meta_path) == 1\n"
    )


RUN = (
    "import sys\n"
    "from corr.experiments.cli import main\n"
    "try: code = main(sys.argv[1:])\n"
    "except SystemExit as stop: code = stop.code\n"
    "print('jax' in sys.modules, code)\n"
)


@pytest.mark.parametrize("command", ["--help", "--version", "run --help"])
def test_help_comes_before_jax(command: str) -> None:
    assert python(RUN, ROOT, *command.split()).endswith("False 0\n")


def test_the_second_list_comes_before_jax(tmp_path: Path) -> None:
    timed = "from corr.experiments.running import cost; cost._timed = lambda: cost.Speed(1e-5, 1e-5, 9.0, 'now')\n"
    first = python(timed + RUN, ROOT, "list", XDG_CACHE_HOME=str(tmp_path))
    second = python(RUN, ROOT, "list", XDG_CACHE_HOME=str(tmp_path))
    assert first.endswith("True 0\n") and second.endswith("False 0\n")
    assert first.rpartition("True")[0] == second.rpartition("False")[0]


def test_the_second_name_runs_as_a_script() -> None:
    command = [sys.executable, "-m", "corr.experiments.cli", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == f"corr {corr.__version__}\n", done.stderr
