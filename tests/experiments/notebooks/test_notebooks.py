"""Every notebook runs at small sizes, shows a figure, opens with a question and ends with an answer; pairs agree."""

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    # Imports of the notebook stack announce coming changes of their own; nothing of ours is executed here.
    warnings.simplefilter("ignore", DeprecationWarning)
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    import jupytext
    import nbformat

REPOSITORY = Path(__file__).parents[3]
NOTEBOOKS = sorted(
    (REPOSITORY / "experiments" / "notebooks").glob("*.py"), key=lambda file: int(file.name.partition("_")[0])
)
# A process of its own without a kernel: no sockets whose late warnings would fail the test that comes next.
RUN = """
import runpy, sys
import matplotlib.pyplot as plt
runpy.run_path(sys.argv[1], run_name="__main__")
print("figures:", len(plt.get_fignums()))
"""


def sources(book: Any) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in book.cells]


def test_they_are_numbered() -> None:
    assert [int(file.name.partition("_")[0]) for file in NOTEBOOKS] == list(range(1, 11))


@pytest.mark.slow
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs_at_small_sizes_and_answers_its_question(file: Path, tmp_path: Path) -> None:
    changed = {"CORR_NOTEBOOKS": "small", "MPLBACKEND": "Agg", "PYTHONPATH": str(REPOSITORY),
               "JAX_COMPILATION_CACHE_DIR": os.environ["CORR_TESTS_COMPILED"]}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(file)],
        cwd=tmp_path,
        env={**os.environ, **changed},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.rsplit("figures:", 1)[1]) >= 1
    cells = [cell for cell in jupytext.read(file).cells if cell.cell_type == "markdown"]
    assert "?" in cells[0].source
    assert cells[-1].source.startswith("## Answer\n")


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_the_executed_notebook_is_the_script_beside_it(file: Path) -> None:
    shown = nbformat.read(file.with_suffix(".ipynb"), as_version=4)
    assert sources(shown) == sources(jupytext.read(file))
    outputs = [output for cell in shown.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.output_type == "error"]
