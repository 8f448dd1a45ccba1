"""A finished run asked for a later time goes on from where it ended, with the bits of one long run."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr import _run
from corr._timegrid import TimeGrid
from corr.ensemble import Snapshot
from corr.ensemble._checkpoint import CheckpointError

START = jnp.array([1.0, -0.5, 0.2])


def valley(x: jnp.ndarray) -> jnp.ndarray:
    return jnp.sum((x[1:] - x[:-1] ** 2) ** 2) + 0.1 * jnp.sum(x**4)


WALK = corr.mutation(valley, mutation_std=0.05, beta=50.0)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps from which runs go on, in the order of the runs; 0 for one that begins."""
    steps: list[int] = []
    simulate = _run.simulate

    def noting(*args: Any, resume: Snapshot | None, **options: Any) -> Any:
        steps.append(0 if resume is None else resume.step)
        return simulate(*args, resume=resume, **options)

    monkeypatch.setattr(_run, "simulate", noting)
    return steps


def run(steps: int, folder: Path | None = None, dynamics: corr.Dynamics = WALK, **changes: Any) -> xarray.Dataset:
    settings: dict[str, Any] = {"record_at": range(0, steps, 20), "trajectories": 5} | changes
    return corr.run(
        dynamics, START, steps=steps, key=corr.root_key(3), checkpoint=folder, progress=False, **settings
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes", [{}, {"thin": (20, 2)}, {"refresh_every": 10, "record_at": []}], ids=["all", "thinned", "end alone"]
)
def test_an_extended_run_equals_one_long_run(changes: dict[str, Any], begun: list[int], tmp_path: Path) -> None:
    run(60, tmp_path, **changes)
    xarray.testing.assert_identical(run(120, tmp_path, **changes), run(120, **changes))
    assert begun == [0, 60, 0]


def test_a_finished_run_asked_for_a_shorter_time_gives_its_beginning(begun: list[int], tmp_path: Path) -> None:
    run(60, tmp_path)
    xarray.testing.assert_identical(run(40, tmp_path), run(40))
    assert begun == [0, 60, 0]


def test_a_longer_run_may_keep_fewer_paths_but_not_more(tmp_path: Path) -> None:
    run(60, tmp_path)
    xarray.testing.assert_identical(run(120, tmp_path, keep=2), run(120, keep=2))
    with pytest.raises(CheckpointError, match="holds 2 paths, asked for 5: give a smaller keep"):
        run(140, tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"record_at": [30]}, r"record_at\[1\]: saved 20, asked 30"),
     ({"record_at": [20, 30, 40, 60]}, "refresh_every: saved 20, asked 10"),
     ({"trajectories": 6}, "trajectories: saved 5, asked 6")],
)  # fmt: skip
def test_an_extension_that_would_not_be_one_long_run_is_refused(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    run(60, tmp_path)
    with pytest.raises(CheckpointError, match=message):
        run(120, tmp_path, **changes)


def test_the_spacing_of_rebuilds_is_free_where_nothing_is_rebuilt(tmp_path: Path) -> None:
    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        moved = 0.999 * state.position
        change = valley(moved) - state.loss
        return corr.State(moved, valley(moved)), corr.Info(
            moved - state.position, jnp.bool_(True), change, jnp.bool_(True)
        )

    side = corr.Dynamics(lambda params: corr.State(params, valley(params)), step)
    run(60, tmp_path, side)
    longer = {"record_at": [20, 40, 60, 90]}
    xarray.testing.assert_identical(run(120, tmp_path, side, **longer), run(120, None, side, **longer))


def bent(x: jnp.ndarray) -> jnp.ndarray:
    """A bent valley whose stiffness, and so the twin's step, changes along the way."""
    return 50 * (x[1] - x[0] ** 2) ** 2 + 0.5 * x[0] ** 2


@pytest.mark.parametrize("beta", [np.inf, 50.0])
def test_an_extended_comparison_equals_one_long_one(beta: float, begun: list[int], tmp_path: Path) -> None:
    def compare(end: float, folder: Path | None = None) -> corr.Comparison:
        return corr.compare(
            bent, jnp.ones(2), key=corr.root_key(0), trajectories=4, end_time=end, record_every=0.05,
            learning_rate=1e-3, step_ratio=0.05, beta=beta, thin=(0.05, 2), progress=False, checkpoint=folder,
        )  # fmt: skip

    whole = compare(0.35)
    assert len(np.unique(np.diff(whole.twin.step))) > 2
    begun.clear()
    first = compare(0.15, tmp_path)
    longer = compare(0.35, tmp_path)
    ends = [int(side.step[-1]) for side in (first.descent, first.mutation, first.twin)]
    assert begun == [0, 0, 0, *ends]
    for name, side in longer._asdict().items():
        xarray.testing.assert_identical(side, getattr(whole, name))


def test_the_room_for_intervals_counts_since_programs_of_other_shapes_round_in_other_ways() -> None:
    short, longer, longest = (TimeGrid(np.arange(n + 1), np.full(n, 0.1)) for n in (40, 63, 64))
    assert [grid.upto(5)["room"] for grid in (short, longer, longest)] == [64, 64, 128]
    for grid in (short, longest):
        assert [float(grid.schedule(jnp.int32(n))) for n in (0, 1000)] == [np.float32(0.1)] * 2


def test_a_comparison_on_another_grid_of_times_is_refused(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"key": corr.root_key(0), "trajectories": 2, "end_time": 0.2, "learning_rate": 1e-3,
                                "step_ratio": 2.0, "progress": False, "checkpoint": tmp_path}  # fmt: skip
    corr.compare(valley, START, record_every=0.1, **settings)
    with pytest.raises(CheckpointError, match=r"record_at\[1\]: saved 100, asked 50"):
        corr.compare(valley, START, record_every=0.05, **settings)
