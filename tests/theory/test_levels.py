"""Levels 0 and 1 and the validity numbers: limits, identities, quadrature."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, special, stats

from corr.theory import level0, level1, validity
from corr.theory._erfcx import erfcx

STRENGTHS = [1e-3, 0.1, 1.0, 3.0, 10.0, 99.0, 101.0, 1e4]


@pytest.mark.parametrize(("dtype", "error"), [("float32", 1e-6), ("float64", 1e-13)])
def test_erfcx_is_right_everywhere_also_where_jax_underflows(dtype: str, error: float) -> None:
    """A dense grid: JAX's own (0.10) is 0 from 9.2 to 9.4 in float32 and near 26.6 in float64."""
    with jax.enable_x64(dtype == "float64"):
        x = np.concatenate([[0.0], np.geomspace(1e-6, 1e30, 8001), np.linspace(8, 10, 2001), np.linspace(25, 28, 2001)])
        x = x.astype(dtype)
        exact = special.erfcx(x.astype(float))
        np.testing.assert_allclose(np.asarray(erfcx(jnp.asarray(x)), float), exact, rtol=error)
        assert float(erfcx(jnp.asarray(np.inf, dtype))) == 0.0
        slopes = jax.vmap(jax.grad(erfcx))(jnp.asarray([0.0, 30.0, np.inf], dtype))
        np.testing.assert_allclose(slopes, [-2 / np.sqrt(np.pi), 60 * special.erfcx(30.0) - 2 / np.sqrt(np.pi), 0.0],
                                   rtol=1e-4)  # fmt: skip


@pytest.mark.parametrize("s", STRENGTHS)
def test_moments_against_quadrature(s: float, x64: None) -> None:
    """With z the component of the mutation along the gradient: E a, E z a, E z² a for a = min(1, e^{-sz})."""

    def moment(power: int) -> float:
        scale = 40 / max(s, 1.0)
        uphill = integrate.quad(lambda z: z**power * math.exp(-s * z) * stats.norm.pdf(z), 0, scale, epsabs=1e-15)[0]
        downhill = {0: 0.5, 1: -1 / math.sqrt(2 * math.pi), 2: 0.5}[power]
        return uphill + downhill

    strength = jnp.asarray(s)
    assert float(level1.acceptance(strength)) == pytest.approx(moment(0), rel=1e-9)
    assert float(level1.drift_factor(strength)) == pytest.approx(-moment(1), rel=1e-6)
    across, along = level1.second_moments(strength)
    assert float(across) == pytest.approx(moment(0), rel=1e-9)
    assert float(along) == pytest.approx(moment(2), rel=1e-8)


def test_slope_is_the_derivative_on_both_sides_of_the_switch(x64: None) -> None:
    for s in (0.5, 20.0, 99.9, 100.1, 1e3):
        assert float(level1.drift_slope(jnp.asarray(s))) == pytest.approx(
            float(jax.grad(level1.drift_factor)(jnp.asarray(s))), rel=1e-5
        )


def test_limits_and_first_corrections(x64: None) -> None:
    s = jnp.asarray(1e-4)
    assert float(level1.drift_factor(s)) == pytest.approx(5e-5 * (1 - 1e-4 * math.sqrt(2 / math.pi)), rel=1e-7)
    assert float(level1.acceptance(s)) == pytest.approx(1 - 1e-4 / math.sqrt(2 * math.pi), abs=1e-8)
    for s_value, share in ((0.013, 0.01), (0.065, 0.05), (0.136, 0.10)):
        lost = 1 - float(level1.drift_factor(jnp.asarray(s_value))) / (s_value / 2)
        assert lost == pytest.approx(share, abs=0.001)


@pytest.mark.parametrize("beta", [0.0, 1.0, 1e30, math.inf])
def test_no_nan_anywhere(beta: float) -> None:
    for gradient in (jnp.zeros(3), jnp.array([1.0, 0.0, 1e-20])):
        drift, factor = level1.moments(gradient, mutation_std=0.1, beta=beta, step_time=1.0)
        for value in (drift, factor(jnp.ones(3)), level0.drift(gradient, mutation_std=0.1, beta=beta)):
            assert np.isfinite(np.asarray(value)).all()
        slope = jax.jacobian(lambda g: level1.drift(g, mutation_std=0.1, beta=beta))(gradient)
        assert not np.isnan(np.asarray(slope)).any()
    if beta == 0.0:
        assert np.all(np.asarray(drift) == 0)


def test_level_1_tends_to_level_0(x64: None) -> None:
    gradient = jnp.array([3.0, -4.0])
    for beta, std in ((1e-3, 1e-3), (math.inf, 0.1)):
        one = level1.drift(gradient, mutation_std=std, beta=beta)
        np.testing.assert_allclose(one, level0.drift(gradient, mutation_std=std, beta=beta), rtol=1e-5)


def test_non_isotropic_drift_is_the_isotropic_one_in_scaled_coordinates() -> None:
    gradient, stds = jnp.array([1.0, -2.0, 0.5]), jnp.array([0.1, 0.2, 0.4])
    scaled = level0.drift(stds * gradient, mutation_std=1.0, beta=math.inf)
    np.testing.assert_allclose(level0.drift(gradient, mutation_std=stds, beta=math.inf), stds * scaled, rtol=1e-6)


def test_validity_of_a_quadratic() -> None:
    hessian = np.diag([4.0, -1.0, 2.0])
    x = jnp.array([0.5, 1.0, 0.0])
    norm, curvature = validity.measure_curvature(lambda v: 0.5 * v @ jnp.asarray(hessian, jnp.float32) @ v, x)
    g = hessian @ np.asarray(x)
    assert float(norm) == pytest.approx(np.linalg.norm(g), rel=1e-6)
    assert float(curvature.trace) == pytest.approx(5.0)
    assert float(curvature.frobenius) == pytest.approx(math.sqrt(21), rel=1e-6)
    assert float(curvature.along) == pytest.approx(g @ hessian @ g / (g @ g), rel=1e-6)
    numbers = validity.validity(norm, curvature, mutation_std=0.1, beta=10.0)
    assert float(numbers.beta_m) == pytest.approx(10 * 0.01 * 5 / 2, rel=1e-6)
    flat = validity.validity(jnp.float32(0.0), curvature, mutation_std=0.1, beta=math.inf)
    assert math.isinf(float(flat.curvature))
