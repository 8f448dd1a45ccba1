"""The corrected gradient side: where it equals the limit, and a run beyond the paper's range that only it follows."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.experiments.studies import levels
from corr.theory import corrected, level1

COLD = math.inf


@pytest.mark.slow
def test_corrected_sides_are_level_1_on_a_linear_loss() -> None:
    gradient = jnp.asarray([3.0, -4.0, 0.0])
    settings = {"mutation_std": 0.1, "step_time": 0.04}
    for beta in (2.0, COLD):
        expected, noise = level1.moments(gradient, beta=beta, **settings)
        for side in (corrected.level2_side, corrected.level3_side):
            measure, moments = side(beta=beta, **settings)
            drift, factor = moments(gradient, measure(lambda x: jnp.sum(gradient * x), jnp.zeros(3)))
            np.testing.assert_allclose(drift, expected, rtol=1e-5, atol=1e-6)
            basis = np.stack([np.asarray(factor(row)) for row in jnp.eye(3)])
            wanted = np.stack([np.asarray(noise(row)) for row in jnp.eye(3)])
            np.testing.assert_allclose(basis @ basis.T, wanted @ wanted.T, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_beyond_the_papers_range_level_3_follows_and_level_0_does_not() -> None:
    """The study ``levels``: from t = 7 over Δt = 1.6 at σ = 0.01, β = ∞; acceptance falls below 0.25.

    Level 0 at λα/8, checked by halving; level 3 at λα, with the curvature measured every 5 steps.
    """
    compute = levels.parts(levels.Sizes(4000, 1000, 400, 1))
    names = ("mutation", "level 0", "level 0 halved", "level 3")
    found = {name: compute[name](corr.root_key(1 + k)) for k, name in enumerate(names)}
    walk = found["mutation"]
    for name in names:
        print(f"{name}: {levels.final_loss(found[name])}")
    assert float(walk.acceptance.values[:, -1].mean()) < 0.25
    assert abs(levels.apart(found["level 0"], found["level 0 halved"])) < 3
    assert abs(levels.apart(found["level 0 halved"], walk)) > 5
    assert abs(levels.apart(found["level 3"], walk)) < 3
