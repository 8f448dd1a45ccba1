"""Drift of independent components where selection is so weak that only the covariance counts."""

import jax.numpy as jnp
import numpy as np
import pytest

from corr.theory import proposals


@pytest.mark.parametrize("law", ["normal", "uniform", "laplace"])
@pytest.mark.parametrize("beta", [1e-12, 1e-8, 1e-4])
def test_independent_drift_at_weak_selection(beta: float, law: str) -> None:
    """-(β σ²/2) g corrections of order s = βσ|g|; 1200 terms in float32, each rounded by 6e-8."""
    gradient = jnp.asarray([0.6, -0.8])
    drift = proposals.independent_drift(gradient, proposals.component_law(law), mutation_std=1.0, beta=beta)
    np.testing.assert_allclose(drift, -beta / 2 * gradient, rtol=beta + 1200 * 6e-8)
