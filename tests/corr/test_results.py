"""Saved runs and locks: one run at a time in a folder, errors of the file system in one line, on every system."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import jax.numpy as jnp
import pytest

import corr
from corr import ResultError, _drive
from corr.results import claim_folder, load_parts, locked, write_json

HIDDEN = "import sys; sys.modules['fcntl'] = None; import warnings; warnings.simplefilter('ignore')\n"
WALK = corr.mutation(lambda x: jnp.sum(x**2), mutation_std=0.1)
FEW = {"steps": 4, "trajectories": 2, "key": corr.root_key(0), "progress": False}


def bowl(**options: object) -> corr.Comparison:
    """A comparison of few steps."""
    settings = {"trajectories": 4, "end_time": 0.2, "record_every": 0.1, "learning_rate": 1e-2, "step_ratio": 1.0}
    loss = lambda x: jnp.sum(x**2)  # noqa: E731
    return corr.compare(loss, jnp.ones(2), key=corr.root_key(0), progress=False, **(settings | options))


@pytest.fixture(scope="module")
def sides() -> corr.Comparison:
    return bowl()


def test_without_fcntl_corr_is_imported_and_a_folder_is_held(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; import corr; from corr.results import locked\n"
        "with locked(Path(sys.argv[1])):\n"
        "    try:\n"
        "        with locked(Path(sys.argv[1])): print('twice')\n"
        "    except corr.ResultError as error: print(error)\n"
        "with locked(Path(sys.argv[1])): print('free again')"
    )
    command = [sys.executable, "-c", HIDDEN + code, str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    refused, free = done.stdout.splitlines()
    assert refused.startswith("another run (pid ") and free == "free again"


def test_one_thread_at_a_time_holds_a_folder(tmp_path: Path) -> None:
    said: list[str] = []

    def other() -> None:
        try:
            with locked(tmp_path / "run"):
                said.append("held twice")
        except ResultError as error:
            said.append(str(error))

    with locked(tmp_path / "run"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    other()
    assert said == [
        f"another run (pid {os.getpid()} on {os.uname().nodename}) is going on in {tmp_path / 'run'}: wait for it, or"
        " choose another folder",
        "held twice",
    ]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_warned_of_and_the_run_goes_on(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refused(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.warns(UserWarning, match=r"has no locks .*: make sure that no other run uses it"):
        data = corr.run(WALK, jnp.ones(2), **FEW, checkpoint=tmp_path)
    assert data.sizes["time"] == 2


def test_a_second_library_run_in_a_folder_of_checkpoints_is_refused(tmp_path: Path) -> None:
    said: list[str] = []

    def while_running(step: int, params: object) -> None:
        with pytest.raises(ResultError, match=r"another run .* is going on in .*process-0"):
            corr.run(WALK, jnp.ones(2), **FEW, checkpoint=tmp_path / "ck")
        said.append("refused")

    corr.run(WALK, jnp.ones(2), **FEW, checkpoint=tmp_path / "ck", check=while_running)
    assert said
    assert corr.run(WALK, jnp.ones(2), **FEW, checkpoint=tmp_path / "ck").sizes["time"] == 2


def test_places_may_be_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sides: corr.Comparison) -> None:
    monkeypatch.chdir(tmp_path)
    data = bowl(checkpoint="ck", log="logs/one.jsonl")
    assert (tmp_path / "ck" / "twin" / "process-0").is_dir()
    assert len((tmp_path / "logs" / "one.jsonl").read_text().splitlines()) == 9
    corr.save_run("saved", data)
    assert corr.load_run("saved")[1]["configuration"]["trajectories"] == 4


def test_a_saved_comparison_tells_what_was_run(tmp_path: Path, sides: corr.Comparison) -> None:
    corr.save_run(tmp_path / "bowl", sides, {"note": "mine", "configuration": {"seed": 3}})
    loaded, manifest = corr.load_run(tmp_path / "bowl")
    assert all(one.equals(other) for one, other in zip(loaded, sides, strict=True))
    assert manifest["note"] == "mine"
    assert manifest["configuration"] == {
        "run": "bowl", "preset": "none", "rule": "metropolis", "proposal": "gaussian",
        "mutation_std": corr.matched_mutation_std(learning_rate=1e-2, step_ratio=1.0),
        "beta": "inf", "learning_rate": 1e-2, "step_ratio": 1.0, "trajectories": 4, "twin_trajectories": 4,
        "end_time": 0.2, "record_every": 0.1, "descent_learning_rate": 1e-2, "seed": 3,
    }  # fmt: skip
    with pytest.raises(ResultError, match="holds a finished run"):
        corr.save_run(tmp_path / "bowl", sides)


def test_datasets_that_do_not_say_what_was_run_are_refused(tmp_path: Path, sides: corr.Comparison) -> None:
    bare = sides._replace(mutation=sides.mutation.drop_attrs())
    with pytest.raises(ValueError, match="has no attribute mutation_std, beta, learning_rate, step_ratio"):
        corr.save_run(tmp_path / "bare", bare)
    assert not (tmp_path / "bare").exists()


def a_file_in_the_way(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("")
    return tmp_path / "file"


def a_folder_below_a_file(tmp_path: Path) -> Path:
    return a_file_in_the_way(tmp_path) / "below"


def a_name_too_long(tmp_path: Path) -> Path:
    return tmp_path / ("n" * 300)


PLACES = [a_file_in_the_way, a_folder_below_a_file, a_name_too_long]


@pytest.mark.parametrize("bad", PLACES)
def test_a_place_that_cannot_be_written_is_named_before_a_run_begins(
    bad: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sides: corr.Comparison
) -> None:
    place = bad(tmp_path)
    monkeypatch.setattr(_drive, "simulate", lambda *args, **options: pytest.fail("the run began"))
    for where in ({"checkpoint": place}, {"log": place / "log.jsonl"}):
        with pytest.raises(ResultError, match=r"cannot write .*: choose another place, or make room"):
            corr.run(WALK, jnp.ones(2), **FEW, **where)
    for write in (
        lambda: corr.save_run(place, sides),
        lambda: claim_folder(place, {}),
        lambda: write_json(place / "numbers.json", {}),
    ):
        with pytest.raises(ResultError, match=r"cannot (write|read)"):
            write()
    for read in (lambda: corr.load_run(place), lambda: load_parts(place, ["twin"])):
        with pytest.raises(ResultError, match=r"cannot read|no results in|is missing"):
            read()


def test_a_full_disk_leaves_no_part_of_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sides: corr.Comparison
) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ResultError, match=r"cannot write .*mutation.nc \(No space left on device\)"):
        corr.save_run(tmp_path / "run", sides)
    assert list((tmp_path / "run").iterdir()) == []
