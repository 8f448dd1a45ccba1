"""`corr figure` of runs that nothing has judged yet."""

from dataclasses import replace
from pathlib import Path

import pytest

import corr.figures as paper_figs
from corr.experiments.commands.actions import draw_again, planned, reader
from corr.experiments.declaring.number import Number
from corr.experiments.declaring.options import Options
from corr.experiments.paper.shallow import fig1


def test_numbers_that_figures_quote_are_there_before_they_are_drawn(
    smoke: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = replace(fig1, name="quoting", numbers=lambda runs: {"runs": Number(float(len(runs)), 0.1)})
    seen: list[float] = []
    monkeypatch.setattr(
        paper_figs,
        "draw",
        lambda name, results, folder: seen.append(results[0].json(f"numbers-{name}.json")["runs"]["value"]) or [],
    )
    draw_again(planned(entry, Options(preset="smoke", output=smoke)), reader())
    assert seen == [1.0]
