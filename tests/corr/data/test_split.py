"""Stratified splits, batches, and standardization by the training part alone."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import data

SIZES = (301, 50, 11, 138)


def uneven(sizes: tuple[int, ...] = SIZES) -> data.Data:
    """Classes in order; the one feature of a point is its number."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return data.Data(jnp.asarray(np.arange(len(labels), dtype=np.float32)[None]), jnp.asarray(labels))


def shares_hold(whole: data.Data, test: data.Data) -> bool:
    """Every class has its share of the test part, to within one point."""
    sizes = np.bincount(whole.targets)
    expected = test.targets.size * sizes / sizes.sum()
    return bool((abs(np.bincount(test.targets, minlength=len(sizes)) - expected) < 1).all())


@pytest.mark.parametrize("share", [0.1, 0.2, 1 / 3, 0.5, 0.9])
def test_every_class_has_its_share(share: float) -> None:
    whole = uneven()
    for seed in range(3):
        train, test = data.split(whole, test_share=share, seed=seed)
        assert test.targets.size == round(share * sum(SIZES)) and shares_hold(whole, test)
        numbers = np.concatenate([train.points[0], test.points[0]])
        assert sorted(numbers.tolist()) == list(range(sum(SIZES))), "a point is lost or in both parts"
        for part in (train, test):
            assert (np.asarray(whole.targets)[part.points[0].astype(int)] == part.targets).all()


def test_a_split_that_looks_at_no_class_is_caught() -> None:
    whole = uneven()
    last = data.Data(whole.points[:, -100:], whole.targets[-100:])
    assert not shares_hold(whole, last)
    rows = np.random.default_rng(0).permutation(sum(SIZES))
    drawn = [data.Data(whole.points, np.asarray(whole.targets)[part]) for part in np.split(rows, 5)]
    assert not all(shares_hold(whole, part) for part in drawn)


def test_seeds_of_splits() -> None:
    first, again, other = (data.split(uneven(), seed=seed)[1].points for seed in (0, 0, 1))
    assert (first == again).all() and (first != other).any()


