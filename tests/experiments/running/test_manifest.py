"""What the manifest foresees along noise-free descent: on a bowl gradient, curvature and acceptance are known."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
import xarray
from scipy.special import erfcx

from corr import resolve_clock
from corr.experiments.running.decisions import CHECKED_POINTS
from corr.experiments.running.manifest import _predictions

STIFFNESS = np.array([1.0, 4.0, 9.0])


@pytest.mark.parametrize("beta", [50.0, math.inf])
def test_validity_and_acceptance_are_those_of_the_path(beta: float) -> None:
    """U = Σ h x²/2: gradient h x, Hessian diag h; level 1 accepts (1 + erfcx(s/√2))/2 at s = βσ|∇U|."""
    clock = resolve_clock(1e-3, 1.0, None, beta)
    path, times = np.linspace(1.0, 0.2, 9)[:, None] * np.ones(3), np.linspace(0, 2, 9)
    columns = {"path": (("path_trajectory", "time", "parameter"), path[None].astype("f4"))}
    smooth = xarray.Dataset(columns, {"time": times})
    found = _predictions(lambda x: jnp.sum(jnp.asarray(STIFFNESS, x.dtype) * x**2) / 2, jnp.ones(3), smooth, clock)
    slopes = np.linalg.norm(STIFFNESS * path, axis=1)
    s = beta * clock.mutation_std * slopes
    accepted = 0.5 * np.ones(9) if math.isinf(beta) else (1 + erfcx(s / math.sqrt(2))) / 2
    np.testing.assert_allclose(found["acceptance_theory"], accepted[1:], rtol=1e-4)
    rows = found["validity"]
    assert [row["time"] for row in rows] == [0.0, 0.5, 1.0, 1.5, 2.0] and len(rows) == CHECKED_POINTS + 1
    np.testing.assert_allclose([row["gradient_norm"] for row in rows], slopes[::2], rtol=1e-5)
    kappa = clock.mutation_std * STIFFNESS.sum() / 2 / slopes[::2]
    np.testing.assert_allclose([row["kappa"] for row in rows], kappa, rtol=1e-4)
    expected = ["inf"] * 5 if math.isinf(beta) else pytest.approx(s[::2], rel=1e-4)
    assert [row["s"] for row in rows] == expected
    assert found["curvature_probes"] is None
