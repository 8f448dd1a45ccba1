"""What every test runs under: the command line's vector width, two devices, no rank promotion, strict dtypes."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import jax
import pytest

from corr.experiments.running.machine import TESTED_JAXLIB, VECTOR_FLAG

# A worker of pytest-xdist keeps to a processor of its own: threads of two that share both wait for each other.
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
if WORKER and hasattr(os, "sched_setaffinity"):
    THERE = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {THERE[int(WORKER.removeprefix("gw")) % len(THERE)]})

if version("jaxlib").startswith(TESTED_JAXLIB):  # a flag that another does not know ends the process
    FLAGS = f"{os.environ.get('XLA_FLAGS', '')} {VECTOR_FLAG}".strip()
    if "backend_optimization_level=1" in FLAGS:  # `make test`, which wants quick compilation: this halves it
        FLAGS += " --xla_cpu_use_fusion_emitters=false"
    os.environ["XLA_FLAGS"] = FLAGS

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


# Folders whose tests share what costs half a minute to make: they run in one worker, all else file by file.
TOGETHER = ("tests/experiments/", "tests/paper_figs/")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """For ``--dist loadfile``."""
    from xdist.scheduler import LoadFileScheduling

    class Rooms(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return next((folder for folder in TOGETHER if file.startswith(folder)), file)

    return Rooms(config, log) if config.option.dist == "loadfile" else None


def pytest_unconfigure() -> None:
    if MADE_HERE:
        shutil.rmtree(COMPILED, ignore_errors=True)
