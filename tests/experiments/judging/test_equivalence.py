"""Equivalence within declared margins: established for a true twin, refused for a wrong one, bad input refused."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import xarray
from matplotlib.figure import Figure
from scipy import stats

import corr
import corr.figures as paper_figs
from corr.experiments import cli
from corr.experiments.declaring.experiment import Margins
from corr.experiments.judging.equivalence import bias_at_least, crossing_time, equivalence, established_until
from corr.experiments.judging.statements import report
from corr.figures.parts import draw
from corr.results import Results

MARGINS = Margins(weights=0.02, weights_until=0.75, loss=0.05, loss_until=1.0)


Sides = Callable[..., corr.Comparison]


@pytest.fixture(scope="session")
def sides(bowls: Sides) -> Sides:
    """``sides(wrong=1.0)``: a bowl; ``wrong`` multiplies the drift of the twin."""
    return partial(bowls, 1e-4)


@pytest.fixture(scope="session")
def equivalence_of(sides: Sides) -> Callable[..., xarray.Dataset]:
    """``equivalence_of(wrong=1.0)``."""
    return cache(lambda wrong=1.0: equivalence(sides(wrong), MARGINS))


def test_a_true_twin_is_equivalent_and_a_wrong_one_is_different(
    sides: Sides, equivalence_of: Callable[..., xarray.Dataset]
) -> None:
    true, wrong = equivalence_of(), equivalence_of(0.8)
    assert established_until(true.sel(side="twin"), "weights") == 0.75
    assert established_until(true.sel(side="twin"), "loss") == 1.0
    assert established_until(wrong.sel(side="twin"), "weights") == 0.0
    said = {name: report(found, sides(factor)) for name, found, factor in (("t", true, 1.0), ("w", wrong, 0.8))}
    assert said["t"]["verdicts"]["twin"]["equivalent"]
    assert said["w"]["verdicts"]["twin"]["verdict"].startswith("different")
    assert "runs" in said["w"]["sentences"][-1] or "established" in said["w"]["sentences"][-1]
    assert {row["verdict"] for row in said["t"]["rows"]} <= {
        "equivalent", "not established", "differs", "no difference found"
    }  # fmt: skip


def bent(bias: float, count: int, seed: int, scatter: float = 0.01) -> xarray.Dataset:
    """Straight paths in four parameters, bent away by ``bias`` t² with a little scatter."""
    time = np.linspace(0.0, 1.0, 11)
    noise = scatter * np.random.default_rng(seed).normal(size=(count, 11, 4)) * time[:, None]
    paths = time[:, None] + bias * time[:, None] ** 2 * np.array([1.0, -1.0, 1.0, -1.0]) + noise * bool(bias)
    losses = 1 - 0.5 * time + noise[..., 0] * bool(bias)
    return xarray.Dataset(
        {"path": (("path_trajectory", "time", "parameter"), paths), "loss": (("trajectory", "time"), losses)},
        coords={"time": time},
    )


def test_equivalence_with_descent_ends_where_the_twins_themselves_cross_the_margin(
    equivalence_of: Callable[..., xarray.Dataset],
) -> None:
    """|bias|² = (t/4)² of the squared distance travelled: 1.6 % at t = 0.5, 2.25 % at t = 0.6, known to 0.1 %."""
    made = corr.Comparison(bent(0.25, 48, 0), bent(0.25, 200, 1), bent(0.0, 1, 2))
    found = equivalence(made, replace(MARGINS, weights_until=1.0))
    assert crossing_time(found) == pytest.approx(0.6)
    # The loss falls as t/2, from 1: the margin is a share of the fall, not of what is left.
    np.testing.assert_allclose(found.loss_margin, MARGINS.loss * 0.5 * np.tile(found.time, (2, 1)), rtol=1e-6)
    assert established_until(found.sel(side="descent"), "weights") == pytest.approx(0.5)
    assert established_until(found.sel(side="twin"), "weights") == 1.0
    assert crossing_time(equivalence_of()) == np.inf


@pytest.mark.slow
def test_a_crossing_within_the_noise_is_said_to_be_one(
    sides: Sides, equivalence_of: Callable[..., xarray.Dataset]
) -> None:
    found = equivalence_of()
    crossed = found.assign(twin_weights=found.weights_margin.sel(side="descent") * 1.5)
    for error, unsure in ((1.0, True), (0.1, False)):
        said = report(crossed.assign(twin_weights_error=error * crossed.weights_margin.sel(side="descent")), sides())
        assert any("not told from none" in text for text in said["sentences"]) == unsure
        assert any("crosses the margin of the weights at t = 0.25" in text for text in said["sentences"])


@pytest.mark.slow
def test_a_difference_beyond_the_margin_is_said_where_it_is_known() -> None:
    """|bias|² is 2.25 % of its unit at t = 0.6, known to 0.1 % with little scatter, else 1 %."""
    said = []
    for scatter in (0.01, 0.1):
        sides = bent(0.25, 48, 0, scatter), bent(0.25, 200, 1, scatter), bent(0.0, 1, 2)
        made = corr.Comparison(*sides)
        said.append(report(equivalence(made, replace(MARGINS, weights_until=1.0)), made)["reach"])
    clear, blurred = (reach["descent"]["weights"]["beyond"] for reach in said)
    assert clear == pytest.approx(0.6) and (blurred is None or blurred > 0.65)
    assert all(reach["twin"]["weights"]["beyond"] is None for reach in said)


def test_a_bias_equal_to_the_margin_is_rarely_said_to_be_beyond() -> None:
    """Errors at 5 declared times together, 8 trajectories, half the variance in one direction along the bias, skewed.

    Less a Student's quantile of the jackknife's standard errors, the estimate exceeds the margin too often.
    """
    rng, times, repeats = np.random.default_rng(0), 5, 200
    spread, bias = np.array([4.0, *[0.5] * 32]), np.array([3.0, *[0.0] * 32])
    margin, path = np.full(times, np.mean(bias**2)), np.zeros((times, 33))
    wrong = {"bound": 0, "plain": 0}
    for _ in range(repeats):
        noise = rng.normal(size=(8, times, 33))
        noise[..., 0] = (1 - noise[..., 0] ** 2) / np.sqrt(2)
        paths = bias + spread * noise
        plain = corr.inference.unbiased_delta(paths, path) - stats.t.isf(0.05 / times, 7) * (
            corr.inference.delta_standard_error(paths, path)
        )
        wrong["bound"] += bool((bias_at_least(paths, path, margin, times) > margin).any())
        wrong["plain"] += bool((plain > margin).any())
    allowed = 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)
    assert wrong["bound"] / repeats < allowed < wrong["plain"] / repeats


def test_statements_are_made_inside_the_declared_times_only(equivalence_of: Callable[..., xarray.Dataset]) -> None:
    found = equivalence_of()
    assert np.isnan(found.weights_p.sel(time=1.0)).all() and np.isfinite(found.loss_p).all()
    assert (found.weights_p.sel(time=0.5) < 0.05).all()


def test_a_run_that_ends_early_is_not_equivalent_to_the_last_declared_time(sides: Sides) -> None:
    found = equivalence(sides(), replace(MARGINS, weights_until=3.0))
    said = report(found, sides())
    assert not said["verdicts"]["twin"]["equivalent"]
    (row,) = (row for row in said["rows"] if row["null"].startswith("(a)") and row["test"] == "weights equivalent")
    assert row["verdict"] == "not established" and row["until"] == 1.0
    assert "declared to t = 3, the run ends at 1" in row["meaning"]


def test_repeated_trajectories_and_other_times_are_refused(sides: Sides) -> None:
    good = sides()
    twice = good.mutation.copy(deep=True)
    twice["path"][1] = twice["path"][0].values
    with pytest.raises(ValueError, match="repeats 1 of its trajectories"):
        equivalence(good._replace(mutation=twice), MARGINS)
    with pytest.raises(ValueError, match="share their recorded times"):
        equivalence(good._replace(twin=good.twin.isel(time=[0, 2, 4])), MARGINS)
    for what in ("weights_until", "loss_until"):
        with pytest.raises(ValueError, match=f"t = 0.25, expected at most {what} = 0.2: record more often"):
            equivalence(good, replace(MARGINS, **{what: 0.2}))
    with pytest.raises(ValueError, match="paths of 1 mutation and 200 twin trajectories, the tests need 3"):
        equivalence(good._replace(mutation=good.mutation.isel(path_trajectory=[0])), MARGINS)


@pytest.mark.slow
def test_command_line_gives_the_verdict_of_the_functions(
    smoke: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(smoke, tmp_path / "copy")
    assert cli.main(["test", "fig1", "--preset", "smoke", "--output", str(tmp_path / "copy")]) == 0
    printed = capsys.readouterr().out
    folder = tmp_path / "copy" / "smoke" / "shallow-lambda-100"
    saved = json.loads((folder / "verdict.json").read_text())
    run = corr.load_run(folder)[0]
    again = report(equivalence(run, Margins()), run)
    assert saved["verdicts"] == again["verdicts"] and saved["rows"] == again["rows"]
    assert saved["verdicts"]["twin"]["verdict"] in " ".join(printed.split())
    assert (folder.parent / "figures" / f"equivalence-{folder.name}.pdf").stat().st_size > 1000


def test_command_line_refuses_what_it_cannot_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["test", "fig1", "--preset", "smoke", "--output", str(tmp_path)]) == 2
    assert "run `corr run fig1 --preset smoke" in capsys.readouterr().err
    assert cli.main(["test", "levels"]) == 2
    assert "levels is a study" in capsys.readouterr().err


def test_figure_shows_its_bounds_and_ends_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds 50 times the margin lie inside the axes; margins declared to t = 8 of a run to t = 0.5."""
    time, one = [0.25, 0.5], {"travelled": [1.0, 1.0], "fallen": [1.0, 1.0]}
    one |= {"time": time, "weights": [-0.2, 0.3], "weights_upper": [9.0, 1.0], "weights_p": [0.9, 0.9]}
    one |= {"loss": [0.0, 0.0], "loss_lower": [-0.01, -0.01], "loss_upper": [0.01, 0.01], "loss_p": [0.01, 0.01]}
    margins = {"weights": 0.02, "weights_until": 3.0, "loss": 0.02, "loss_until": 8.0}
    content = {
        "series": {"twin": one, "descent": one},
        "margins": margins,
        "level": 0.05,
        "run": "r",
        "preset": "p",
        "origin": "o",
    }
    (tmp_path / "verdict.json").write_text(json.dumps(content))
    figures: list[Figure] = []
    monkeypatch.setattr(draw, "save", lambda figure, *args: figures.append(figure) or [])
    paper_figs.draw_tests(Results(tmp_path), tmp_path)
    weights, loss = figures[0].axes[0], figures[0].axes[2]
    assert weights.get_xlim() == (0.0, 0.5)
    assert weights.get_ylim()[0] < -20 and 100 < weights.get_ylim()[1] < 900
    assert loss.get_ylim() == pytest.approx((-10.0, 10.0))
    said = [text.get_text() for text in figures[0].legends[0].get_texts()]
    assert "bound off the axis" in said
