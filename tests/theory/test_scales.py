"""Predictions do not depend on the unit of the loss, as far as float32 numbers reach."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corr.theory import level0, level1, proposals, validity

ROUNDING = 16 * np.finfo(np.float32).eps
GRADIENT = jnp.array([3.0, 4.0])


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e20, 1e30])
def test_norms_are_scaled_before_squaring(scale: float) -> None:
    direction, size = level1.split(scale * GRADIENT)
    np.testing.assert_allclose(direction, [0.6, 0.8], rtol=ROUNDING)
    np.testing.assert_allclose(size, 5 * scale, rtol=ROUNDING)
    expected = -0.1 / math.sqrt(2 * math.pi) * np.array([0.6, 0.8])
    np.testing.assert_allclose(level0.drift(scale * GRADIENT, mutation_std=0.1, beta=math.inf), expected, rtol=ROUNDING)
    np.testing.assert_allclose(level1.drift(scale * GRADIENT, mutation_std=0.1, beta=math.inf), expected, rtol=ROUNDING)
    law = proposals.component_law("normal")
    here, there = (
        proposals.independent_drift(g, law, mutation_std=0.1, beta=math.inf) for g in (GRADIENT, scale * GRADIENT)
    )
    np.testing.assert_allclose(here, there, rtol=1e3 * ROUNDING)


@pytest.mark.parametrize("scale", [1e-20, 1e20])
def test_curvature_is_measured_at_any_size_of_the_loss(scale: float) -> None:
    def loss(x: jax.Array) -> jax.Array:
        return scale * (x[0] ** 2 + 2 * x[1] ** 2)

    size, curvature = validity.measure_curvature(loss, jnp.array([1.0, 0.0]))
    np.testing.assert_allclose(size, 2 * scale, rtol=ROUNDING)
    np.testing.assert_allclose(curvature, np.array([6, math.sqrt(20), 2]) * scale, rtol=ROUNDING)
