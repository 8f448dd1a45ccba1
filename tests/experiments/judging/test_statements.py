"""What is said of a run's tests: how many runs would be needed, and where no number of them would do."""

from collections.abc import Callable

import numpy as np
import pytest

import corr
from corr import inference
from corr.experiments.declaring.experiment import Margins
from corr.experiments.judging.equivalence import LEVEL, POWER, SEED, equivalence
from corr.experiments.judging.statements import BEYOND, report

MARGINS = Margins(weights=0.002, weights_until=1.0, loss=0.002, loss_until=1.0)


@pytest.fixture(scope="module")
def sides(bowls: Callable[..., corr.Comparison]) -> corr.Comparison:
    return bowls(1e-3)


@pytest.fixture
def unplanned(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what does not ask how many runs are needed, which resamples for seconds."""
    monkeypatch.setattr(inference, "trajectories_needed", lambda *args, **options: 1)


def said(made: corr.Comparison, margins: Margins) -> list[str]:
    return report(equivalence(made, margins), made)["sentences"]


def test_the_runs_needed_are_the_planners(sides: corr.Comparison) -> None:
    found = equivalence(sides, MARGINS).sel(side="descent")
    sentences = said(sides, MARGINS)
    for what, pilot in (("weights", sides.mutation.path), ("loss", sides.mutation.loss)):
        assert float(found[f"{what}_p"].max()) >= LEVEL, "the margin is too narrow for 48 runs"
        values, margin = pilot.values[:, 1:].astype(float), found[f"{what}_margin"].values
        count = inference.trajectories_needed(values, margin, seed=SEED, power=POWER, level=LEVEL)
        expected = f"To establish equivalence of the {what} with power {POWER:g}, were there no bias: {count} runs."
        assert expected in sentences


def test_what_no_number_of_runs_beside_these_twins_would_show_is_said(sides: corr.Comparison) -> None:
    tight = Margins(weights=1e-9, weights_until=1.0, loss=1e-9, loss_until=1.0)
    for what in ("weights", "loss"):
        assert any(
            line.startswith(f"To establish equivalence of the {what}: no number of trajectories")
            and "beside only 200 of the other side" in line
            for line in said(sides, tight)
        )


@pytest.mark.usefixtures("unplanned")
def test_what_differs_by_more_than_the_margin_needs_no_plan(sides: corr.Comparison) -> None:
    """Weights half a unit off from t = 0.5 on, known to a few per cent of that."""
    off = 0.5 * (sides.mutation.time.values >= 0.5)
    moved = sides._replace(
        mutation=sides.mutation.assign(path=sides.mutation.path + off.astype(np.float32)[None, :, None])
    )
    margins = Margins(weights=0.02, weights_until=1.0, loss=0.5, loss_until=1.0)
    found = report(equivalence(moved, margins), moved)
    sentences = found["sentences"]
    for side in ("twin", "descent"):
        assert found["verdicts"][side]["verdict"] == BEYOND and f"{BEYOND}." in " ".join(sentences)
        assert found["reach"][side]["weights"]["beyond"] == 0.5 and found["reach"][side]["loss"]["beyond"] is None
    assert sentences.count("Equivalence of the weights cannot be established: at t = 0.5 they differ by more.") == 2


@pytest.mark.usefixtures("unplanned")
def test_weights_declared_for_longer_than_the_loss_are_tested_for_as_long(sides: corr.Comparison) -> None:
    """Half a unit off from t = 0.75 on, where nothing is declared of the loss."""
    off = 0.5 * (sides.mutation.time.values >= 0.75)
    moved = sides._replace(
        mutation=sides.mutation.assign(path=sides.mutation.path + off.astype(np.float32)[None, :, None])
    )
    found = report(equivalence(moved, Margins(weights=0.02, weights_until=1.0, loss=0.5, loss_until=0.5)), moved)
    assert found["verdicts"]["descent"]["verdict"] == BEYOND
    assert found["reach"]["descent"]["weights"]["beyond"] == 0.75
    until = {row["test"]: row["until"] for row in found["rows"]}
    assert (until["weights differ"], until["weights equivalent"], until["loss equivalent"]) == (1.0, 1.0, 0.5)


@pytest.mark.usefixtures("unplanned")
def test_no_difference_beyond_the_margin_is_told_where_none_is_found(sides: corr.Comparison) -> None:
    """One verdict: a bound of one statement and the tests of equality must not say opposite things."""
    found = equivalence(sides, Margins(weights=1e-9, weights_until=1.0, loss=1e-9, loss_until=1.0))
    found["weights_least"] = found.weights_least + 1.0
    found["loss_least"] = found.loss_least + 1.0
    equal, apart = found.copy(deep=True), found.copy(deep=True)
    equal["together_p"][:] = 0.9
    apart["together_p"][:] = 0.001
    for told, beyond in ((equal, None), (apart, 0.25)):
        result = report(told, sides)
        assert [one["beyond"] for side in result["reach"].values() for one in side.values()] == [beyond] * 4
        assert all((one["verdict"] == BEYOND) == (beyond is not None) for one in result["verdicts"].values())


@pytest.mark.usefixtures("unplanned")
def test_times_that_would_be_equivalent_alone_are_counted(sides: corr.Comparison) -> None:
    """The first time fails, so nothing is established from the start on; the others are no secret."""
    found = equivalence(sides, Margins(weights=0.5, weights_until=1.0, loss=0.5, loss_until=1.0))
    found["weights_p"][:, 0] = 0.5
    result = report(found, sides)
    times = found.sizes["time"]
    assert result["reach"]["descent"]["weights"]["alone"] == [times - 1, times]
    said = f"weights at no time from the start on (alone at {times - 1} of {times}), loss to t = 1 of 1."
    assert any(said in line for line in result["sentences"])


def test_nothing_is_needed_where_everything_is_established(sides: corr.Comparison) -> None:
    wide = Margins(weights=0.5, weights_until=1.0, loss=0.5, loss_until=1.0)
    assert not [line for line in said(sides, wide) if line.startswith(("To establish", "Equivalence of"))]
