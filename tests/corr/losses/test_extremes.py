"""Outputs from 1e-4 to 1e4: values and gradients are finite, changes right to what rounding of the outputs does."""

import functools
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from corr import losses
from corr.difference import difference

from .registry import CLASSES
from .test_contract import QUICKLY, ROUNDINGS, UNIT

LEADS = np.array([1e-4, 1e-2, 1.0, 5.0, 15.0, 40.0, 1e2, 1e4])
STEPS = (1e-6, 1e-3, 1.0)


def extremes(labelled: bool) -> tuple[np.ndarray, np.ndarray]:
    """One point for every size and sign: errors of that size, or a lead of that size of the label's output."""
    leads, rng = np.concatenate([LEADS, -LEADS]), np.random.default_rng(7)
    if not labelled:
        outputs = leads * rng.uniform(0.5, 1, size=(CLASSES, len(leads)))
        return outputs.astype(np.float32), np.zeros(outputs.shape, np.float32)
    labels = np.arange(len(leads)) % CLASSES
    outputs = rng.normal(size=(CLASSES, len(leads)))
    outputs[labels, np.arange(len(leads))] += leads
    return outputs.astype(np.float32), labels


def worst_of(parts: Sequence[Callable[..., jax.Array]], labelled: bool) -> np.ndarray:
    """The largest error of each loss, in what one rounding of outputs, step and result does to the change."""
    outputs, aims = extremes(labelled)
    split = difference(lambda outputs: jnp.stack([part(outputs, aims) for part in parts]))
    value, tape = jax.jit(split.start)(outputs)
    change, found = jax.jit(split.change), []
    assert np.all(np.isfinite(value))
    for size in STEPS:
        step = np.float32(size) * np.random.default_rng(8).normal(size=outputs.shape).astype(np.float32)
        step = (outputs + step) - outputs
        found.append((step.T.astype(float), np.asarray(change(tape, step)[0], float).T))

    def one(column: jax.Array, aim: jax.Array) -> jax.Array:
        return jnp.stack([part(column[:, None], aim[..., None])[0] for part in parts])

    def derivatives(*at: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        return one(*at), jax.jacrev(one)(*at), jax.jacfwd(jax.jacrev(one))(*at)

    with jax.enable_x64(True):
        seen = jax.jit(jax.vmap(derivatives), compiler_options=QUICKLY)
        at, of, worst = outputs.T.astype(float), aims.T.astype(float if aims.dtype.kind == "f" else int), 0.0
        before, *here = seen(at, of)
        for step, got in found:
            after, *there = seen(at + step, of)
            slope, bend = (np.maximum(np.abs(a), np.abs(b)) for a, b in zip(here, there, strict=True))
            right = np.asarray(after - before)
            known = np.einsum("kli,ki->kl", slope, abs(step)) + np.einsum("klij,ki,kj->kl", bend, abs(at), abs(step))
            worst = np.maximum(worst, np.max(np.abs(got - right) / (UNIT * (known + np.abs(right)) + 1e-30), axis=0))
    return np.asarray(worst)


@functools.cache
def worst(labelled: bool) -> dict[str, float]:
    rows = losses.CLASSIFICATION if labelled else losses.REGRESSION
    return dict(zip(rows, worst_of([*rows.values()], labelled), strict=True))


@pytest.mark.parametrize("name", losses.POINTWISE)
def test_outputs_of_any_size_give_finite_values_and_right_changes(name: str) -> None:
    assert worst(name in losses.CLASSIFICATION)[name] < ROUNDINGS


def test_twins_whose_parts_cancel_fail() -> None:
    """Why these forms are own ones: those of optax lose the change where the loss is small."""
    labelled = worst_of([lambda outputs, y: optax.softmax_cross_entropy_with_integer_labels(outputs.T, y)], True)
    valued = worst_of([lambda outputs, y: optax.log_cosh(outputs, jnp.asarray(y, outputs.dtype)).mean(axis=0)], False)
    assert labelled > 100 * ROUNDINGS and valued > 10 * ROUNDINGS


@pytest.mark.parametrize("labelled", [True, False])
def test_gradients_at_extremes_are_finite(labelled: bool) -> None:
    outputs, aims = extremes(labelled)
    parts = (losses.CLASSIFICATION if labelled else losses.REGRESSION).values()
    gradients = jax.jit(jax.jacrev(lambda outputs: jnp.stack([jnp.sum(part(outputs, aims)) for part in parts])))
    assert np.all(np.isfinite(gradients(outputs)))
