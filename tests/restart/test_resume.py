"""A run that is stopped, damaged or moved goes on with the same bits; a run that must not go on is refused."""

import functools
import json
import resource
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr.ensemble._checkpoint import CheckpointError, Checkpoints

NETWORK = corr.networks.functional(corr.networks.Shallow(5))
LOSS = corr.losses.mean_squared_error(NETWORK.apply, *corr.data.sine(40))
START = NETWORK.init(jax.random.key(0))
WALK = corr.mutation(LOSS, mutation_std=1e-3)
TWIN = corr.langevin(LOSS, time_step=1e-3, moments=corr.paper_moments(step_time=1e-4))
SIDES = {"mutation": WALK, "twin": TWIN}


class Killed(Exception):
    """Stands for a process that dies right after a checkpoint."""


def run(dynamics: corr.Dynamics = WALK, folder: Path | None = None, die_at: int = -1, **changes: Any) -> xarray.Dataset:
    def check(step: int, params: Any) -> None:
        if step >= die_at >= 0:
            raise Killed

    settings: dict[str, Any] = {"steps": 60, "record_at": [20, 40], "refresh_every": 10, "trajectories": 7,
                                "devices": 1} | changes  # fmt: skip
    return corr.run(
        dynamics, START, key=corr.root_key(3), checkpoint=folder, checkpoint_every=0.0, check=check, progress=False,
        check_decisions=False, **settings,
    )  # fmt: skip


def newest(folder: Path) -> Path:
    return max((folder / "process-0").glob("[0-9]*"))


@functools.cache
def uninterrupted(side: str = "mutation", thin: Any = None) -> xarray.Dataset:
    return run(SIDES[side], thin=thin)


@pytest.mark.parametrize(
    ("side", "thin", "deaths"),
    [
        pytest.param("mutation", (20, 2), (10, 20, 40), id="mutation, thinned", marks=pytest.mark.slow),
        pytest.param("twin", None, (30,), id="twin"),
        pytest.param("mutation", None, (10, 20, 40), id="mutation", marks=pytest.mark.slow),
        pytest.param("twin", (20, 2), (10, 20, 40), id="twin, thinned", marks=pytest.mark.slow),
    ],
)
def test_resumed_at_any_checkpoint_gives_the_same_bits(
    side: str, thin: Any, deaths: tuple[int, ...], tmp_path: Path
) -> None:
    dynamics, expected = SIDES[side], uninterrupted(side, thin)
    for die_at in deaths:
        folder = tmp_path / str(die_at)
        with pytest.raises(Killed):
            run(dynamics, folder, die_at, thin=thin)
        xarray.testing.assert_identical(run(dynamics, folder, thin=thin), expected)
    xarray.testing.assert_identical(run(dynamics, folder, thin=thin), expected)