def test_classes_are_mixed_in_each_part() -> None:
    for part in data.split(uneven((200, 200)), seed=0):
        half = part.targets[: part.targets.size // 2]
        # Half of n labels without replacement: the variance of their mean is 1/(4n).
        assert abs(float(half.mean()) - 0.5) < 5 * (0.125 / half.size) ** 0.5


def test_numbers_to_learn_are_split_as_well() -> None:
    whole = data.from_arrays(np.arange(10.0)[:, None], 2 * np.arange(10.0)[:, None])
    train, test = data.split(whole, test_share=0.3, seed=0)
    assert train.targets.shape == (1, 7) and test.targets.shape == (1, 3)
    assert (test.targets == 2 * test.points).all()


NAN = jnp.array([[0.0, jnp.nan, 1.0, 2.0]])
BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "share 0": (lambda: data.split(uneven(), test_share=0.0, seed=0), r"in \(0, 1\), got 0.0"),
    "share 1": (lambda: data.split(uneven(), test_share=1, seed=0), r"in \(0, 1\), got 1"),
    "few points": (lambda: data.split(uneven((3, 100)), seed=0), "class 0 has 3 of 103 points: at test_share 0.2"),
    "few to learn": (lambda: data.split(uneven((3, 100)), test_share=0.9, seed=0), "class 0 has 3 of 103 points"),
    "one point": (lambda: data.split(data.from_arrays([[1.0]], [[1.0]]), seed=0), "there are 1 points: at test_share"),
    "seed": (lambda: data.split(uneven(), seed=-1), "seed must be at least 0"),
    "one class": (lambda: data.split(uneven((20,)), seed=0), "all 20 labels are 0: one class only"),
    "float labels": (lambda: data.split(data.Data(jnp.ones((1, 4)), jnp.ones(4)), seed=0), "got floats"),
    "counts": (lambda: data.split(data.Data(jnp.ones((1, 4)), jnp.arange(3)), seed=0), "4 points and targets of 3"),
    "flat": (lambda: data.split(data.Data(jnp.ones(4), jnp.arange(4) % 2), seed=0), r"\(features, K\).* got \(4,\)"),
    "NaN": (lambda: data.split(data.Data(NAN, jnp.arange(4) % 2), seed=0), "first nan in feature 0 of point 1"),
    "batch": (lambda: data.batches(uneven((5, 5)), 11), "a batch of 11 was asked for, there are 10 points"),
    "empty batch": (lambda: data.batches(uneven(), 0), "size must be at least 1, got 0"),
    "NaN batch": (lambda: data.batches(data.Data(NAN, jnp.arange(4) % 2), 2), "first nan"),
    "features": (lambda: data.standardize(uneven(), data.digits()), "the same features, got 1, 64 of them"),
    "NaN to scale": (lambda: data.standardize(uneven(), data.Data(NAN, jnp.arange(4) % 2)), "first nan"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    call, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()


def test_points_of_a_batch_keep_their_targets_and_are_drawn_evenly() -> None:
    whole, keys, size = uneven((6, 4)), 4000, 3
    batch = jax.vmap(data.batches(whole, size))(jax.random.split(jax.random.key(0), keys))
    rows = np.asarray(batch.points[:, 0], int)
    assert rows.shape == (keys, size) and (np.asarray(batch.targets) == np.asarray(whole.targets)[rows]).all()
    counts = np.bincount(rows.ravel(), minlength=10)
    assert (abs(counts - keys * size / 10) < 5 * (keys * size * 0.09) ** 0.5).all()
    same = (rows[:, 0] == rows[:, 1]).sum()  # 0 if they were drawn without replacement
    assert abs(same - keys / 10) < 5 * (keys * 0.09) ** 0.5


def test_a_dynamics_on_batches() -> None:
    whole = data.from_arrays(np.arange(10.0)[:, None], 2 * np.arange(10.0)[:, None])
    on = lambda w, part: jnp.mean((w * part.points - part.targets) ** 2)  # noqa: E731
    walk = corr.minibatch(
        lambda part: corr.descent(lambda w: on(w, part), learning_rate=1e-3),
        batch=data.batches(whole, 4),
        loss=lambda w: on(w, whole),
    )
    state, _ = jax.jit(lambda key: walk.step(key, walk.init(jnp.float32(0.0))))(jax.random.key(0))
    assert 0 < float(state.position) < 2


def parts() -> tuple[data.Data, data.Data]:
    """Two parts of unlike mean and spread; the last feature is constant in the first."""
    draw = np.random.default_rng(0).normal
    labels = jnp.arange(40) % 2
    train, test = draw([5.0, -300.0], [2.0, 0.01], (40, 2)), draw([9.0, -300.2], [3.0, 0.02], (40, 2))
    columns = (np.column_stack([train, np.full(40, 7.0)]), np.column_stack([test, np.arange(40.0)]))
    one, other = (data.Data(jnp.asarray(x.T, jnp.float32), labels) for x in columns)
    return one, other


def fitted_on(fit: np.ndarray, points: np.ndarray) -> np.ndarray:
    spread = fit.std(axis=1, keepdims=True)
    return (points - fit.mean(axis=1, keepdims=True)) / np.where(spread < 1e-9, 1, spread)


def test_standardization_is_fitted_on_the_training_part_alone() -> None:
    train, test = parts()
    scaled = data.standardize(train, test)
    one, other = (np.asarray(part.points, float) for part in (train, test))
    for found, points in zip(scaled, (one, other), strict=True):
        np.testing.assert_allclose(found.points, fitted_on(one, points), rtol=1e-5, atol=1e-5)
        leaked = fitted_on(np.concatenate([one, other], axis=1), points)
        assert not np.allclose(found.points, leaked, atol=0.1)
    np.testing.assert_allclose(scaled[0].points.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(scaled[0].points.std(axis=1), [1, 1, 0], atol=1e-5)
    assert (scaled[1].targets == test.targets).all()


def test_what_is_tested_on_changes_nothing_in_what_is_learned_from() -> None:
    train, test = parts()
    (alone,), both = data.standardize(train), data.standardize(train, test)
    assert (alone.points == both[0].points).all()
