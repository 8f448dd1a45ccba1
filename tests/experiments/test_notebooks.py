"""Every notebook runs at small sizes, shows a figure, opens with a question and ends with an answer; pairs agree."""

import os
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
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

REPOSITORY = Path(__file__).parents[2]
NOTEBOOKS = sorted((REPOSITORY / "experiments" / "notebooks").glob("*.py"))
ARGV = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]


class ThisPython(KernelSpecManager):
    """The interpreter that runs the tests, whatever kernels the user has registered."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(argv=ARGV, display_name=kernel_name, language="python")


def execute(file: Path, folder: Path) -> Any:
    book = jupytext.read(file)
    manager = AsyncKernelManager(kernel_spec_manager=ThisPython(), transport="ipc", ip=str(folder / "kernel"))
    NotebookClient(book, timeout=300, km=manager, resources={"metadata": {"path": str(folder)}}).execute()
    return book


def sources(book: Any) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in book.cells]


def figures(book: Any) -> int:
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def test_there_are_six() -> None:
    assert [file.name[0] for file in NOTEBOOKS] == list("123456")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq", "ignore::DeprecationWarning:tornado")
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs_at_small_sizes_and_answers_its_question(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("CORR_NOTEBOOKS", "small")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(search))
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", os.environ["CORR_TESTS_COMPILED"])
    # A kernel takes no port and reads no settings of the user.
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    book = execute(file, tmp_path)
    assert figures(book) > 0
    first, last, numbers = book.cells[0], book.cells[-1], book.cells[-2]
    assert first.cell_type == "markdown" and "?" in first.source
    assert last.cell_type == "markdown" and last.source.startswith("## Answer\n")
    assert numbers.outputs and numbers.outputs[0].output_type == "stream"


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_the_executed_notebook_is_the_script_beside_it(file: Path) -> None:
    shown = nbformat.read(file.with_suffix(".ipynb"), as_version=4)
    assert sources(shown) == sources(jupytext.read(file))
    assert figures(shown) > 0
    assert all(cell.execution_count for cell in shown.cells if cell.cell_type == "code")
    assert file.with_suffix(".ipynb").stat().st_size < 400_000
