"""The numbers beside a figure are the saved ones, and what was run is stated on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

import corr.figures as paper_figs
from corr import load_run
from corr.figures import fig1, fig2
from corr.figures.parts.read import read_run
from corr.figures.parts.settings import settings, short
from corr.figures.parts.style import DESCENT, MEAN, SINGLE, TWIN, ratio_colours
from corr.results import Results


def close(got: Any, expected: np.ndarray) -> None:
    np.testing.assert_allclose(np.asarray(got, float), expected, rtol=1e-12, atol=0)


def test_fig1a_and_fig1b_hold_the_saved_weights(drawn: Any, runs: list[Path]) -> None:
    walk, twin, descent = load_run(runs[0])[0]
    over_time, at_end = drawn.numbers("fig1a"), drawn.numbers("fig1b")
    chosen, order = over_time["weights"], at_end["order"]
    assert chosen == [0, 4, 7, 11]
    close(over_time["time"], walk.time.values)
    close(over_time["single"], walk.path.values[:25][:, :, chosen])
    close(over_time["mean"], walk["mean"].values[:, chosen])
    close(over_time["twin"], twin["mean"].values[:, chosen])
    close(over_time["descent"], descent.path.values[0][:, chosen])
    assert (np.diff(at_end["descent"]) >= 0).all() and sorted(order) == list(range(12))
    assert at_end["time"] == 10.0
    close(at_end["single"], walk.path.values[:25, -1][:, order])
    close(at_end["mean"], walk["mean"].values[-1, order])
    close(at_end["mean_standard_error"], np.sqrt(walk.variance.values[-1, order] / 8))
    close(at_end["twin_standard_error"], np.sqrt(twin.variance.values[-1, order] / 20))  # 20 twins followed after t = 8
    close(at_end["descent"], descent.path.values[0][-1, order])


def test_fig1c_holds_the_saved_losses(drawn: Any, runs: list[Path]) -> None:
    walk, twin, descent = load_run(runs[0])[0]
    numbers = drawn.numbers("fig1c")
    losses = walk.loss.values.astype(float)
    close(numbers["single"], losses[:25])
    close(numbers["mean"], losses.mean(axis=0))
    close(numbers["mean_standard_error"], losses.std(axis=0, ddof=1) / np.sqrt(8))
    close(numbers["twin"], np.nanmean(twin.loss.values.astype(float), axis=0))
    close(numbers["descent"], descent.loss.values[0].astype(float))


def test_fig2_holds_one_curve_for_each_step_ratio(drawn: Any, runs: list[Path]) -> None:
    weights, distances = drawn.numbers("fig2a")["curves"], drawn.numbers("fig2b")["curves"]
    assert [c["configuration"]["step_ratio"] for c in distances] == [1.0, 10.0, 100.0]
    for folder, curve, distance in zip(runs, weights, distances, strict=True):
        walk, twin, descent = load_run(folder)[0]
        paths, path = walk.path.values.astype(float), descent.path.values[0].astype(float)
        moved = np.abs(path[-1] - path[0])
        assert curve["weights"] == [int(np.argmax(moved))]
        close(curve["mean"], walk["mean"].values[:, curve["weights"]])
        close(curve["single"], walk.path.values[:8][:, :, curve["weights"]])  # as many in every panel
        delta = ((paths.mean(axis=0) - path) ** 2).mean(axis=1)
        noise = paths.var(axis=0, ddof=1).mean(axis=1) / len(paths)
        np.testing.assert_allclose(distance["delta"], delta, rtol=1e-9, atol=1e-18)
        np.testing.assert_allclose(distance["sampling_noise"], noise, rtol=1e-9)
        np.testing.assert_allclose(distance["unbiased"], delta - noise, rtol=1e-6, atol=1e-12)
        close(distance["delta_twin"], ((walk["mean"].values - twin["mean"].values) ** 2).mean(axis=1))
        spread = (twin.variance.values / twin["count"].values[:, None]).mean(axis=1)
        np.testing.assert_allclose(distance["sampling_noise_twin"], noise + spread, rtol=1e-9)
        assert np.all(np.asarray(distance["standard_error"])[1:] > 0)


def test_what_is_drawn_is_what_is_written(drawn: Any) -> None:
    """The lines on the axes hold the JSON's arrays, in the colours of the paper."""
    numbers, axes = drawn.numbers("fig1a"), drawn.figures["fig1a"].axes
    for k, axis in enumerate(axes):
        for style, name in ((MEAN, "mean"), (TWIN, "twin"), (DESCENT, "descent")):
            lines = [line for line in axis.lines if line.get_color() == style["color"]]
            close(np.concatenate([line.get_ydata() for line in lines]), np.asarray(numbers[name])[:, k])
            assert len(lines) == (2 if name == "twin" else 1)
        assert sum(line.get_color() == SINGLE["color"] for line in axis.lines) == 8
    above = drawn.figures["fig2b"].axes[0]
    for curve, colour in zip(drawn.numbers("fig2b")["curves"], ratio_colours(3), strict=True):
        line = next(line for line in above.lines if line.get_color() == colour and line.get_linestyle() == "-")
        close(line.get_ydata(), np.asarray(curve["delta"])[1:])
    assert above.get_yscale() == "log" and drawn.figures["fig1c"].axes[0].get_yscale() == "log"


