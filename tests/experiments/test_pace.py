"""How long `corr reproduce all` says it still takes."""

from pathlib import Path

from corr._storage import write_json
from experiments._pace import Pace, due


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
