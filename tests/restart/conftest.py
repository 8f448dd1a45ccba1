"""Starting the worker and reading what it wrote."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

WORKER = Path(__file__).parent / "worker.py"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of compiled programs, shared by all workers of a session."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def start(tmp_path: Path, compiled: Path) -> Callable[..., Any]:
    """``start(name, **options)`` starts a worker that writes ``name``.npz."""

    def begin(name: str = "out", **options: Any) -> subprocess.Popen[str]:
        flags = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        command = [sys.executable, str(WORKER), f"--out={tmp_path / name}.npz", f"--cache={compiled}", *flags]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    return begin


@pytest.fixture
def whole(start: Callable[..., Any], tmp_path: Path) -> Callable[..., dict[str, np.ndarray]]:
    """``whole(name, **options)`` runs a worker to its end and returns the arrays it wrote."""

    def finish(name: str = "out", **options: Any) -> dict[str, np.ndarray]:
        worker = start(name, **options)
        said, _ = worker.communicate(timeout=300)
        assert worker.returncode == 0, said
        return dict(np.load(tmp_path / f"{name}.npz"))

    return finish


@pytest.fixture
def same() -> Callable[..., None]:
    """``same(got, expected)`` asserts that every array is equal to the last bit."""

    def compare(got: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
        assert got.keys() == expected.keys()
        for name, array in expected.items():
            np.testing.assert_array_equal(got[name], array, err_msg=name)

    return compare
