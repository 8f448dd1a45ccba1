"""Smoothed losses: by quadrature and draws, Barker's law and what Metropolis's has besides, bad numbers."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corr.atlas import smoothed_gradient
from theory import smoothing

K = 4.0


def test_smoothed_errors_of_a_perceptron_are_those_of_draws() -> None:
    random = np.random.default_rng(0)
    inputs, labels, weights = random.normal(size=(6, 3)), np.sign(random.normal(size=6)), random.normal(size=3)
    noise = random.normal(size=(400_000, 3))
    errors = (labels * ((weights + 0.4 * noise) @ inputs.T) < 0).mean(axis=1)
    stein = noise * (errors - errors.mean())[:, None] / 0.4
    known = np.asarray(smoothing.perceptron_gradient(*map(jnp.asarray, (weights, inputs, labels)), 0.4))
    error = stein.std(axis=0) / math.sqrt(len(stein))
    assert (np.abs(stein.mean(axis=0) - known) / error).max() < K
    half = np.asarray(smoothing.perceptron_gradient(*map(jnp.asarray, (weights, inputs, labels)), 0.2))
    assert (np.abs(stein.mean(axis=0) - half) / error).max() > K


def test_barkers_mean_step_is_the_smoothed_gradient_and_metropolis_is_not() -> None:
    """One parameter, U = x² + x³, by quadrature: one rule is off by the order of (βΔU)², the other by a share."""
    loss = lambda x: x**2 + x**3  # noqa: E731
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    at, std, beta = 0.3, 0.5, 0.02
    change = loss(at + std * z) - loss(at)
    barker = np.sum(weight * std * z / (1 + np.exp(beta * change)))
    metropolis = np.sum(weight * std * z * np.exp(-beta * np.maximum(change, 0)))
    slope = np.sum(weight * (2 * (at + std * z) + 3 * (at + std * z) ** 2))
    known = float(smoothing.barker_drift(jnp.asarray(slope), mutation_std=std, beta=beta))
    assert barker == pytest.approx(known, rel=1e-3)
    assert abs(metropolis / (2 * known) - 1) > 0.05


def test_the_gradient_is_smoothed_by_draws_as_by_quadrature() -> None:
    """E ∇(x⁴/4) = x³ + 3σ²x, to the error that is asked for; another width is told."""
    found = smoothed_gradient(lambda x: jnp.sum(x**4) / 4, jnp.ones(3), std=0.5, key=jax.random.key(1), error=0.005)
    assert np.linalg.norm(found - 1.75) < K * 0.005 * np.linalg.norm(found) < np.linalg.norm(found - 1.48)


def test_sharpness_is_the_gradient_of_its_penalty() -> None:
    curvature = jnp.diag(jnp.array([1.0, 3.0]))
    at = jnp.array([2.0, -1.0])
    bowl = lambda x: x @ curvature @ x / 2  # noqa: E731
    known = jax.grad(lambda x: bowl(x) + 0.2 * jnp.linalg.norm(jax.grad(bowl)(x)))(at)
    np.testing.assert_allclose(smoothing.sharpness_gradient(curvature @ at, curvature, 0.2), known, rtol=1e-6)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: smoothing.barker_drift(jnp.ones(1), mutation_std=0.1, beta=math.inf), "beta must be finite, got inf"),
        (
            lambda: smoothing.perceptron_gradient(jnp.ones(1), jnp.ones((1, 1)), jnp.ones(1), 0.0),
            "std must be positive",
        ),
        (
            lambda: smoothed_gradient(lambda x: x @ x, jnp.ones(1), std=0.0, key=jax.random.key(0)),
            "std must be positive",
        ),
        (
            lambda: smoothed_gradient(lambda x: jnp.sum(jnp.sign(x)), jnp.ones(1), std=0.5, key=jax.random.key(0)),
            "is zero after 262144 draws",
        ),
    ],
)
def test_bad_numbers_are_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()
