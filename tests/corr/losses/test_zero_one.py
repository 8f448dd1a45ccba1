"""The 0-1 error: mutation trains on it, descent says why it cannot, Barker's mutation descends the smoothed error."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn import metrics

import corr
from corr import losses, networks
from corr._flips import decision_counter
from corr.atlas._laws import NEARLY, YES
from corr.theory import smoothing

SIZE, POINTS, TRAJECTORIES, K = 5, 40, 32, 4  # K standard errors
RNG = np.random.default_rng(0)
INPUTS, TRUE = RNG.normal(size=(SIZE, POINTS)).astype(np.float32), RNG.normal(size=SIZE)
SIGNS = np.where(TRUE @ INPUTS > 0, 1, -1)
ACROSS = (lambda v: v - (v @ TRUE) / (TRUE @ TRUE) * TRUE)(RNG.normal(size=SIZE))
START = jnp.asarray(ACROSS / np.linalg.norm(ACROSS) + 0.2 * TRUE / np.linalg.norm(TRUE), jnp.float32)


def perceptron(weights: jax.Array, points: jax.Array) -> jax.Array:
    return weights[None] @ points


ERROR = losses.mean(losses.zero_one, perceptron, INPUTS, SIGNS)


@functools.cache
def falls(beta: float) -> np.ndarray:
    """Start minus end of the share of errors, of each trajectory."""
    found = corr.run(
        corr.mutation(ERROR, mutation_std=0.2, beta=beta), START, steps=150, trajectories=TRAJECTORIES,
        key=corr.root_key(1), progress=False, devices=1,
    ).loss.values  # fmt: skip
    return found[:, 0] - found[:, -1]


def falls_for_sure(change: np.ndarray) -> bool:
    return change.mean() > K * change.std(ddof=1) / math.sqrt(len(change))


@pytest.mark.slow
def test_mutation_trains_on_it() -> None:
    assert falls_for_sure(falls(math.inf))
    assert falls(math.inf).mean() > 0.5 * float(ERROR(START))


def test_float64_decides_ties_as_mutation_does() -> None:
    """Most short steps change no count, and shares of 180 points are rounded; taking no tie, the twin, is seen."""
    rng = np.random.default_rng(4)
    points, labels = rng.normal(size=(6, 180)).astype(np.float32), rng.integers(0, 10, 180)
    network = networks.functional(networks.FullyConnected((3,), inputs=6, outputs=10), variance="glorot")
    share = losses.mean(losses.zero_one, network.apply, points, labels)
    walk, starts = corr.mutation(share, mutation_std=2e-3), [network.init(jax.random.key(n)) for n in range(6)]
    counter = decision_counter(walk, draws=64)
    for start in starts:
        found = counter(start, corr.root_key(0))
        assert (found.flips, found.change_error < 1e-6) == (0, True)
    strict = decision_counter(walk._replace(accept=lambda change, uniform: change < 0), draws=64)
    assert strict(starts[0], corr.root_key(0)).flips > 16


@pytest.mark.slow
def test_twin_without_selection_does_not() -> None:
    assert not falls_for_sure(falls(0.0))


def test_the_gradient_sides_say_why_they_cannot() -> None:
    """The warning is an error here, so nothing is run."""
    message = r"gradient of the loss is exactly zero at the start and around it.*rule='barker'.*smoothed"
    with pytest.raises(UserWarning, match=message):
        corr.compare(
            ERROR, START, key=corr.root_key(0), trajectories=4, end_time=0.02, record_every=0.01, learning_rate=1e-3,
            step_ratio=1.0, progress=False,
        )  # fmt: skip
    with pytest.raises(UserWarning, match=message):
        corr.run(
            corr.descent(ERROR, learning_rate=0.1), START, steps=2, trajectories=1, key=corr.root_key(0), progress=False
        )
    with pytest.raises(ValueError, match=r"gradient of the loss is zero at 'start'.*'barker'"):
        corr.characterize(corr.mutation(ERROR, mutation_std=0.1), {"start": START}, key=corr.root_key(0))


def test_points_whose_outputs_are_not_numbers_count_as_errors() -> None:
    outputs = jnp.array([[jnp.nan, 0.0, 0.0, jnp.nan], [0.0, jnp.nan, 1.0, jnp.nan]])
    assert losses.zero_one(outputs, jnp.array([0, 0, 1, 1])).tolist() == [1.0, 1.0, 0.0, 1.0]


def test_accuracies_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    for classes, labels in ((4, rng.choice([0, 1, 3], 50, p=[0.8, 0.1, 0.1])), (1, rng.integers(0, 2, 50))):
        outputs = rng.normal(size=(classes, 50)).astype(np.float32)
        told = outputs.argmax(axis=0) if classes > 1 else (outputs[0] > 0).astype(int)
        apply = lambda params, points: points + params  # noqa: E731
        found = [f(apply, outputs, labels)(jnp.float32(0)) for f in (losses.accuracy, losses.balanced_accuracy)]
        assert float(found[0]) == pytest.approx(metrics.accuracy_score(labels, told), rel=1e-6)
        shares = metrics.recall_score(labels, told, labels=np.unique(labels), average=None)
        assert float(found[1]) == pytest.approx(shares.mean(), rel=1e-6)
        assert float(found[0]) != pytest.approx(float(found[1]), rel=1e-6)


@pytest.mark.slow
def test_barkers_mutation_descends_the_error_smoothed_over_its_steps() -> None:
    """Beside the gradient of the cross-entropy of the same points, which it does not follow."""
    std, beta = 0.5, 2.0
    inputs, signs = jnp.asarray(INPUTS.T), jnp.asarray(SIGNS, jnp.float32)
    smoothed = lambda w: smoothing.perceptron_gradient(w, inputs, signs, std)  # noqa: E731
    places: dict[str, Any] = {"near": START, "far": 2.5 * START[::-1]}
    result = corr.characterize(
        corr.mutation(ERROR, mutation_std=std, beta=beta, rule="barker"), places, key=corr.root_key(2), draws=400_000,
        loss=losses.mean(losses.cross_entropy(), perceptron, INPUTS, SIGNS),
        candidates={"smoothed 0-1 error": smoothed}, share=0.2, progress=False,
    )  # fmt: skip
    law = result.laws["smoothed 0-1 error"]
    assert result.best == "smoothed 0-1 error"
    assert law.verdict in (YES, NEARLY)
    assert result.laws["g"].verdict not in (YES, NEARLY)
    for one in law.points.values():
        coefficient, known = one.coefficient, beta * std**2 / 4
        model = known * (beta * 0.5) ** 2 / 12  # changes of the error are below a half
        assert abs(coefficient.value - known) < K * coefficient.standard_error + model
        assert abs(coefficient.value - 2 * known) > K * coefficient.standard_error + model  # Metropolis's at small β
