"""From pointwise losses to the loss of a network on data: weights, smoothing, keys, one output, and what is refused."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from sklearn import metrics

import corr
from corr import losses

from .registry import CLASSES, LABELS, POINTS, VALUES, K, network, start

APPLY = network("tanh")
PARAMS = jax.tree.map(jnp.asarray, start())
OUTPUTS = np.asarray(APPLY(PARAMS, POINTS), np.float64)
COUNTS = np.bincount(LABELS, minlength=CLASSES)
BALANCED = (K / (CLASSES * COUNTS)).astype(np.float32)
SAME = {"rel": 1e-5}


def value(loss: Any, *key: Any) -> float:
    return float(jax.jit(loss)(PARAMS, *key))


def test_mean_of_the_squared_loss_is_the_mean_squared_error() -> None:
    found = value(losses.mean(losses.squared, APPLY, POINTS, VALUES))
    assert found == pytest.approx(value(losses.mean_squared_error(APPLY, POINTS, VALUES)), **SAME)


def test_means_are_those_of_scikit_learn() -> None:
    logits, every = OUTPUTS.T, np.arange(CLASSES)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    known = {
        "cross_entropy": metrics.log_loss(LABELS, shares, labels=every),
        "hinge": metrics.hinge_loss(LABELS, logits, labels=every),
        "zero_one": metrics.zero_one_loss(LABELS, logits.argmax(axis=1)),
    }
    for name, right in known.items():
        assert value(losses.mean(losses.POINTWISE[name], APPLY, POINTS, LABELS)) == pytest.approx(right, **SAME)


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_class_weights_and_label_smoothing_compose(share: float) -> None:
    smooth = optax.smooth_labels(np.eye(CLASSES)[LABELS], share)
    each = -np.sum(smooth * np.log(np.exp(OUTPUTS) / np.exp(OUTPUTS).sum(axis=0)).T, axis=1)
    weights = BALANCED[LABELS]
    assert np.mean(weights) == pytest.approx(1, **SAME)
    found = value(losses.mean(losses.cross_entropy(share), APPLY, POINTS, LABELS, weights=weights))
    assert found == pytest.approx(np.mean(weights * each), **SAME)
    assert found != pytest.approx(np.mean(each), **SAME)


def test_whole_weights_are_repeated_points() -> None:
    weights = np.random.default_rng(0).integers(0, 4, K)
    rows = np.repeat(np.arange(K), weights)
    for pointwise, targets in ((losses.focal(), LABELS), (losses.huber(0.3), VALUES)):
        weighted = value(losses.mean(pointwise, APPLY, POINTS, targets, weights=weights))
        repeated = value(losses.mean(pointwise, APPLY, POINTS[:, rows], targets[..., rows]))
        assert weighted == pytest.approx(repeated * len(rows) / K, **SAME)


def test_losses_of_batches_have_the_loss_of_all_data_as_their_mean() -> None:
    """Their rows are drawn inside a step, where no label can be looked at; a warning here is an error."""
    weights, rows = BALANCED[LABELS], np.random.default_rng(1).permutation(K).reshape(-1, 2)
    whole = losses.mean(losses.cross_entropy(), APPLY, POINTS, LABELS, weights=weights)
    points, labels, weights = (jnp.asarray(one) for one in (POINTS, LABELS, weights))

    def batch(rows: jax.Array) -> jax.Array:
        part = losses.mean(losses.cross_entropy(), APPLY, points[:, rows], labels[rows], weights=weights[rows])
        return part(PARAMS)

    assert float(jnp.mean(jax.jit(jax.vmap(batch))(rows))) == pytest.approx(value(whole), **SAME)


def test_the_key_goes_to_the_network_where_it_is_given() -> None:
    def dropped(params: Any, points: jax.Array, *, key: Any = None) -> jax.Array:
        kept = 1.0 if key is None else jax.random.bernoulli(key, 0.5, (CLASSES, K)).astype(jnp.float32)
        return APPLY(params, points) * kept

    loss = losses.total(losses.mean(losses.squared, dropped, POINTS, VALUES), losses.l2(0.1))
    key = jax.random.key(3)
    kept = np.asarray(jax.random.bernoulli(key, 0.5, (CLASSES, K)))
    penalty = 0.1 * sum(np.sum(leaf**2) for leaf in start().values())
    assert value(loss) == pytest.approx(np.mean((OUTPUTS - VALUES) ** 2) + penalty, **SAME)
    assert value(loss, key) == pytest.approx(np.mean((OUTPUTS * kept - VALUES) ** 2) + penalty, **SAME)
    plain = losses.mean(losses.squared, lambda params, points: APPLY(params, points), POINTS, VALUES)
    assert value(plain) == pytest.approx(np.mean((OUTPUTS - VALUES) ** 2), **SAME)


BINARY = {
    "cross_entropy": lambda z, y: optax.sigmoid_binary_cross_entropy(z, y),
    "hinge": lambda z, y: optax.losses.hinge_loss(z, 2 * y - 1),
    "focal": lambda z, y: optax.sigmoid_focal_loss(z, y, gamma=2.0),
    "zero_one": lambda z, y: (z > 0) != (y > 0),
}


@pytest.mark.parametrize("name", BINARY)
def test_one_output_has_the_binary_losses_for_labels_of_0_1_and_of_signs(name: str) -> None:
    outputs = 3 * np.random.default_rng(4).normal(size=(1, K)).astype(np.float32)
    labels, pointwise = LABELS % 2, losses.POINTWISE[name]
    found = pointwise(jnp.asarray(outputs), labels)
    np.testing.assert_allclose(found, BINARY[name](outputs[0], labels.astype(np.float32)), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found, pointwise(jnp.asarray(outputs), 2 * labels - 1))
    with pytest.raises(ValueError, match=r"one output, and the labels are \[0, 1, 2\], expected 0 and 1, or -1 and 1"):
        pointwise(jnp.asarray(outputs), LABELS % 3)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
@pytest.mark.parametrize("name", losses.POINTWISE)
def test_losses_have_the_dtype_of_the_outputs(name: str, dtype: Any) -> None:
    aims = VALUES if name in losses.REGRESSION else LABELS.astype(np.uint8)
    outputs = jax.ShapeDtypeStruct((CLASSES, K), dtype)
    found = jax.eval_shape(lambda outputs: losses.POINTWISE[name](outputs, aims), outputs)
    assert (found.shape, found.dtype) == ((K,), dtype)


def spoilt(array: np.ndarray, point: int, value: float) -> np.ndarray:
    array = array.copy()
    array[..., point] = value
    return array


def made(pointwise: Any = losses.squared, points: Any = POINTS, targets: Any = VALUES, **options: Any) -> Any:
    return lambda: losses.mean(pointwise, APPLY, points, targets, **options)


CROSS = losses.cross_entropy()
REFUSED = {
    "maker": (made(losses.cross_entropy), TypeError, r"cross_entropy makes a pointwise loss .* write cross_"),
    "no function": (made("squared"), TypeError, "pointwise must be a function, got str"),
    "texts": (made(CROSS, targets=["cat", "dog"] * 30), TypeError, "targets hold texts, expected numbers: .*unique"),
    "wide": (made(CROSS, targets=LABELS.astype("i8") + 2**32), ValueError, "targets hold integers beyond 32 bits"),
    "masks": (made(points=np.ma.masked_greater(POINTS, 0)), ValueError, "points hold masked values, expected all"),
    "weights in words": (made(weights="balanced"), TypeError, r"weights hold texts.*class_weights\(labels\)\[labels\]"),
    "NaN pixels": (made(points=spoilt(POINTS, 7, np.nan)), ValueError, "points hold NaN .* at 1 of 60 .* at point 7"),
    "infinite target": (made(targets=spoilt(VALUES, 3, np.inf)), ValueError, "targets hold NaN or infinity at 1 of 60"),
    "no points": (made(points=POINTS[:, :0]), ValueError, r"points must hold at least one point, .* shape \(3, 0\)"),
    "rows": (made(points=POINTS.T), ValueError, r"points have shape \(60, 3\), targets .*points last"),
    "weights of classes": (made(CROSS, targets=LABELS, weights=BALANCED), ValueError, r"weights have shape \(4,\)"),
    "weights below zero": (made(weights=-np.ones(K)), ValueError, "weights must be 0 or more and not all 0"),
    "no weight": (made(weights=np.zeros(K)), ValueError, "weights must be 0 or more and not all 0"),
    "NaN weights": (made(weights=np.full(K, np.nan)), ValueError, "weights hold NaN"),
    "one class": (made(CROSS, targets=np.ones(K, int)), UserWarning, "all 60 labels are 1: one class only"),
    "delta": (lambda: losses.huber(0.0), ValueError, "delta must be positive"),
    "gamma": (lambda: losses.focal(-1.0), ValueError, "gamma must be positive"),
    "smoothing": (lambda: losses.cross_entropy(1.0), ValueError, r"label_smoothing must lie in \[0, 1\), got 1.0"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_data_are_named_when_the_loss_is_made(name: str) -> None:
    make, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        make()


def test_a_pointwise_loss_that_gives_no_number_for_each_point_is_refused() -> None:
    loss = losses.mean(lambda outputs, targets: (outputs - targets) ** 2, APPLY, POINTS, VALUES)
    with pytest.raises(ValueError, match=r"gave shape \(4, 60\), expected \(60,\)"):
        loss(PARAMS)


@pytest.mark.parametrize(
    ("targets", "kind", "message"),
    [
        (np.where(np.arange(K) == 5, 4, LABELS), ValueError, "label 4 of point 5 has no output"),
        (np.where(np.arange(K) == 5, -1, LABELS), ValueError, "label -1 of point 5 has no output"),
        (LABELS.astype(float), TypeError, "labels are float32 numbers, expected integers .*astype"),
        (LABELS > 1, TypeError, r"labels are truth values, expected integers .*astype"),
        (np.eye(CLASSES, dtype=int)[LABELS].T, ValueError, r"labels \(4, 60\), .*argmax"),
    ],
)
def test_labels_are_refused_before_a_run_compiles(targets: Any, kind: Any, message: str) -> None:
    loss = losses.mean(CROSS, APPLY, POINTS, targets)
    with pytest.raises(kind, match=message):
        corr.run(
            corr.mutation(loss, mutation_std=0.1), PARAMS, steps=1, trajectories=1, key=corr.root_key(0), progress=False
        )


@pytest.mark.parametrize("name", losses.CLASSIFICATION)
def test_labels_drawn_in_a_step_without_an_output_give_nan(name: str) -> None:
    """They are not known when the loss is traced; counted from the end or clipped, they would be another class."""
    loss = jax.jit(lambda labels: losses.mean(losses.POINTWISE[name], APPLY, POINTS, labels)(PARAMS))
    right = jax.jit(lambda labels: losses.accuracy(APPLY, POINTS, labels)(PARAMS))
    assert float(loss(LABELS)) == pytest.approx(
        float(losses.mean(losses.POINTWISE[name], APPLY, POINTS, LABELS)(PARAMS))
    )
    assert float(right(LABELS)) == pytest.approx(float(losses.accuracy(APPLY, POINTS, LABELS)(PARAMS)))
    for wrong in (-1, CLASSES):
        labels = np.where(np.arange(K) == 5, wrong, LABELS)
        assert math.isnan(loss(labels)) and math.isnan(right(labels))
