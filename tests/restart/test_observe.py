"""What is observed goes through checkpoints, and only what was observed from the beginning goes on."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr.ensemble._checkpoint import CheckpointError

START = jnp.array([1.0, -0.5, 0.2])
SIDE = corr.langevin(lambda x: jnp.sum((x - 0.1) ** 2), time_step=0.01, moments=corr.paper_moments(beta=50.0))


def look(x: jax.Array) -> dict[str, jax.Array]:
    return {"size": jnp.sum(x**2), "squares": x**2}


def run(folder: Path | None = None, die_at: int = -1, observe: Any = look, **changes: Any) -> xarray.Dataset:
    def check(step: int, params: Any) -> None:
        if step >= die_at >= 0:
            raise KeyError("a process that dies right after a checkpoint")

    settings: dict[str, Any] = {"steps": 40, "record_at": [10, 20], "trajectories": 5, "thin": (20, 2)} | changes
    return corr.run(
        SIDE, START, key=corr.root_key(3), checkpoint=folder, checkpoint_every=0.0, check=check, progress=False,
        check_decisions=False, refresh_every=10, devices=1, observe=observe, **settings,
    )  # fmt: skip


@pytest.mark.parametrize("die_at", [10, pytest.param(20, marks=pytest.mark.slow)])
def test_a_resumed_run_has_the_same_numbers_also_of_before(die_at: int, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        run(tmp_path, die_at)
    whole = run()
    xarray.testing.assert_identical(run(tmp_path), whole)
    assert np.isfinite(whole["size"][:, :3]).all()


@pytest.mark.slow
def test_an_extended_run_has_them_too(tmp_path: Path) -> None:
    run(tmp_path)
    longer = {"steps": 60, "record_at": [10, 20, 40]}
    xarray.testing.assert_identical(run(tmp_path, **longer), run(**longer))


def test_another_observer_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        run(tmp_path / "seen", 10)
    with pytest.raises(KeyError):
        run(tmp_path / "unseen", 10, observe=None)
    for folder, observe, message in (
        ("seen", lambda x: look(2 * x), r"another run \(another program of what is observed\): give another"),
        ("seen", lambda x: {"size": jnp.sum(x**2)}, r"observed\[1\]: saved 'squares', asked 'nothing'"),
        ("seen", None, r"observed: saved \['size', 'squares'\], asked None"),
        ("unseen", look, r"observed: saved None, asked \['size', 'squares'\]"),
    ):
        with pytest.raises(CheckpointError, match=message):
            run(tmp_path / folder, observe=observe)
    again = lambda x: {"size": jnp.sum(x**2), "squares": x**2}  # noqa: E731
    xarray.testing.assert_identical(run(tmp_path / "seen", observe=again), run())
