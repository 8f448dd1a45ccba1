"""What ``corr list``, ``figure``, ``test`` and ``validity`` say, and the options that contradict a saved run."""

import json
import shutil
from pathlib import Path

import pytest

from corr.experiments import cli
from corr.experiments.catalogue import CATALOGUE, GROUPS
from corr.experiments.commands import timetable
from corr.experiments.running import cost

RUN = "shallow-lambda-100"
RUN_ONLY = ("--fresh", "--devices", "--block-size", "--checkpoint-every", "--distributed", "--coordinator", "--process")


def fails(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """Run, expect exit code 2 and one message on standard error; returns it."""
    capsys.readouterr()
    assert cli.main(list(args)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    return error


def copy(smoke: Path, target: Path) -> Path:
    shutil.copytree(smoke, target)
    return target / "smoke" / RUN


@pytest.mark.parametrize(("command", "name"), [("figure", "fig1"), ("test", "fig1"), ("figure", "drift")])
def test_no_results_yet_names_the_command_to_run(
    command: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = fails(capsys, command, name, "--preset", "smoke", "--output", str(tmp_path))
    assert f"run `corr run {name} --preset smoke --output {tmp_path}` first" in error


@pytest.mark.parametrize("command", ["test", "figure"])
@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--seed", "5"], "seed: saved 0, asked 5"),
        (["--start-seed", "1"], "start_seed: saved 0, asked 1"),
        (["--trajectories", "20"], "trajectories: saved 8, asked 20"),
        (["--precision", "float64"], "precision: saved float32, asked float64"),
        (["--beta", "100"], "beta: saved inf, asked 100"),
        (["--alpha", "1.25e-3"], "learning_rate: saved"),
    ],
)
def test_options_that_contradict_the_saved_run_are_refused(
    command: str, option: list[str], message: str, smoke: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in fails(capsys, command, "fig1", "--preset", "smoke", "--output", str(smoke), *option)


def test_options_that_agree_with_the_saved_run_are_taken(smoke: Path, tmp_path: Path) -> None:
    copy(smoke, tmp_path / "copy")
    where = ["--preset", "smoke", "--output", str(tmp_path / "copy")]
    agreeing = ["--seed", "0", "--start-seed", "0", "--trajectories", "8", "--precision", "float32", "--beta", "inf"]
    assert cli.main(["figure", "fig1", *where, *agreeing]) == 0
    assert (tmp_path / "copy" / "smoke" / f"figures-{RUN}" / "fig1a.pdf").exists()


def test_a_run_of_other_physics_is_not_drawn_as_the_preset(
    smoke: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy(smoke, tmp_path / "copy")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["configuration"] |= {"beta": 100.0, "seed": 7}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    error = fails(capsys, "figure", "fig1", "--preset", "smoke", "--output", str(tmp_path / "copy"))
    assert "beta: saved 100.0, asked inf" in error
    assert "seed" not in error


def test_a_study_is_drawn_with_its_own_seed_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "smoke" / "drift").mkdir(parents=True)
    (tmp_path / "smoke" / "drift" / "manifest.json").write_text('{"configuration": {"seed": 0}, "parts": []}')
    where = ["--preset", "smoke", "--output", str(tmp_path)]
    assert "seed: saved 0, asked 5" in fails(capsys, "figure", "drift", *where, "--seed", "5")
    assert "leave --sigma out" in fails(capsys, "figure", "drift", *where, "--sigma", "1")


@pytest.mark.parametrize("command", ["run", "figure", "reproduce", "test", "validity"])
def test_a_command_without_a_name_says_what_to_give(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    error = fails(capsys, command)
    assert f"`corr {command} fig1`" in error and "architectures" in error
    assert "the groups paper, studies, systems, atlas, learning, all" in error


@pytest.mark.slow
def test_several_experiments_are_run_and_tested(
    smoke: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy(smoke, tmp_path / "copy")
    where = ["fig1", "fig2", "--preset", "smoke", "--output", str(tmp_path / "copy")]
    assert cli.main(["run", *where]) == 0
    assert capsys.readouterr().out.count("reused") == 3
    assert cli.main(["test", *where]) == 0
    assert "fig2: this run is also one of fig1's" in capsys.readouterr().out
    assert "unknown experiment" in fails(capsys, "run", "fig1", "fig9x", *where[2:])
    assert "reused" not in capsys.readouterr().out


def listed(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """What `corr list` prints."""
    capsys.readouterr()
    assert cli.main(["list", *args]) == 0
    return capsys.readouterr().out


@pytest.fixture
def timings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[cost.Speed]:
    """Every timing that is made; the n-th one finds the machine n times slower than the first."""
    made: list[cost.Speed] = []

    def timed() -> cost.Speed:
        number = len(made) + 1
        made.append(cost.Speed(number * 2e-5, number * 3e-5, number * 8.0, f"{number} o'clock"))
        return made[-1]

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(cost, "_timed", timed)
    monkeypatch.setattr(cost, "_not_kept", {})
    return made


def test_list_names_every_experiment_and_preset(
    capsys: pytest.CaptureFixture[str], timings: list[cost.Speed], tmp_path: Path
) -> None:
    out = listed(capsys)
    head, body = out.split("\nfig1 ", 1)
    assert "timed 1 o'clock" in " ".join(head.split()) and "`corr list --time-again`" in " ".join(head.split())
    heads = ["fig1", *(line.split()[0] for line in body.splitlines()[1:] if not line.startswith(" "))]
    assert heads == list(CATALOGUE)
    assert max(map(len, out.splitlines())) <= 80
    said = " ".join(out.split())
    assert all(said.count(found.title) == 1 for found in CATALOGUE.values() if found.name != "figs1")
    for size in ("smoke", "quick", "paper"):
        assert out.count(f"\n    {size} ") == len(CATALOGUE)
    for group in GROUPS:
        assert out.count(f"\n  group {group}: ") == 1
    kept = tmp_path / "neuroevolution-correspondence"
    assert {file.name for file in kept.glob("*.json")} == {"probe.json", "list.json"}
    assert listed(capsys) == out and len(timings) == 1


def test_a_list_that_is_kept_is_made_again_when_something_changed(
    capsys: pytest.CaptureFixture[str], timings: list[cost.Speed], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = listed(capsys, "fig1", "studies")
    with monkeypatch.context() as patch:
        patch.setattr(timetable, "timetable", lambda **options: pytest.fail("made again"))
        assert listed(capsys, "fig1", "studies") == out
        patch.setenv("COLUMNS", "40")
        assert listed(capsys, "fig1", "studies").count("\n") > out.count("\n"), "wrapped anew"
        patch.setattr("corr.__version__", "0.0")
        with pytest.raises(pytest.fail.Exception, match="made again"):
            listed(capsys, "fig1")
    assert "timed 2 o'clock" in " ".join(listed(capsys, "fig1", "--time-again").split())
    assert "timed 2 o'clock" in " ".join(listed(capsys, "fig1").split()) and len(timings) == 2


def test_a_group_takes_as_long_as_its_runs_each_counted_once(
    capsys: pytest.CaptureFixture[str], timings: list[cost.Speed]
) -> None:
    table = timetable.timetable(again=False)
    assert table["groups"]["all"]["names"] == [*CATALOGUE]
    for size in ("smoke", "quick", "paper"):
        names = ("paper", "studies", "systems", "atlas", "learning", "wiring", "all")
        *groups, everything = (table["groups"][name]["seconds"][size] for name in names)
        paper, studies, *_ = groups
        alone = [table["entries"][name]["presets"][size][0] for name in CATALOGUE]
        assert max(paper, studies) < everything < sum(alone), "Figures 1, 2, S2 and the bias share runs"
        # only the bias of the studies runs what Figure 2 runs
        shared = table["entries"]["bias"]["presets"][size][0]
        assert everything == pytest.approx(sum(groups) - shared)
    assert table["groups"]["systems"]["names"] == ["budget"]
    assert listed(capsys, "paper").count("  group ") == 1


def test_a_list_of_other_names_asks_the_catalogue(
    capsys: pytest.CaptureFixture[str], timings: list[cost.Speed], tmp_path: Path
) -> None:
    listed(capsys)
    assert "unknown experiment 'fig9x'" in fails(capsys, "list", "fig9x")
    mine = tmp_path / ("n" * 100) / "mine.py"  # longer than a line
    mine.parent.mkdir()
    mine.write_text(
        "from dataclasses import replace\nfrom corr.experiments.paper.shallow import fig1\n"
        "experiment = replace(fig1, name='mine', title='my own')\n"
    )
    assert "\n               my own\n" in listed(capsys, str(mine)) and len(timings) == 1


@pytest.mark.parametrize("command", ["test", "figure", "validity"])
def test_options_of_a_run_are_not_offered_where_nothing_runs(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "fig1", "--fresh"])
    assert stop.value.code == 2
    for asked, expected in ((command, set()), ("run", set(RUN_ONLY))):
        capsys.readouterr()
        with pytest.raises(SystemExit):
            cli.main([asked, "--help"])
        text = capsys.readouterr().out
        assert {option for option in RUN_ONLY if option in text} == expected
