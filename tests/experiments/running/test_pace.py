"""How long `corr reproduce all` says it still takes."""

from pathlib import Path

import pytest

from corr.experiments.catalogue import CATALOGUE
from corr.experiments.commands.actions import planned
from corr.experiments.declaring.experiment import Preset
from corr.experiments.declaring.options import Options
from corr.experiments.running import cost
from corr.experiments.running.machine import read_cache
from corr.experiments.running.pace import Pace, due
from corr.results import write_json


def test_shared_runs_are_counted_once_and_finished_ones_not_at_all(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    assert due([{one: 10.0}, {one: 10.0, other: 5.0}]) == 15.0
    one.mkdir()
    write_json(one / "manifest.json", {"complete": True})
    assert due([{one: 10.0}, {one: 10.0, other: 5.0}]) == 5.0
    (one / "manifest.json").write_text("{")
    assert due([{one: 10.0}]) == 10.0


def test_what_figures_take_beyond_their_estimates_is_expected_of_those_ahead(tmp_path: Path) -> None:
    pace, ahead = Pace(), [{tmp_path / "a": 100.0}, {tmp_path / "b": 200.0}]
    assert pace.left(ahead) == 300.0
    pace.note(0.1, 20.1)
    pace.note(1.0, 11.0)
    assert pace.left(ahead) == 330.0
    pace.note(1000.0, 0.0)
    assert pace.left(ahead) == 0.0


SIDES = ("mutation", "gradient")
SPEED = cost.Speed(mutation=1e-3, gradient=1e-2, compiling=1000.0)


def test_an_estimate_counts_the_steps_of_all_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation in 1 ms a step, the gradient sides in 10: every kind of step is another power of ten here."""
    monkeypatch.setattr(cost, "machine_speed", lambda: SPEED)
    compiled = cost.COMPILED * SPEED.compiling
    one = {"twin_trajectories": 4, "record_every": 1.0, "descent_learning_rate": 0.1}
    # λα = 2e-3: 500 mutation steps of 3 runs, 500 twin steps of 4, 10 descent steps counted twice
    short = Preset(1e-3, (2.0,), (3,), end_time=1.0, **one)
    stepped = cost.estimate(short) - compiled
    assert stepped == pytest.approx(500 * 3 * 1e-3 + 500 * 4 * 1e-2 + 10 * 1e-2 * 2)
    assert cost.estimate(short, 7.0) == pytest.approx(7 * stepped + compiled)
    # λα = 1e-4, to t = 10: twins by 1e-3 to t = 8, then one of them by 1e-4
    stiff = Preset(1e-4, (1.0,), (2,), end_time=10.0, thin=(8.0, 1), **one)
    stepped = cost.estimate(stiff) - compiled
    assert stepped == pytest.approx(1e5 * 2 * 1e-3 + (8000 * 4 + 20_000) * 1e-2 + 100 * 1e-2 * 2)
    both = Preset(1e-3, (2.0, 4.0), (3, 5), end_time=1.0, **one)
    wide = Preset(1e-3, (4.0,), (5,), end_time=1.0, **one)
    assert cost.estimate(both) == pytest.approx(cost.estimate(short) + cost.estimate(wide))


def test_minutes_of_studies_are_those_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    job = planned(CATALOGUE["drift"], Options(preset="quick"))
    for slower in (1.0, 3.0):
        speed = cost.REFERENCE._replace(**{side: slower * getattr(cost.REFERENCE, side) for side in SIDES})
        monkeypatch.setattr(cost, "machine_speed", lambda speed=speed: speed)
        assert cost.study_seconds(job) == {job.folders[0]: pytest.approx(60 * slower * job.entry.minutes["quick"])}


@pytest.mark.parametrize(
    ("walls", "share", "said"),
    [
        ([1.0, 1.2, 1.1, 1.3, 9.0], 1.0, False),  # one part held up
        ([1.0, 1.2, 1.1, 1.7, 1.8], 1.0, True),
        ([1.0, 1.2, 1.1, 1.3, 1.1], 0.4, True),  # steady, but the processor is shared
    ],
)
def test_a_timing_under_load_is_told_and_not_kept(
    walls: list[float], share: float, said: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts = [cost.Part(9.0, 9.0), cost.Part(9.0, 9.0), *(cost.Part(wall, share * wall) for wall in walls)]
    taken: list[object] = []
    monkeypatch.setattr(cost, "_parts", lambda side, params: taken.append(side) or parts)
    monkeypatch.setattr(cost, "_not_kept", {})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    speed = cost.machine_speed()
    assert speed.compiling == pytest.approx(2 * 2 * (9 - 1)) and speed.mutation == pytest.approx(1 / 200 / 16)
    assert bool(speed.unsteady) == said and ("% of one core" in speed.unsteady) == said
    assert bool(read_cache(cost.KEPT)) != said
    assert cost.machine_speed() == speed and len(taken) == 4, "timed once in a process"
    cost.machine_speed(again=True)
    assert len(taken) == 8
