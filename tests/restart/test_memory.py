"""Memory: what a run takes at its peak depends on what it records, not on its steps; what does not fit is refused."""

import os
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import pytest

import corr
from corr.ensemble import _memory

WORKER = Path(__file__).parent / "memory_worker.py"
# One position (90 float32 numbers) kept for each of 4096 trajectories and 500 further steps would take 737 MB; the peak
# of a process that allocates and frees arrays of 150 MB is itself uncertain by about one such array.
KEPT_POSITIONS, ONE_RECORD = 4096 * 500 * 90 * 4, 150_000_000


def peak(steps: int, compiled: Path) -> int:
    command = [sys.executable, str(WORKER), f"--steps={steps}", f"--cache={compiled}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


@pytest.mark.slow
def test_4096_trajectories_take_the_same_memory_for_twice_the_steps(compiled: Path) -> None:
    few, many = peak(500, compiled), peak(1000, compiled)
    print(f"peak resident memory: {few / 1e9:.3f} GB at 500 steps, {many / 1e9:.3f} GB at 1000")
    assert max(few, many) < 1.5e9
    assert abs(many - few) < ONE_RECORD < KEPT_POSITIONS / 4


def test_a_run_that_does_not_fit_is_refused_with_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_memory, "free_memory", lambda: 600_000_000)
    side = corr.descent(lambda x: jnp.sum(x**2), learning_rate=0.1)
    settings = {"steps": 1000, "key": corr.root_key(0), "record_at": range(1000), "progress": False}
    with pytest.raises(ValueError, match=r"needs about 0\.74 GB .* but 0\.6 GB is free: use fewer trajectories"):
        corr.run(side, jnp.ones(1000), trajectories=200, **settings)
    assert corr.run(side, jnp.ones(10), trajectories=1, **settings).sizes["time"] == 1001


def test_free_memory_is_known_without_the_names_of_one_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unknown(name: str) -> int:
        raise ValueError(f"unrecognized configuration name {name}")

    monkeypatch.setattr(os, "sysconf", unknown, raising=False)
    free = _memory.free_memory()
    assert 0 < free < 2**50
    # The control group leaves less than the machine has.
    monkeypatch.setattr(_memory, "CGROUP_LIMIT", tmp_path / "memory.max")
    (tmp_path / "memory.max").write_text("5000000\n")
    (tmp_path / "memory.current").write_text("2000000\n")
    assert _memory.free_memory() == 3_000_000
