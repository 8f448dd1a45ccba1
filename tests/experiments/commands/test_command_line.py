"""The command line: the main job end to end, bad input, and results that are never overwritten."""

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import corr
from corr.experiments import cli
from corr.experiments.running import blocks, comparison
from corr.experiments.running.machine import cores

RUN = "shallow-lambda-100"


def fails(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """Run, expect exit code 2 and one line on standard error; returns it."""
    capsys.readouterr()
    assert cli.main(list(args)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "Traceback" not in error
    return error


def copy(smoke: Path, target: Path) -> Path:
    shutil.copytree(smoke, target)
    return target / "smoke" / RUN


def test_reproduce_writes_results_figures_and_verdicts(smoke: Path) -> None:
    manifest = json.loads((smoke / "smoke" / RUN / "manifest.json").read_text())
    assert manifest["complete"]
    assert manifest["configuration"]["beta"] == "inf"
    assert manifest["trajectories"] == {"asked": 8, "finite": 8, "lost": [], "nonfinite_proposals": 0}
    assert len(manifest["flip_rates"]) >= 3
    assert manifest["versions"]["jax"]
    for name in ("fig1a", "fig1b", "fig1c", "fig2a", "fig2b"):
        for ending in ("pdf", "png", "json"):
            assert (smoke / "smoke" / "figures" / f"{name}.{ending}").stat().st_size > 500
    verdict = json.loads((smoke / "smoke" / RUN / "verdict.json").read_text())
    assert verdict["sentences"][0].startswith("(a) mutation against its noisy twin (8 runs against 16 twins): ")
    assert len(verdict["rows"]) == 9 and verdict["sides"].keys() == {"twin", "descent"}
    log = [json.loads(line) for line in (smoke / "smoke" / RUN / "log.jsonl").read_text().splitlines()]
    assert {line["side"] for line in log} == {"mutation", "twin", "descent"}


def test_finished_runs_are_reused(smoke: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (smoke / "smoke" / RUN / "mutation.nc").stat().st_mtime_ns
    assert cli.main(["run", "fig1", "--preset", "smoke", "--output", str(smoke)]) == 0
    assert "reused" in capsys.readouterr().out
    assert (smoke / "smoke" / RUN / "mutation.nc").stat().st_mtime_ns == before


def test_another_configuration_is_refused_naming_the_field(smoke: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = fails(capsys, "run", "fig1", "--preset", "smoke", "--output", str(smoke), "--seed", "5")
    assert "seed: saved 0, asked 5" in error
    assert "--output" in error


def test_unfinished_run_is_refused_for_figures_and_finished_by_a_run(
    smoke: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy(smoke, tmp_path / "copy")
    (folder / "manifest.json").unlink()
    error = fails(capsys, "figure", "fig1", "--preset", "smoke", "--output", str(tmp_path / "copy"))
    assert "not finished" in error
    assert "corr run" in error
    options = ["--preset", "smoke", "--output", str(tmp_path / "copy"), "--devices", "1"]
    assert cli.main(["run", "fig1", *options]) == 0
    assert (folder / "manifest.json").exists()
    assert not (folder / "checkpoints").exists()


def test_unfinished_run_of_another_configuration_is_refused(
    smoke: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy(smoke, tmp_path / "copy")
    (folder / "manifest.json").unlink()
    error = fails(capsys, "run", "fig1", "--preset", "smoke", "--output", str(tmp_path / "copy"), "--seed", "5")
    assert "seed: saved 0, asked 5" in error


def test_fresh_keeps_the_old_folder_aside(smoke: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copy(smoke, tmp_path / "copy")
    options = ["--preset", "smoke", "--output", str(tmp_path / "copy")]
    begun: list[Path] = []
    monkeypatch.setattr(comparison, "_one_run", lambda run, manner, say: begun.append(run.task.folder))
    assert cli.main(["run", "fig1", *options, "--fresh", "--seed", "5"]) == 0
    assert begun == [folder] and [file.name for file in folder.iterdir()] == ["configuration.json"]
    assert json.loads((folder / "configuration.json").read_text())["seed"] == 5
    aside = folder.with_name(f"{RUN}.aside-1")
    assert json.loads((aside / "manifest.json").read_text())["configuration"]["seed"] == 0


def test_a_second_process_in_the_folder_is_refused(
    smoke: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy(smoke, tmp_path / "copy")
    holder = (
        "import sys; from pathlib import Path; from corr.results import locked\n"
        "with locked(Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        error = fails(capsys, "run", "fig1", "--preset", "smoke", "--output", str(tmp_path / "copy"))
        assert f"another run (pid {other.pid}" in error
        other.communicate(b"")
    assert cli.main(["run", "fig1", "--preset", "smoke", "--output", str(tmp_path / "copy")]) == 0


@pytest.mark.parametrize("file", ["mutation.nc", "twin.nc", "manifest.json"])
def test_damaged_results_are_named(file: str, smoke: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy(smoke, tmp_path / "copy")
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[: len(content) // 2])
    error = fails(capsys, "figure", "fig1", "--preset", "smoke", "--output", str(tmp_path / "copy"))
    assert "damaged" in error
    assert file in error


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["fig3x"],
            "unknown experiment 'fig3x': did you mean 'fig3'?; of your own: fig3x.py for a file, `corr test ./fig3x`",
        ),
        (["fig1", "--preset", "smok"], "did you mean 'smoke'?"),
        (["fig1", "--preset", "enormous"], "unknown preset"),
        (["fig1", "--sigma", "0"], "--sigma must be positive"),
        (["fig1", "--sigma", "nan"], "--sigma must be positive and finite, got nan"),
        (["fig1", "--lambda", "0"], "--lambda must be positive"),
        (["fig1", "--alpha", "-1"], "--alpha must be positive"),
        (["fig1", "--beta", "-1"], "--beta must lie in (0, inf]"),
        (["fig1", "--lambda", "-1"], "--lambda must be positive and finite, got -1"),
        (["fig1", "--beta", "0"], "--beta must lie in (0, inf], got 0"),
        (["fig1", "--beta", "nan"], "--beta must lie in (0, inf]"),
        (["fig1", "--sigma", "0.1", "--lambda", "1"], "give only one of them"),
        (["fig1", "--trajectories", "0"], "--trajectories must be at least 3, got 0"),
        (["fig1", "--devices", "99"], "devices is 99"),
        (["fig1", "fig2", "--fresh"], "--fresh would run shared results several times: give it with one experiment"),
        (["fig1", "--block-size", "0"], "block_size must be at least 1, got 0"),
        (["fig1", "--seed", "-1"], "--seed must be at least 0"),
        (["fig1", "--checkpoint-every", "-1"], "--checkpoint-every must be at least 0 seconds, got -1"),
        (["fig1", "--checkpoint-every", "nan"], "--checkpoint-every must be at least 0 seconds, got nan"),
        (["nowhere.py"], "no file nowhere.py"),
    ],
)
def test_bad_input(args: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    preset = [] if "--preset" in args else ["--preset", "smoke"]
    assert message in fails(capsys, "run", *args, *preset, "--output", str(tmp_path))
    assert not list(tmp_path.glob("*/*/manifest.json"))


USER_FILE = """
import jax, jax.numpy as jnp
from corr.experiments import Experiment, Preset, Problem

experiment = Experiment(
    name="bowl",
    title="a quadratic bowl",
    problem=lambda: Problem(loss=LOSS, init=lambda key: START),
    presets={"smoke": Preset(1e-2, (0.5,), (6,), 12, end_time=0.2, record_every=0.05)},
)
"""


def user_file(folder: Path, loss: str, start: str) -> str:
    file = folder / "mine.py"
    file.write_text(USER_FILE.replace("LOSS", loss).replace("START", start))
    return str(file)


@pytest.mark.slow
def test_experiment_in_a_file_of_ones_own_is_run_and_tested_in_float64(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = user_file(tmp_path, "lambda x: jnp.sum(x**2)", "jax.random.normal(key, (3,))")
    where = ["--preset", "smoke", "--output", str(tmp_path)]
    assert cli.main(["run", file, *where, "--precision", "float64", "--devices", "1"]) == 0
    run, manifest = corr.load_run(tmp_path / "smoke" / "bowl-lambda-0.5")
    assert run.mutation.loss.dtype == np.float64 and manifest["configuration"]["precision"] == "float64"
    assert cli.main(["test", file, *where]) == 0
    assert "precision: saved float64, asked float32" in fails(capsys, "test", file, *where, "--precision", "float32")
    assert (tmp_path / "smoke" / "figures" / "equivalence-bowl-lambda-0.5.pdf").exists()


@pytest.mark.parametrize(
    ("loss", "start", "message"),
    [
        ("lambda x: x**2", "jnp.ones(3)", "array of shape (3,)"),
        ("lambda x: jnp.sum(x).astype(int)", "jnp.ones(3)", "int"),
        ("lambda x: jnp.nan * jnp.sum(x)", "jnp.ones(3)", "loss is nan at the start"),
        ("lambda x: jnp.sum(x)", "jnp.zeros(0)", "params hold no numbers"),
        ("lambda x: jnp.sum(x)", "jnp.arange(3)", "int32"),
    ],
)
def test_bad_losses(loss: str, start: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = user_file(tmp_path, loss, start)
    assert message in fails(capsys, "run", file, "--preset", "smoke", "--output", str(tmp_path))


def test_file_without_experiment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.py").write_text("")
    assert "must define" in fails(capsys, "run", str(tmp_path / "empty.py"))


@pytest.mark.parametrize(("content", "said"), [("x = (", "SyntaxError"), ("import no_such", "ModuleNotFoundError")])
def test_file_that_cannot_be_loaded(
    content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.py").write_text(content)
    assert f"broken.py cannot be loaded ({said}: " in fails(capsys, "run", str(tmp_path / "broken.py"))


def test_block_size_is_probed_once_for_long_runs_and_kept_with_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    probed: list[str] = []

    def probe(side: str, params: object) -> int:
        probed.append(side)
        return 2

    monkeypatch.setattr(blocks, "fastest_block", probe)
    choose = partial(blocks.choose_blocks, sides={"mutation": "walk"}, params=None, problem="bowl")  # pyright: ignore
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert choose(tmp_path / name, asked=None, steps=1e9) == {"mutation": 2}
    assert probed == ["walk"]
    assert choose(tmp_path / "one", asked=None, steps=1.0) == {"mutation": 2}
    with pytest.raises(ValueError, match="was begun with block sizes"):
        choose(tmp_path / "one", asked=4, steps=1e9)
    assert choose(tmp_path, asked=None, steps=1e6) is None
    assert choose(tmp_path, asked=3, steps=1.0) == {"mutation": 3}


@pytest.mark.parametrize("command", ["list", "run", "figure", "reproduce", "bench"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])
    assert stop.value.code == 0
    assert len(capsys.readouterr().out) > 200


def test_command_line_uses_every_core_and_wide_vectors() -> None:
    code = (
        "import os; from corr.experiments.running import machine; machine.prepare(); import jax;"
        "print(jax.device_count(), os.environ.get('XLA_FLAGS', ''))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )
    count, flags = done.stdout.strip().split(" ", 1)
    assert int(count) == cores()
    assert "prefer_vector_width=512" in flags
