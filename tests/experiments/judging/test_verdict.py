"""Verdicts say what the numbers say: on true twins, on a wrong twin, on thinned, lost and repeated trajectories."""

import math
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import xarray

import corr
from corr.experiments.declaring.experiment import Margins
from corr.experiments.judging.equivalence import equivalence
from corr.experiments.judging.sides import side_rows
from corr.experiments.judging.statements import report
from corr.experiments.judging.verdict import order_by_step_ratio

Sides = Callable[..., corr.Comparison]
MARGINS = Margins(weights_until=1.0, loss_until=1.0)


@pytest.fixture(scope="session")
def sides(bowls: Sides) -> Sides:
    """``sides(wrong=1.0)``: a bowl at small λα; ``wrong`` multiplies the drift of the twin."""
    return partial(bowls, 1e-3)


@pytest.mark.slow
def test_a_true_twin_is_not_told_apart_and_a_wrong_one_is(sides: Sides) -> None:
    for wrong, told in ((1.0, False), (0.8, True)):
        found = report(equivalence(sides(wrong), MARGINS), sides(wrong))
        assert (found["verdicts"]["twin"]["difference_p"] < 1e-2) == told
        assert ("different" in found["verdicts"]["twin"]["verdict"]) == told
        assert found["sentences"][0].endswith(f"(48 runs against 200 twins): {found['verdicts']['twin']['verdict']}.")


@pytest.mark.parametrize("lost", ["thinned", "one of them", "both"])
def test_all_times_together_are_all_whatever_is_thinned_or_lost(lost: str, sides: Sides) -> None:
    """Loss and weights 2 standard deviations off at the first time alone; twins thinned to 24, one lost elsewhere."""
    walk, twin = sides().mutation.copy(deep=True), sides().twin.copy(deep=True)
    followed = np.ones(twin.loss.shape, bool)
    if lost != "one of them":
        followed[24:, 3:] = False
    if lost != "thinned":
        followed[7, 2:] = False
    twin = twin.assign(
        path=twin.path.where(followed[..., None]), loss=twin.loss.where(followed),
        count=("time", followed.sum(axis=0)),
    )  # fmt: skip
    plain = equivalence(sides()._replace(twin=twin), MARGINS).sel(side="twin")
    walk["loss"][:, 1] += 2 * float(twin.loss[:, 1].std())
    walk["path"][:, 1] += 2 * twin.path[:, 1].std("path_trajectory")
    planted = equivalence(sides()._replace(mutation=walk, twin=twin), MARGINS).sel(side="twin")
    assert np.isfinite(planted.weights_p).all() and planted.time.values[-1] == 1.0
    # The smallest p of 1999 resamples, twice where the times have two parts.
    for test in ("loss differs", "weights differ"):
        assert float(planted.together_p.sel(test=test)) <= 2 / 2000 < float(plain.together_p.sel(test=test))
    assert planted.trajectories.values.tolist() == [48, 200 - (lost != "thinned")]


def test_rows(sides: Sides) -> None:
    made = sides()
    for name in ("twin", "descent"):
        rows = side_rows(made.mutation, getattr(made, name), made.descent)
        assert [row["time"] for row in rows] == [0.25, 0.5, 0.75, 1.0]
        losses = made.mutation.loss.values.astype(float)
        for k, row in enumerate(rows, start=1):
            assert row["delta"] - row["sampling_noise"] == pytest.approx(row["unbiased"], rel=1e-6, abs=1e-9)
            assert row["loss"] == pytest.approx(losses[:, k].mean())
            assert row["followed"] == (200 if name == "twin" else 1)
            assert all(math.isfinite(value) for value in row.values())
        own = losses[:, -1].var(ddof=1) / 48
        other = made.twin.loss.values[:, -1].astype(float).var(ddof=1) / 200 if name == "twin" else 0.0
        assert rows[-1]["loss_error"] == pytest.approx(math.sqrt(own + other))


def test_repeated_trajectories_are_refused(sides: Sides) -> None:
    walk = sides()
    copies = walk.mutation.isel(path_trajectory=np.zeros(48, int), trajectory=np.zeros(48, int))
    with pytest.raises(ValueError, match="repeats 47 of its trajectories"):
        side_rows(copies, walk.twin, walk.descent)


def test_descent_that_has_not_moved_is_refused(sides: Sides) -> None:
    walk = sides()
    still = walk.descent.assign(path=walk.descent.path * 0)
    with pytest.raises(ValueError, match="noise-free descent has not moved by t = 1"):
        side_rows(walk.mutation, walk.twin, still)


def test_runs_are_put_in_order_of_their_distance_to_descent() -> None:
    """One weight, 25 runs a known distance off: unbiased Δ is its square less the sampling noise, its unit t²."""
    times, scatter = np.arange(4.0), np.linspace(-0.1, 0.1, 25)

    def run(step_ratio: float, off: float) -> SimpleNamespace:
        paths = times[None, :, None] + (off + scatter[:, None, None]) * (times[None, :, None] > 0)
        dims = ("path_trajectory", "time", "parameter")
        walk = xarray.Dataset({"path": (dims, paths)}, {"time": times}, {"step_ratio": step_ratio})
        descent = xarray.Dataset({"path": (dims, times[None, :, None])}, {"time": times})
        return SimpleNamespace(sides=corr.Comparison(walk, walk, descent))

    runs = [run(1.0, 0.1), run(10.0, 0.5), run(100.0, 0.2)]
    entries = order_by_step_ratio(runs, at=(1.0, 2.0, 5.0))  # pyright: ignore[reportArgumentType]
    assert [(one["time"], one["step_ratios"]) for one in entries] == [
        (time, pair) for time in (1.0, 2.0) for pair in ([1.0, 10.0], [10.0, 100.0])
    ]
    noise = scatter.var(ddof=1) / 25
    np.testing.assert_allclose(entries[0]["unbiased"], [0.1**2 - noise, 0.5**2 - noise], rtol=1e-9)
    np.testing.assert_allclose(entries[2]["unbiased"], np.array([0.1**2 - noise, 0.5**2 - noise]) / 4, rtol=1e-9)
    # |bias|² varies by 2 |bias| times the error of the mean, and a little by its square.
    near = (0.5**2 - 0.1**2) / math.hypot(2 * 0.5 * math.sqrt(noise), 2 * 0.1 * math.sqrt(noise))
    assert entries[0]["standard_errors_apart"] == pytest.approx(near, rel=0.05)
    assert entries[1]["standard_errors_apart"] < -10
