"""PathNet's study: noisy pairs, ratios of generations, either sentence, and laws that small runs must hold."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.experiments.systems import law, pathnet, pathnet_runs, pathnet_tournament
from corr.wiring import Evolved, PathNet

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


def test_every_way_begins_with_what_its_name_says() -> None:
    """Programs that only note what they are given; what has "learned" is one larger everywhere."""
    pytest.importorskip("sklearn")
    net, seen = PathNet(inputs=16, outputs=2, units=4), []

    def noted(key: Any, task: Any, params: Any, paths: Any = None, more: Any = None) -> Evolved:
        learned = jax.tree.map(lambda leaf: leaf + 1, params)
        path = jnp.array([[0, 1, 2]] * 3) if paths is None else paths[0]
        seen.append((np.asarray(jax.random.key_data(key)).tolist(), task, params, paths, more))
        return Evolved(learned, path, jnp.int32(1), jnp.array(True), jnp.ones(1))

    made = pathnet_runs.Programs(net, noted, noted, noted, noted)
    found = pathnet_runs._transferred(made, SMOKE.transfer, corr.root_key(5))
    first, kept, always, lucky, scratch, before, tuned, fixed, bigger = seen
    later = (kept, always, lucky, scratch, tuned, fixed, bigger)
    assert len({str(one[0]) for one in later}) == 1 and all(one[1] is kept[1] for one in later)
    assert before[1] is first[1] is not kept[1] and first[0] != before[0] != kept[0]
    best, learned = found[pathnet_runs.FIRST].path, found[pathnet_runs.FIRST].params

    def keeps(params: Any, path: Any) -> list[bool]:
        """Of every module, whether it is one that has learned, and whether the path names it."""
        return [bool((layer.kernel[m] == old.kernel[m]).all()) == (m in genes)
                for layer, old, genes in zip(params.layers, learned.layers, path.tolist(), strict=True)
                for m in range(10)]  # fmt: skip

    for one, path in ((kept, best), (always, best), (lucky, lucky[4])):
        np.testing.assert_array_equal(one[4], path)
        assert all(keeps(one[2], path)) and not (one[2].readout[0] == learned.readout[0]).any()
    assert (lucky[4] != best).any()
    assert all(keeps(scratch[2], jnp.full((3, 1), -1))) and all(keeps(fixed[2], jnp.full((3, 1), -1)))
    assert first[4] == scratch[4] == pytest.approx(1 / 9)
    for one in (before, tuned, fixed):
        assert one[4] == 0 and (one[3] == one[3][:1]).all()
    jax.tree.map(np.testing.assert_array_equal, tuned[2].layers, jax.tree.map(lambda leaf: leaf + 1, before[2].layers))
    assert not (tuned[2].readout[0] == before[2].readout[0] + 1).any()
    assert not any(
        (one.kernel == other.kernel).any() for one, other in zip(tuned[2].layers, fixed[2].layers, strict=True)
    )


@pytest.mark.slow
def test_every_way_is_run_for_every_repeat() -> None:
    pytest.importorskip("sklearn")
    data = pathnet_runs.transfer(corr.root_key(3), SMOKE.transfer, 2)
    assert data.sizes == {"way": 8, "repeat": 2}
    generations = data.generations.values
    assert ((generations >= 1) & (generations <= data.attrs["allowed"])).all()
    assert (data.reached.values | (generations == data.attrs["allowed"])).all()
