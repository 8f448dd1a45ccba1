"""The command line on any system: signals, streams, groups, folders that take nothing; runs of one's own."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest

import corr
from corr.experiments import cli
from corr.experiments.running import machine

RUN = "shallow-lambda-100"
# What is buffered fails at the end, what is not where it is printed.
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
CORR = [sys.executable, "-m", "experiments.cli"]


def fails(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """Run, expect exit code 2 and one line on standard error; returns it."""
    capsys.readouterr()
    assert cli.main(list(args)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1, error
    return error


@pytest.mark.parametrize("package", ["tyro", "jax", pytest.param("experiments.catalogue", marks=pytest.mark.slow)])
def test_a_signal_is_answered_in_one_line_while_packages_are_loaded(package: str) -> None:
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background ignores it
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == sys.argv[1]: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from corr.experiments.cli import main\n"
        "sys.exit(main(['reproduce', 'nothing']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, package], capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert done.stderr.splitlines() == [
        "interrupted: finished runs are saved, and the one under way to its last checkpoint; run the same command again"
        " to go on"
    ]


@pytest.mark.parametrize("encoding", [pytest.param("ascii", marks=pytest.mark.slow), "cp1252"])
def test_symbols_are_replaced_where_a_stream_has_none(encoding: str, smoke: Path, tmp_path: Path) -> None:
    shutil.copytree(smoke, tmp_path / "σ = 1")
    options = ["fig1", "--preset", "smoke", "--output", str(tmp_path / "σ = 1")]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([*CORR, "run", *options], capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert f"results: {tmp_path / '? = 1'}" in done.stdout.decode(encoding)


def test_a_reader_that_stops_reading_ends_the_command_without_a_word() -> None:
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*CORR, "run", "--help"], **streams, env=BUFFERED) as command:
        assert command.stdout is not None and command.stderr is not None
        command.stdout.close()
        assert command.stderr.read() == b""
    assert command.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_output_is_named(smoke: Path) -> None:
    command = [*CORR, "run", "fig1", "--preset", "smoke", "--output", str(smoke)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=BUFFERED, check=False)
    assert done.returncode == 2
    assert done.stderr == "error: cannot write to standard output (No space left on device)\n"


@pytest.mark.parametrize("error", [ValueError("coordinator"), RuntimeError("too late"), KeyError("SLURM_PROCID")])
def test_a_group_that_cannot_be_joined_is_named(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(jax.distributed, "initialize", refuse)
    for command in ("run", "reproduce"):
        assert "--distributed alone needs SLURM, Open MPI or a TPU pod" in fails(
            capsys, command, "fig1", "--distributed"
        )
    assert "belong together" in fails(capsys, "run", "fig1", "--coordinator", "host:1")
    options = SimpleNamespace(coordinator=None, processes=None, process_id=None, distributed=False)
    assert machine.join(options), "one process alone joins nothing"


def test_a_place_that_takes_nothing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    for place, reason in ((tmp_path / "file", "exists"), (tmp_path / ("n" * 300), "name too long")):
        for command in ("run", "reproduce"):
            said = fails(capsys, command, "fig1", "--preset", "smoke", "--output", str(place))
            assert "cannot " in said and ("ot a directory" in said or reason in said)
        fails(capsys, "figure", "fig1", "--preset", "smoke", "--output", str(place))
    (tmp_path / "locked" / "smoke").mkdir(parents=True)
    (tmp_path / "locked" / "smoke" / RUN).write_text("")
    said = fails(capsys, "run", "fig1", "--preset", "smoke", "--output", str(tmp_path / "locked"))
    assert f"cannot write {tmp_path / 'locked' / 'smoke' / RUN}" in said


def test_a_place_that_takes_nothing_is_named_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("experiments.commands.actions.foresee", lambda *args, **options: pytest.fail("looked ahead"))
    monkeypatch.setattr("experiments.benchmarks.bench.SECTIONS", {"none": lambda repeats: pytest.fail("measured")})
    place = str(tmp_path / "file")
    assert "cannot write" in fails(capsys, "validity", "fig1", "--preset", "smoke", "--output", place)
    assert "cannot write" in fails(capsys, "bench", "--output", place)
    assert "cannot write" in fails(capsys, "reproduce", "all", "--preset", "smoke", "--output", place)


def test_an_error_of_the_system_anywhere_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*args: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/somewhere")

    monkeypatch.setattr("experiments.catalogue.gather", refused)
    assert fails(capsys, "run", "fig1") == "error: cannot read or write /somewhere: Permission denied\n"


def test_a_cache_that_cannot_be_written_or_read_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    machine.write_cache("probe.json", {"seconds": 1})
    assert machine.read_cache("probe.json") == {}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    machine.write_cache("probe.json", {"seconds": 1})
    assert machine.read_cache("probe.json") == {"seconds": 1}
    (machine.cache_folder() / "probe.json").write_text("[1")
    assert machine.read_cache("probe.json") == {}


@pytest.fixture
def own(smoke: Path, tmp_path: Path) -> Path:
    """A comparison of one's own, saved in a folder."""
    corr.save_run(tmp_path / "mine", corr.load_run(smoke / "smoke" / RUN)[0])
    return tmp_path / "mine"