def test_resumed_on_another_number_of_devices(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(folder=tmp_path, die_at=20, devices=2)
    resumed = run(folder=tmp_path, devices=1)
    np.testing.assert_array_equal(resumed.path.values, uninterrupted().path.values)


@pytest.mark.parametrize("damage", ["truncated", "bit flipped", "file missing"])
def test_damaged_newest_checkpoint_is_left_for_the_one_before(damage: str, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(folder=tmp_path, die_at=30)
    files = [file for file in (newest(tmp_path) / "arrays").rglob("*") if file.is_file()]
    victim = max(files, key=lambda file: file.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "file missing":
        victim.unlink()
    else:
        victim.write_bytes(bytes(content) if damage == "bit flipped" else bytes(content[: len(content) // 2]))
    with pytest.warns(UserWarning, match="is damaged .* going on from the one before"):
        resumed = run(folder=tmp_path)
    xarray.testing.assert_identical(resumed, uninterrupted())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run, which tests leave as it is."""
    folder = tmp_path_factory.mktemp("finished")
    run(folder=folder, log=folder / "log.jsonl")
    return folder


def test_two_checkpoints_are_kept(finished: Path) -> None:
    assert len(list((finished / "process-0").iterdir())) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"trajectories": 8}, "trajectories: saved 7, asked 8"), ({"thin": (20, 2)}, "thin: saved None"),
     ({"block_size": 2}, "block_size: saved 4, asked 2"), ({"refresh_every": 5}, "refresh_every: saved 10, asked 5")],
)  # fmt: skip
def test_another_run_is_refused_naming_the_field(changes: dict[str, Any], field: str, finished: Path) -> None:
    with pytest.raises(CheckpointError, match=field):
        run(folder=finished, **changes)


def test_another_start_or_seed_is_refused(finished: Path) -> None:
    with pytest.raises(CheckpointError, match=r"another run \(another key\): give another checkpoint folder, or move"):
        corr.run(
            WALK, START, steps=60, record_at=[20, 40], refresh_every=10, trajectories=7, key=corr.root_key(4),
            checkpoint=finished, progress=False,
        )  # fmt: skip


@pytest.mark.parametrize(
    "finished", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["finished", "interrupted"]
)
def test_another_loss_or_setting_neither_goes_on_nor_returns_the_old_result(finished: bool, tmp_path: Path) -> None:
    with nullcontext() if finished else pytest.raises(Killed):
        run(folder=tmp_path, die_at=-1 if finished else 30)
    others = {
        r"mutation_std: saved 0\.001, asked 0\.002": corr.mutation(LOSS, mutation_std=2e-3),
        r"loss at the start: saved [\d.e-]+, asked": corr.mutation(lambda x: LOSS(x) + 1, mutation_std=1e-3),
        "another program of the loss": corr.mutation(lambda x: jnp.float32(1.0) * LOSS(x), mutation_std=1e-3),
        "dynamics: saved 'mutation', asked 'langevin'": TWIN,
    }
    for message, other in others.items():
        with pytest.raises(CheckpointError, match=message):
            run(other, tmp_path)
    again = corr.mutation(corr.losses.mean_squared_error(NETWORK.apply, *corr.data.sine(40)), mutation_std=1e-3)
    xarray.testing.assert_identical(run(again, tmp_path), uninterrupted())


def test_a_seal_with_any_bit_flipped_is_never_believed(tmp_path: Path) -> None:
    """The seal names arrays and what fixes the run: with one letter changed, an array would come back as zeros."""
    saved = Checkpoints(tmp_path, lambda step: {"trajectories": 2})
    for step in (1, 2):
        saved.save(step, {"loss": np.full(2, float(step))})
    seal = tmp_path / f"{2:012d}" / "seal.json"
    whole = seal.read_bytes()
    for place in range(len(whole)):
        seal.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            believed = saved.check()
        except CheckpointError as error:
            assert "checksum" in str(error)
        else:
            assert believed is not None
            assert believed[0] == 1
    with pytest.warns(UserWarning, match="is damaged"):
        found = saved.newest()
    assert found is not None
    assert found[1]["loss"].tolist() == [1.0, 1.0]


def test_checkpoints_of_a_version_without_checksums_of_seals_are_refused(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    for file in tmp_path.rglob("seal.json"):
        seal = json.loads(file.read_text())
        del seal["checksum"]
        file.write_text(json.dumps(seal))
    with pytest.raises(CheckpointError, match=r"earlier version, saved without the checksum .*: give another"):
        run(folder=tmp_path)


def test_a_checkpoint_in_the_making_is_never_taken(tmp_path: Path) -> None:
    saved = Checkpoints(tmp_path, lambda step: {})
    saved.save(1, {"x": np.ones(3)})
    (tmp_path / ".partial").mkdir()
    (tmp_path / "000000000002").mkdir()
    with pytest.warns(UserWarning, match="damaged"):
        found = saved.newest()
    assert found is not None
    assert found[0] == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_save_and_say_how_to_go_on(
    number: signal.Signals, start: Callable[..., Any], whole: Callable[..., Any], same: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "saved"
    worker = start(checkpoint=folder, steps=120_000, every=0.0)
    assert worker.stdout.readline().startswith("saved")
    worker.send_signal(number)
    said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 128 + number
    assert "stopped at step" in said
    assert str(folder) in said
    same(whole("resumed", checkpoint=folder, steps=120_000), whole("whole", steps=120_000))


def test_log_and_seal_are_plain_json(finished: Path) -> None:
    seal = json.loads((newest(finished) / "seal.json").read_text())
    assert seal["identity"]["trajectories"] == 7
    assert [json.loads(line)["step"] for line in (finished / "log.jsonl").read_text().splitlines()] == [0, 20, 40, 60]


@pytest.mark.slow
def test_killed_ten_times_at_random_moments(
    start: Callable[..., Any], whole: Callable[..., Any], same: Any, tmp_path: Path
) -> None:
    steps = 1_200_000
    moments = np.random.default_rng().uniform(0.0, 0.5, 10)
    for moment in moments:
        worker = start("killed", checkpoint=tmp_path / "saved", steps=steps)
        assert worker.stdout.readline().startswith("saved"), worker.communicate()
        time.sleep(moment)
        worker.kill()
        worker.communicate()
    same(whole("killed", checkpoint=tmp_path / "saved", steps=steps), whole("never", steps=steps))


def test_full_disk_leaves_the_checkpoint_before_intact(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: both end a write with an OSError."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        saved = Checkpoints(tmp_path / "saved", lambda step: {})
        numbers = np.random.default_rng(0).normal(size=20_000)
        saved.save(1, {"x": numbers})
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
        with pytest.raises(CheckpointError, match=r"could not write .* step 1 is intact: make room"):
            saved.save(2, {"x": np.random.default_rng(1).normal(size=80_000)})
        found = saved.newest()
        assert found is not None
        assert found[0] == 1
        np.testing.assert_array_equal(found[1]["x"], numbers)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
