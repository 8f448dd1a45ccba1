"""PathNet's study: noisy pairs, ratios of generations, either sentence, and laws that small runs must hold."""

import numpy as np
import pytest

import corr
from corr.experiments.systems import law, pathnet, pathnet_runs, pathnet_tournament

from ...paper_figs.written_pathnet import contested, taken

SMOKE = pathnet.study.preset("smoke")


def test_half_of_the_pixels_are_black_or_white() -> None:
    pytest.importorskip("sklearn")
    setting = pathnet_runs.Setting("digits", 1, 170, 10, 20, pathnet.Window())
    points, labels = (
        np.asarray(part) for part in pathnet_runs.pair(setting, np.array([3, 8]), np.random.default_rng(0))
    )
    assert points.shape == (64, 340) and labels.sum() == 170
    middle = (points > 0) & (points < 1)
    clear = np.asarray(corr.data.digits().points)
    share = ((clear > 0) & (clear < 1)).mean()
    assert abs(middle.mean() - share / 2) < 0.02  # of what is grey half is left
    always_white = points[0].mean()  # the corner's pixel is black in nearly every digit: a quarter turns white
    assert abs(always_white - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 340)


def said(**changes: float) -> str:
    names = {"pathnet": pathnet_runs.TRANSFER, "always": pathnet_runs.ALWAYS, "random": pathnet_runs.RANDOM}
    return "\n".join(pathnet.judge(contested({names[name]: value for name, value in changes.items()})))


def test_who_is_faster_is_said_and_who_is_not() -> None:
    assert "PathNet beside from scratch: FASTER, 1." in said()
    assert "PathNet beside from scratch: SLOWER" in said(pathnet=90.0)
    assert "PathNet beside from scratch: NOT told apart" in said(pathnet=60.0)
    learned = "always on: PathNet, path always on beside random path always on: "
    assert f"{learned}FASTER" in said() and f"{learned}NOT told apart" in said(always=45.0)
    assert "one path has learned: fine-tuning of one path beside one path from scratch: FASTER" in said()
    assert "0 of 20 repeats reach the threshold" in said(pathnet=500.0)


def test_a_ratio_is_that_of_repeats_that_belong_together() -> None:
    data = taken({"slow": 100.0, "fast": 50.0})
    data.generations[1] = data.generations[0] / 2
    value, low, high = pathnet.ratio(data, "slow", "fast")
    assert value == pytest.approx(2) and low == pytest.approx(2) and high == pytest.approx(2)


@pytest.mark.slow
def test_a_population_holds_the_law_and_a_single_tournament_is_refused() -> None:
    page = pathnet_tournament.populations(corr.root_key(1), (2, 6), 4000, 300)
    assert law.scores(page, pathnet_tournament.LAW).max() < law.K
    assert law.scores(page, pathnet_tournament.LAW, "other").max() > law.K


@pytest.mark.slow
def test_wins_hold_the_law_of_two_noises_and_that_of_one_is_refused() -> None:
    pytest.importorskip("sklearn")
    page = pathnet_tournament.wins(
        corr.root_key(2), SMOKE.transfer._replace(window=pathnet.Window(20, 16, 1.0, 9)), 4000
    )
    assert law.scores(page, pathnet_tournament.WINS).max() < law.K
    assert law.scores(page, pathnet_tournament.WINS, "other").max() > law.K


@pytest.mark.slow
def test_every_way_is_run_for_every_repeat() -> None:
    pytest.importorskip("sklearn")
    data = pathnet_runs.transfer(corr.root_key(3), SMOKE.transfer, 2)
    assert data.sizes == {"way": 8, "repeat": 2}
    generations = data.generations.values
    assert ((generations >= 1) & (generations <= data.attrs["allowed"])).all()
    assert (data.reached.values | (generations == data.attrs["allowed"])).all()