def test_a_saved_comparison_of_ones_own_is_tested_and_drawn(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    end = float(corr.load_run(own)[0].mutation.time[-1])
    monkeypatch.chdir(own.parent)
    assert cli.main(["test", "mine", "--trajectories", "8", "--lambda", "100"]) == 0
    tested = json.loads((own / "verdict.json").read_text())
    assert tested["margins"] == {"weights": 0.02, "weights_until": end, "loss": 0.02, "loss_until": end}
    assert tested["verdicts"].keys() == {"twin", "descent"}
    assert cli.main(["figure", str(own)]) == 0
    drawn = {file.stem for file in (own / "figures").glob("*.pdf")}
    assert drawn == {"mine-weights", "mine-all-weights", "mine-loss", "mine-distance", "equivalence-mine"}
    assert str(own / "figures" / "mine-loss.pdf") in capsys.readouterr().out


def test_twins_on_mutations_own_noise_are_not_judged_as_independent_ones(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides, _ = corr.load_run(own)
    corr.save_run(tmp_path / "pairs", sides._replace(twin=sides.twin.assign_attrs(common_noise="yes")))
    said = fails(capsys, "test", str(tmp_path / "pairs"))
    assert "these twins share mutation's noise" in said and "corr.inference.paired_test" in said


def test_a_comparison_without_paths_is_neither_tested_nor_drawn(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides, _ = corr.load_run(own)
    none = {"path_trajectory": slice(0)}
    corr.save_run(tmp_path / "bare", sides._replace(mutation=sides.mutation.isel(none), twin=sides.twin.isel(none)))
    assert "kept the paths of 0 mutation and 0 twin trajectories" in fails(capsys, "test", str(tmp_path / "bare"))
    assert "holds no path of mutation or twin to draw" in fails(capsys, "figure", str(tmp_path / "bare"))


def test_what_is_no_comparison_is_not_saved(own: Path, tmp_path: Path) -> None:
    """One point of a sweep is a comparison, several are not."""
    sides, manifest = corr.load_run(own)
    with pytest.raises(TypeError, match=r"comparison must be what corr\.compare returns, got str"):
        corr.save_run(sides, str(tmp_path))  # pyright: ignore[reportArgumentType]
    clock = {name: manifest["configuration"][name] for name in ("mutation_std", "learning_rate", "step_ratio")}
    point = {**clock, "beta": np.inf}
    several = corr.Comparison(*(side.drop_attrs().assign_coords(point).expand_dims(point=1) for side in sides))
    with pytest.raises(ValueError, match="hold several points of a sweep: save each"):
        corr.save_run(tmp_path / "sweep", several)
    corr.save_run(tmp_path / "point", corr.Comparison(*(side.isel(point=0) for side in several)))
    again = corr.load_run(tmp_path / "point")[1]["configuration"]
    assert again["beta"] == "inf" and {name: again[name] for name in clock} == clock


@pytest.mark.parametrize("command", ["test", "figure"])
def test_a_folder_that_is_no_such_run_is_refused(
    command: str, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for empty in (tmp_path, tmp_path / "nowhere"):
        assert "save a comparison there with corr.save_run first" in fails(capsys, command, str(empty))
    assert "leave --preset and --output out" in fails(capsys, command, str(own), "--preset", "smoke")
    assert "learning_rate: saved" in fails(capsys, command, str(own), "--alpha", "1")
    assert "trajectories: saved 8, asked 9" in fails(capsys, command, str(own), "--trajectories", "9")
