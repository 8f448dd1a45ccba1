"""Digit 8 against the rest: batches are drawn by their laws, steps on them are slowed down, the judge says either."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import corr
from corr.experiments.problems import digits
from corr.experiments.systems import balance, batch_steps, imbalance, imbalanced, law, rebalanced
from corr.experiments.systems.imbalanced import RESAMPLING, SMOTE, WEIGHTS

from ...paper_figs.written_imbalance import imbalances, on_batches, trained

K = 4.0
KEY = corr.root_key(0)
RANDOM = np.random.default_rng(0)
FEW = imbalanced.fold(
    corr.data.Data(
        jnp.asarray(RANDOM.uniform(size=(digits.PIXELS, 60)), jnp.float32), jnp.asarray(np.arange(60) >= 50, jnp.int32)
    )
)
AT = ravel_pytree(imbalanced.NETWORK.init(KEY))[0]
DRAWN = 20_000


def _features(batch: imbalanced.Batch) -> np.ndarray:
    points, labels, weights = (np.asarray(one, float) for one in batch)
    return weights * np.concatenate([[np.ones_like(labels), labels], points[:4], labels * points[:4] ** 2])


@pytest.mark.parametrize("name", imbalanced.DRAWS)
def test_points_are_drawn_as_often_as_said(name: str) -> None:
    """Means of weight, label, pixels and their squares within 4 standard errors of those over all that may be drawn."""
    batch = imbalanced.DRAWS[name](KEY, FEW, DRAWN)
    every, shares = imbalanced.every(name, FEW)
    assert float(shares.sum()) == pytest.approx(1.0, abs=1e-6)
    found, known = _features(batch), _features(every) @ np.asarray(shares, float)
    error = found.std(axis=1) / math.sqrt(DRAWN)
    assert (np.abs(found.mean(axis=1) - known) <= K * error + 1e-6).all()


def test_weights_and_resampling_have_one_gradient_and_weights_the_more_noise() -> None:
    one, other, new = (imbalanced.moments(*imbalanced.gradients(n, FEW, AT)) for n in (WEIGHTS, RESAMPLING, SMOTE))
    np.testing.assert_allclose(one[0], other[0], atol=1e-6)
    assert np.abs(one[0] - new[0]).max() > 1e-3
    square = float(one[0] @ one[0])
    slow = [square + np.trace(spread) / rebalanced.SIZE for _, spread in (one, other)]
    assert float(jax.jit(rebalanced.ahead)(AT, FEW)) == pytest.approx(math.sqrt(slow[0] / slow[1]), rel=1e-4)
    gradient = jax.jit(jax.grad(imbalanced.loss))(AT, imbalanced.whole(SMOTE, FEW))
    np.testing.assert_allclose(gradient, new[0], atol=1e-6)


def test_the_threshold_is_where_classes_are_told_best() -> None:
    assert rebalanced.threshold(np.array([0.0, 1.0, 2.0, 5.0]), np.array([3.0, 4.0])) == 2.5


@pytest.mark.parametrize("splits", [(0, 1)])
def test_all_splits_have_as_many_points_of_either_class(splits: tuple[int, int]) -> None:
    folds = [imbalanced.fold(digits.eights(split)[0]) for split in splits]
    assert {(one.common.shape[1], one.rare.shape[1]) for one in folds} == {(1299, 139)}
    assert (np.asarray(folds[0].nearest) != np.arange(139)[:, None]).all()


def test_new_points_are_narrower_by_their_law_and_not_by_the_simple_one() -> None:
    data = imbalance.covariance(KEY, 1)
    for name in imbalance.OVER:
        assert law.scores(data, name).max() < K < law.scores(data, name, "other").max(), name


@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    [partial(batch_steps.cold, names=batch_steps.SCHEMES, batches=(16,)), partial(batch_steps.warm, batches=(16,))],
    ids=["cold", "warm"],
)
def test_steps_on_batches_are_those_of_their_law(part: partial) -> None:
    data = part(KEY, draws=102_400, drawn=10_000)
    for name in law.names(data):
        assert law.scores(data, name).max() < K < law.scores(data, name, "other").max(), name


def test_steps_are_counted_to_the_level() -> None:
    """Of an exponential fall, to the error of straight lines between records."""
    found = balance.steps(trained(), RESAMPLING)
    assert found.mean() == pytest.approx(2000 * math.log(0.75 / rebalanced.REACHED), rel=0.03)
    assert np.isnan(balance.steps(trained(), rebalanced.PLAIN)).all()


def test_training_is_said_as_it_was() -> None:
    speed, whole, *accuracies = balance.training(trained())
    assert "class weights are slower than resampling: 1.5 times" in speed and "; as predicted by tr Σ" in speed
    assert "cost no time on all data" in whole and all(line.count("better than") == 2 for line in accuracies)
    speed, whole, *accuracies = balance.training(trained(slower=1.0, gain=-0.05, whole=1.2))
    assert "NOT slower" in speed and "NOT as predicted" in speed and "COST time" in whole
    assert all(line.count("WORSE than") == 2 for line in accuracies)
    assert "are FASTER" in balance.training(trained(slower=0.8))[0]
    assert "NO other than" in balance.training(trained(gain=0.0))[2]


def test_runs_that_never_arrive_are_said() -> None:
    data = trained().assign_attrs(reached=0.0)
    speed, whole, *_ = balance.training(data)
    assert "NOT slower" in speed and "NOT as predicted" in speed and "by 0 of 8" in speed and "COST" in whole


def test_closed_forms_are_said_as_they_are() -> None:
    lines = balance.forms(on_batches())
    assert len(lines) == 3 and all("-10, -10, -10, -10 % off" in line for line in lines)
    assert all(", within 1/d = 50 %" in line and "normal batches are nearer" in line for line in lines)
    lines = balance.forms(on_batches(many=0.4, normal=1.7))
    assert all("NOT within" in line and "NOT nearer" in line for line in lines)


def test_the_study_says_all_of_it() -> None:
    parts, _ = imbalances()
    said = imbalance.judge(parts)
    assert len(said) == 4 + 3 + 2 + 3 + 6 and not any("NOT" in line for line in said)
    del parts[rebalanced.TRAINING]
    assert len(imbalance.judge(parts)) == 12 and imbalance.numbers(parts)
