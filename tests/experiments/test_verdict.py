"""Verdicts say what the numbers say: on true twins, on a wrong twin, on repeated trajectories."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import xarray

import corr
from experiments.judging import verdict
from experiments.judging.sides import judge_side

Sides = Callable[..., corr.Comparison]


@pytest.fixture(scope="session")
def sides(bowls: Sides) -> Sides:
    """``sides(wrong=1.0)``: a bowl at small λα; ``wrong`` multiplies the drift of the twin."""
    return partial(bowls, 1e-3)


def judged(walk: corr.Comparison, side: str = "twin") -> dict:
    return judge_side(walk.mutation, getattr(walk, side), walk.descent, until=8.0, seed=1)


def test_true_twin_is_not_rejected_and_a_wrong_one_is(sides: Sides) -> None:
    true, wrong = judged(sides()), judged(sides(0.8))
    assert min(true["together"]["mean_p"], true["together"]["loss_p"]) > 1e-3
    assert "is not distinguished" in verdict.twin_sentence(true) or true["together"]["mean_p"] < 0.05
    assert wrong["together"]["mean_p"] < 0.01
    assert "differs" in verdict.twin_sentence(wrong)


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
    plain = judge_side(walk, twin, sides().descent, until=8.0, seed=1)["together"]
    walk["loss"][:, 1] += 2 * float(twin.loss[:, 1].std())
    walk["path"][:, 1] += 2 * twin.path[:, 1].std("path_trajectory")
    planted = judge_side(walk, twin, sides().descent, until=8.0, seed=1)["together"]
    assert plain["until"] == planted["until"] == 1.0
    # The smallest p of 1999 resamples, twice where the times have two parts.
    assert planted["loss_p"] <= 2 / 2000 < plain["loss_p"]
    assert planted["mean_p"] <= 2 / 2000 < plain["mean_p"]
    assert planted["trajectories"] == [48, 200 - (lost != "thinned")]


def test_rows(sides: Sides) -> None:
    result = judged(sides())
    assert [row["time"] for row in result["rows"]] == [0.25, 0.5, 0.75, 1.0]
    for row in result["rows"]:
        assert row["delta"] - row["sampling_noise"] == pytest.approx(row["unbiased"], rel=1e-6, abs=1e-9)
        assert row["detectable"] > 0
        assert all(math.isfinite(value) for value in row.values())


def test_descent_is_left_behind_only_where_it_is(sides: Sides) -> None:
    result = judged(sides(), "descent")
    far = sides()
    for loss_p, said in ((0.001, "differs from"), (0.03, "is not distinguished from")):
        stays = result | {"left_behind_at": None, "together": result["together"] | {"loss_p": loss_p}}
        assert "weights of averaged mutation are not shown to leave" in verdict.descent_sentence(stays)
        assert f"its mean loss {said} descent's" in verdict.descent_sentence(stays)
    moved = far.mutation.assign(path=far.mutation.path + 0.3 * (far.mutation.time > 0.3).astype("f4"))
    shifted = judge_side(moved, far.descent, far.descent, until=8.0, seed=1)
    assert shifted["left_behind_at"] == 0.5
    assert "leaves noise-free descent behind from t = 0.5 on" in verdict.descent_sentence(shifted)


def test_repeated_trajectories_are_refused(sides: Sides) -> None:
    walk = sides()
    copies = walk.mutation.isel(path_trajectory=np.zeros(48, int), trajectory=np.zeros(48, int))
    with pytest.raises(ValueError, match="repeats 47 of its trajectories"):
        judge_side(copies, walk.twin, walk.descent, until=8.0, seed=1)


def test_what_cannot_be_judged_is_refused_and_one_time_can_be(sides: Sides) -> None:
    walk = sides()
    with pytest.raises(ValueError, match=r"first recorded time after 0 is t = 0\.25, expected at most until = 0\.2"):
        judge_side(walk.mutation, walk.twin, walk.descent, until=0.2, seed=1)
    still = walk.descent.assign(path=walk.descent.path * 0)
    with pytest.raises(ValueError, match="noise-free descent has not moved by t = 8"):
        judge_side(walk.mutation, walk.twin, still, until=8.0, seed=1)
    assert judge_side(walk.mutation, walk.twin, walk.descent, until=0.25, seed=1)["together"]["until"] == 0.25


def test_runs_are_put_in_order_of_their_distance_to_descent(monkeypatch: pytest.MonkeyPatch) -> None:
    """One weight, 25 runs a known distance off: unbiased Δ is its square less the sampling noise, way² is t²."""
    times, scatter = np.arange(4.0), np.linspace(-0.1, 0.1, 25)

    def run(step_ratio: float, off: float) -> tuple[corr.Comparison, dict]:
        paths = times[None, :, None] + (off + scatter[:, None, None]) * (times[None, :, None] > 0)
        dims = ("path_trajectory", "time", "parameter")
        walk = xarray.Dataset({"path": (dims, paths)}, {"time": times}, {"step_ratio": step_ratio})
        smooth = xarray.Dataset({"path": (dims, times[None, :, None])}, {"time": times})
        return corr.Comparison(walk, walk, smooth), {}

    runs = {"a": run(1.0, 0.1), "b": run(10.0, 0.5), "c": run(100.0, 0.2)}
    monkeypatch.setattr(verdict, "load_run", lambda folder: runs[folder.name])
    entries = verdict.order_by_step_ratio([Path(name) for name in runs], at=(1.0, 2.0, 5.0))
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
