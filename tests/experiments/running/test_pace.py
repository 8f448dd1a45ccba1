"""How long `corr reproduce all` says it still takes."""

from pathlib import Path

import pytest

from corr.results import write_json
from experiments.declaring.experiment import Preset
from experiments.running import cost
from experiments.running.pace import Pace, due


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


def test_an_estimate_counts_the_steps_of_all_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation in 1 ms a step, the gradient sides in 10: every kind of step is another power of ten here."""
    monkeypatch.setattr(cost, "machine_speed", lambda: {"mutation": 1e-3, "gradient": 1e-2})
    one = {"twin_trajectories": 4, "record_every": 1.0, "descent_learning_rate": 0.1}
    # λα = 2e-3: 500 mutation steps of 3 runs, 500 twin steps of 4, 10 descent steps counted twice
    short = Preset(1e-3, (2.0,), (3,), end_time=1.0, **one)
    assert cost.estimate(short) == pytest.approx(500 * 3 * 1e-3 + 500 * 4 * 1e-2 + 10 * 1e-2 * 2)
    assert cost.estimate(short, 7.0) == pytest.approx(7 * cost.estimate(short))
    # λα = 1e-4, to t = 10: twins by 1e-3 to t = 8, then one of them by 1e-4
    stiff = Preset(1e-4, (1.0,), (2,), end_time=10.0, thin=(8.0, 1), **one)
    assert cost.estimate(stiff) == pytest.approx(1e5 * 2 * 1e-3 + (8000 * 4 + 20_000) * 1e-2 + 100 * 1e-2 * 2)
    both = Preset(1e-3, (2.0, 4.0), (3, 5), end_time=1.0, **one)
    wide = Preset(1e-3, (4.0,), (5,), end_time=1.0, **one)
    assert cost.estimate(both) == pytest.approx(cost.estimate(short) + cost.estimate(wide))
