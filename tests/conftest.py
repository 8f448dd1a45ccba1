"""What every test runs under: the command line's vector width, two devices, no rank promotion, strict dtypes."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version

import jax
import pytest

from experiments._machine import TESTED_JAXLIB, VECTOR_FLAG

if version("jaxlib").startswith(TESTED_JAXLIB):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {VECTOR_FLAG}".strip()

# Set in the first process, inherited by the workers of pytest-xdist: equal programs are compiled once per test run.
MADE_HERE = "CORR_TESTS_COMPILED" not in os.environ
COMPILED = os.environ.setdefault("CORR_TESTS_COMPILED", tempfile.mkdtemp() if MADE_HERE else "")

jax.config.update("jax_compilation_cache_dir", COMPILED)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture
def x64() -> Iterator[None]:
    """Double precision for one test, restored after it."""
    with jax.enable_x64(True):
        yield


# Fixtures that cost half a minute: what uses one of them runs in one worker, all else file by file.
SHARED = {"smoke": "smoke", "drawn": "figures", "more": "figures"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups for ``--dist loadgroup``."""
    for item in items:
        used = [group for name, group in SHARED.items() if name in getattr(item, "fixturenames", ())]
        item.add_marker(pytest.mark.xdist_group(used[0] if used else str(item.path)))


def pytest_unconfigure() -> None:
    if MADE_HERE:
        shutil.rmtree(COMPILED, ignore_errors=True)
