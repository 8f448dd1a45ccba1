"""The wheel holds `corr` alone, and works beside a user's own folders that bear the names of ours."""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import numpy
import pytest

import corr
from corr._digest import digest
from experiments.catalogue import STUDIES

ROOT = Path(__file__).parent.parent
INSTALLED = Path(numpy.__file__).parent.parent
OURS = ("theory", "experiments", "paper_figs")
TIMED = "from corr.experiments.running import cost; cost._timed = lambda: cost.Speed(1e-5, 1e-5, 9.0, 'now')\n"
RUN = "import sys; from corr.experiments.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's files, as pip would install them."""
    wheels = pytest.importorskip("hatchling.builders.wheel")
    folder = tmp_path_factory.mktemp("wheel")
    file = next(wheels.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    zipfile.ZipFile(file).extractall(folder / "installed")
    return folder / "installed"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A user's folder, with packages that say so when they are imported."""
    for name in OURS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('of the user')\n")
    return tmp_path


def python(wheel: Path, place: Path, code: str, *args: str) -> str:
    """Run code that finds the wheel and what it needs, but (-S) no checkout; returns what it prints."""
    found = {"PYTHONPATH": f"{wheel}{os.pathsep}{INSTALLED}", "XDG_CACHE_HOME": str(place / "cache")}
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import corr; assert corr.__file__.startswith({str(wheel)!r})\n{code}", *args],
        cwd=place,
        env={**os.environ, **found},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_one_package_with_all_its_files(wheel: Path) -> None:
    top = {file.name for file in wheel.iterdir()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"corr"} and len(top) == 2
    for name, folder in (("corr", "corr"), ("theory", "corr/theory"), ("experiments", "corr/experiments")):
        listed = subprocess.run(["git", "ls-files", name], cwd=ROOT, capture_output=True, text=True, check=False)
        for file in listed.stdout.split():
            there = wheel / folder / Path(file).relative_to(name)
            assert there.is_file() or "notebooks" in file, file
    for file in ("figures/corr.mplstyle", "figures/fig1.py", "py.typed", "theory/py.typed", "results/__init__.py"):
        assert (wheel / "corr" / file).is_file()
    assert not (wheel / "corr/figures/gallery").exists()
    assert "corr = corr.experiments.cli:main" in next(wheel.glob("*.dist-info/entry_points.txt")).read_text()


def test_everything_is_reached_beside_folders_of_the_same_names(wheel: Path, place: Path) -> None:
    code = (
        "import sys\n"
        "corr.theory.level0; corr.experiments.Experiment; corr.figures.__path__\n"
        "from corr.experiments import catalogue\n"
        "import corr.experiments.commands.actions, corr.figures.bench\n"
        "from corr.figures import fig1\n"
        "assert {*sys.argv[1:]}.isdisjoint(sys.modules)\n"
        "for name in sys.argv[1:]:\n"
        "    try: __import__(name)\n"
        "    except RuntimeError as error: print(name, error)\n"
    )
    assert python(wheel, place, code, *OURS) == "".join(f"{name} of the user\n" for name in OURS)


def test_commands_work_from_the_wheel(wheel: Path, place: Path) -> None:
    assert python(wheel, place, RUN, "--version") == f"corr {corr.__version__}\n"
    listed = python(wheel, place, TIMED + RUN, "list", "paper")
    assert "\nfig1 " in listed and "\n  group paper: smoke " in listed
    assert python(wheel, place, RUN, "list", "paper") == listed


def test_the_style_is_found_by_its_second_name(wheel: Path, place: Path) -> None:
    pytest.importorskip("matplotlib")
    code = "import matplotlib.style; matplotlib.style.use('corr.figures.corr')"
    python(wheel, place, code)
    done = subprocess.run([sys.executable, "-c", f"import corr; {code}"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_programs_of_studies_are_digested(wheel: Path, place: Path) -> None:
    assert {len(one) for one in digests(wheel, place).values()} == {16}


def test_programs_of_studies_are_those_of_the_checkout(wheel: Path, place: Path) -> None:
    """Results of the one are results of the other."""
    assert digests(wheel, place) == {name: digest(study.parts) for name, study in STUDIES.items()}


def digests(wheel: Path, place: Path) -> dict[str, str]:
    """The digest of each study's program, made by the wheel."""
    code = (
        "from corr._digest import digest\n"
        "from corr.experiments.catalogue import STUDIES\n"
        "for name, study in STUDIES.items(): print(name, digest(study.parts))\n"
    )
    return dict(line.split() for line in python(wheel, place, code).splitlines())


@pytest.mark.slow
def test_a_run_is_made_and_tested_from_the_wheel(wheel: Path, place: Path) -> None:
    assert "results: results/smoke/shallow-lambda-100" in python(wheel, place, RUN, "run", "fig1", "--preset", "smoke")
    assert python(wheel, place, RUN, "test", "fig1", "--preset", "smoke")
    assert "part 1 of" in python(wheel, place, RUN, "run", "density", "--preset", "smoke")
    assert "reused" in python(wheel, place, RUN, "run", "density", "--preset", "smoke")


def test_the_script_runs_beside_folders_of_the_same_names(place: Path) -> None:
    """Of an installation by `pip install -e`, where Python starts in the script's folder."""
    script = Path(sys.executable).parent / "corr"
    done = subprocess.run([script, "--help"], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "reproduce" in done.stdout


def test_an_editable_installation_puts_the_repository_on_the_path(tmp_path: Path) -> None:
    wheels = pytest.importorskip("hatchling.builders.wheel")
    file = next(wheels.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["editable"]))
    with zipfile.ZipFile(file) as opened:
        held = {name: opened.read(name).decode() for name in opened.namelist() if ".dist-info" not in name}
    assert [text.split() for text in held.values()] == [[str(ROOT)]], "one .pth and no copy"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """hatch_build.py."""
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from theory import level0", "from corr.theory import level0"),
        ("from theory.spectrum import (", "from corr.theory.spectrum import ("),
        ("    from experiments.paper import deep", "    from corr.experiments.paper import deep"),
        ("import paper_figs", "import corr.figures as paper_figs"),
        ("import theory.proposals as theory", "import corr.theory.proposals as theory"),
        ("    >>> from theory import level1", "    >>> from corr.theory import level1"),
        ('plt.style.use("paper_figs.corr")', 'plt.style.use("corr.figures.corr")'),
        ('str(files("paper_figs") / "x")', 'str(files("corr.figures") / "x")'),
        ("from theory_of_mind import level0", "from theory_of_mind import level0"),
        ('said["theory"], "from theory", "as theory says"', 'said["theory"], "from theory", "as theory says"'),
        ("from .theory import level0", "from .theory import level0"),
        ("from corr.theory import level0", "from corr.theory import level0"),
    ],
)
def test_imports_are_rewritten(hook: ModuleType, line: str, expected: str) -> None:
    assert hook.rewritten(line) == expected
    assert hook.rewritten(f"x = 1\n{line}\ny = 2\n") == f"x = 1\n{expected}\ny = 2\n"


@pytest.mark.parametrize(
    "line",
    [
        "import os, theory",
        "import theory.level0",
        "x = 1; from theory import level0",
        'importlib.import_module(f"paper_figs.{name}")',
        'importlib.util.find_spec("theory")',
        'PLACES = {"fig1": "paper_figs.fig1"}',
        "'''\n    >>> import theory.level0\n'''",
    ],
)
def test_what_cannot_be_rewritten_is_refused(hook: ModuleType, line: str) -> None:
    with pytest.raises(ValueError, match=r"^made/up\.py: hatch_build\.py cannot put"):
        hook.check(hook.rewritten(line), Path("made/up.py"))
