"""A finished run asked for a later time goes on from where it ended, with the bits of one long run."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr import _drive
from corr._timegrid import TimeGrid, room_for
from corr.ensemble import Snapshot
from corr.ensemble._checkpoint import CheckpointError
from corr.ensemble._simulate import default_refresh, default_refreshes

START = jnp.array([1.0, -0.5, 0.2])


def valley(x: jnp.ndarray) -> jnp.ndarray:
    return jnp.sum((x[1:] - x[:-1] ** 2) ** 2) + 0.1 * jnp.sum(x**4)


WALK = corr.mutation(valley, mutation_std=0.05, beta=50.0)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps from which runs go on, in the order of the runs; 0 for one that begins."""
    steps: list[int] = []
    simulate = _drive.simulate

    def noting(*args: Any, resume: Snapshot | None, **options: Any) -> Any:
        steps.append(0 if resume is None else resume.step)
        return simulate(*args, resume=resume, **options)

    monkeypatch.setattr(_drive, "simulate", noting)
    return steps


def run(steps: int, folder: Path | None = None, dynamics: corr.Dynamics = WALK, **changes: Any) -> xarray.Dataset:
    settings: dict[str, Any] = {"record_at": range(0, steps, 20), "trajectories": 5, "devices": 1} | changes
    return corr.run(
        dynamics, START, steps=steps, key=corr.root_key(3), checkpoint=folder, progress=False, check_decisions=False,
        **settings,
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        *(pytest.param(one, marks=pytest.mark.slow) for one in ({}, {"thin": (20, 2)})),
        {"refresh_every": 10, "record_at": []},
    ],
    ids=["all", "thinned", "end alone"],
)
def test_an_extended_run_equals_one_long_run(changes: dict[str, Any], begun: list[int], tmp_path: Path) -> None:
    """Also to a last step that is no multiple of what the first intervals have in common."""
    run(60, tmp_path, **changes)
    xarray.testing.assert_identical(run(130, tmp_path, **changes), run(130, **changes))
    assert begun == [0, 60, 0]


def test_rebuilds_in_an_interval_depend_on_no_later_one_and_are_few() -> None:
    marks = [250, 560, 1060, 1067, 1467]
    assert [default_refreshes(marks[:n]) for n in (1, 3, 5)] == [[250], [250, 10, 250], [250, 10, 250, 1, 100]]
    assert default_refreshes(range(25000, 100001, 25000)) == [default_refresh([25000])] * 4 == [1000] * 4
    rng = np.random.default_rng(0)
    marks = np.cumsum(rng.integers(1, 5000, 200)).tolist()
    whole = default_refreshes(marks)
    assert len({*whole}) <= 4 and not any(np.diff([0, *marks]) % whole)
    assert all(default_refreshes(marks[:n]) == whole[:n] for n in (1, 2, 100))


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
     ({"refresh_every": 10}, "refresh_every: saved 20, asked 10"),
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


def compare(loss: Any, start: Any, end: float, folder: Path | None = None, **changes: Any) -> corr.Comparison:
    settings: dict[str, Any] = {"key": corr.root_key(0), "trajectories": 4, "record_every": 0.05, "devices": 1,
                                "learning_rate": 1e-3, "check_decisions": False, "progress": False}  # fmt: skip
    return corr.compare(loss, start, end_time=end, checkpoint=folder, **(settings | changes))


@pytest.mark.slow
@pytest.mark.parametrize("beta", [np.inf, 50.0])
def test_an_extended_comparison_equals_one_long_one(beta: float, begun: list[int], tmp_path: Path) -> None:
    settings: dict[str, Any] = {"step_ratio": 0.05, "beta": beta, "thin": (0.05, 2)}
    whole = compare(bent, jnp.ones(2), 0.35, **settings)
    assert len(np.unique(np.diff(whole.twin.step))) > 2
    begun.clear()
    first = compare(bent, jnp.ones(2), 0.15, tmp_path, **settings)
    longer = compare(bent, jnp.ones(2), 0.35, tmp_path, **settings)
    ends = [int(side.step[-1]) for side in (first.descent, first.mutation, first.twin)]
    assert begun == [0, 0, 0, *ends]
    for name, side in longer._asdict().items():
        xarray.testing.assert_identical(side, getattr(whole, name))


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.slow
def test_a_refused_extension_of_a_comparison_leaves_it_as_it_was_and_others_go_on_with_equal_bits(
    begun: list[int], tmp_path: Path
) -> None:
    """Beyond 0.25 the twin's steps have another common divisor."""
    asked = {"step_ratio": 0.1, "thin": (0.05, 2), "keep": 3}
    loss, start = lambda x: jnp.sum(jnp.array([1.0, 5.0]) * x**2) / 2, jnp.array([0.33, 0.0])
    first = compare(loss, start, 0.25, tmp_path, **asked)
    saved = files(tmp_path)
    for changes, message in (
        ({"twin_trajectories": 3}, r"twin.*trajectories: saved 4, asked 3"),
        ({"thin": (0.1, 2)}, r"twin.*thinned: saved 'to 2 from time 0.05 on', asked 'to 2 from time 0.1 on'"),
        ({"twin_moments": corr.paper_moments(step_time=1.5e-4)}, r"twin.*another program of the step"),
        ({"block_size": {"mutation": 4, "twin": 2}}, r"twin.*block_size: saved 4, asked 2"),
        ({"keep": 4}, r"mutation.* holds 3 paths, asked for 4: give a smaller keep"),
        ({"end": 60.0}, r"twin.*most recorded times: saved 1024, asked 2048"),
        ({"record_every": 0.01}, r"descent.*refresh_every: saved 50, asked 10"),
        ({"end": 0.2}, r"descent.* is at step \d+, asked for \d+: what was begun can go on further, and is not cut"),
    ):
        with pytest.raises(CheckpointError, match=message):
            compare(loss, start, changes.pop("end", 0.4), tmp_path, **(asked | changes))
        assert files(tmp_path) == saved
    longer, whole = (compare(loss, start, 0.4, folder, **asked) for folder in (tmp_path, None))
    assert begun == [0, 0, 0, *(int(side.step[-1]) for side in (first.descent, first.mutation, first.twin)), 0, 0, 0]
    assert np.gcd.reduce(whole.twin.step.values) < 50 == np.gcd.reduce(whole.twin.step.values[:6])
    for name, side in longer._asdict().items():
        xarray.testing.assert_identical(side, getattr(whole, name))


def test_the_room_for_intervals_counts_since_programs_of_other_shapes_round_in_other_ways() -> None:
    assert [room_for(intervals) for intervals in (1, 63, 65, 1024, 1025, 2049)] == [1024] * 4 + [2048, 4096]
    for intervals in (40, 1024, 1025):
        grid = TimeGrid(np.arange(intervals + 1), np.linspace(0.1, 0.2, intervals))
        at = [0, 1, intervals - 1, intervals + 5000]
        expected = np.float32(grid.time_steps[[0, 1, -1, -1]])
        np.testing.assert_array_equal([grid.schedule(jnp.int32(n)) for n in at], expected)