def test_points_where_seen_and_upper_limits_elsewhere(drawn: Any) -> None:
    """Δ less noise is a point where it exceeds its standard error, else a hollow mark two errors above it."""
    above = drawn.figures["fig2b"].axes[0]
    marks = [np.asarray(marks.get_offsets()) for marks in above.collections if isinstance(marks, PathCollection)]
    for curve, colour, limits in zip(drawn.numbers("fig2b")["curves"], ratio_colours(3), marks, strict=True):
        at = curve["points"]
        value, error = (np.asarray(curve[name], float)[at] for name in ("unbiased", "standard_error"))
        seen = value > error
        points = next(line for line in above.lines if line.get_marker() == "o" and line.get_color() == colour)
        close(points.get_ydata(), value[seen])
        expected = (value + 2 * error)[~seen]
        close(limits[:, 1], expected[expected > 0])
        assert min([*value[seen], *limits[:, 1]]) > above.get_ylim()[0]


def test_the_legend_names_what_is_drawn(drawn: Any) -> None:
    figure = drawn.figures["fig2b"]
    said = " ".join(text.get_text() for text in figure.legends[0].get_texts())
    limits = sum(len(c.get_offsets()) for c in figure.axes[0].collections if isinstance(c, PathCollection))
    assert ("upper limit" in said) == (limits > 0)
    assert ("1 s.e." in said) == any(len(bars.lines[0].get_xdata()) > 0 for bars in figure.axes[0].containers)


@pytest.mark.parametrize(("errors", "entries"), [(1e-9, (True, False)), (1e9, (False, True))])
def test_the_legend_of_points_alone_and_of_limits_alone(
    runs: list[Path], errors: float, entries: tuple[bool, bool]
) -> None:
    curve = {"unbiased": np.ones(3), "standard_error": np.full(3, errors), "points": np.arange(3)}
    figure = Figure()
    fig2._legend(figure, [read_run(Results(runs[0]))], [curve])
    said = " ".join(text.get_text() for text in figure.legends[0].get_texts())
    assert ("1 s.e." in said, "upper limit" in said) == entries


def test_every_figure_states_its_settings(drawn: Any) -> None:
    for figure in drawn.figures.values():
        text = " ".join(figure.get_suptitle().split())
        for part in ("preset quick", "β = ∞", "s = ∞", "α = 1e-5", "twin n = 40 (20 after t = 8)", "descent α = 1e-4"):
            assert part in text
        several = "/" in text
        assert ("λ = 1 / 10 / 100" if several else "λ = 1,") in text
        assert ("σ = 2.51e-5 / 2.51e-4 / 2.51e-3" if several else "σ = 2.51e-5,") in text
        assert ("n = 8 / 12 / 12" if several else "n = 8,") in text


def test_runs_of_ones_own_are_stated_by_their_names(tmp_path: Path, new_run: Callable[..., Path]) -> None:
    own = new_run(tmp_path / "own", changes={"preset": "none", "run": "huber"})
    said = settings([read_run(Results(own))], paper=None, ours=())
    assert said.startswith("huber, β = ∞") and "preset" not in said


def test_only_departures_from_the_paper_are_called_ours(tmp_path: Path, new_run: Callable[..., Path]) -> None:
    faithful = {"step_ratio": 0.1, "descent_learning_rate": 1e-5, "beta": 50.0}
    paper = settings(
        [read_run(Results(new_run(tmp_path / "paper", changes=faithful)))],
        paper={**fig1.PAPER, "trajectories": 8},
        ours=("start",),
    )
    assert paper.split("ours, not the paper’s: ")[1] == "start"
    assert "β = 50" in paper and "descent α" not in paper
    quick = settings([read_run(Results(new_run(tmp_path / "quick")))], paper=fig1.PAPER, ours=("start",))
    assert quick.split("ours, not the paper’s: ")[1] == "λ, n, descent α, start"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-5, "1e-5"), (2.5066e-5, "2.51e-5"), (1e-4, "1e-4"), (0.1, "0.1"), (0.0, "0"), (10.0, "10"), (100.0, "100"),
     (1e5, "1e5"), ("inf", "∞")],
)  # fmt: skip
def test_short_numbers(value: float | str, text: str) -> None:
    assert short(value) == text


def test_lost_trajectories_are_said_and_left_out(
    tmp_path: Path, new_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Means are over those that are finite; standard errors of Δ need all, so none are drawn; JSON says null."""
    monkeypatch.setattr(Figure, "savefig", lambda *args, **options: None)  # the numbers alone are read
    folder = new_run(tmp_path / "run", lost=2)
    files = [file for name in ("fig1", "fig2") for file in paper_figs.draw(name, [Results(folder)], tmp_path)]
    text = next(file for file in files if file.name == "fig2b.json").read_text(encoding="utf-8")
    assert "NaN" not in text and '"standard_error": [null' in text
    run = read_run(Results(folder))
    close(run.mutation.mean[-1], run.mutation.path[:6, -1].mean(axis=0))
    assert "n = 8 (6 finite)" in settings([run], paper={}, ours=("start",))


def test_any_number_of_step_ratios(
    tmp_path: Path, new_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Figure, "savefig", lambda *args, **options: None)  # the numbers alone are read
    folders = [new_run(tmp_path / f"run-{k}", 2.0**k, 4) for k in range(5)]
    assert len(paper_figs.draw("fig2", [Results(folder) for folder in folders], tmp_path)) == 6
    assert len(set(ratio_colours(5))) == 5
