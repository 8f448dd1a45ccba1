"""The corrected gradient side: where it equals the limit, and a run beyond the paper's range that only it follows."""

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import corr
from theory import corrected, level1

COLD = math.inf
NETWORK = corr.networks.functional(corr.networks.Shallow(4))
LOSS = corr.losses.mean_squared_error(NETWORK.apply, *corr.data.sine(64))


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


def final(
    dynamics: corr.Dynamics, start: Any, steps: int, trajectories: int, **options: Any
) -> tuple[float, float, float]:
    """Mean loss at the end, its standard error, acceptance in the last eighth."""
    data = corr.run(
        dynamics, start, steps=steps, record_at=range(0, steps, steps // 8), trajectories=trajectories, keep=0,
        key=corr.root_key(1), progress=False, **options,
    )  # fmt: skip
    losses = data.loss.values[:, -1].astype(float)
    accepted = float(data.acceptance.values[:, -1].mean())
    return losses.mean(), losses.std(ddof=1) / math.sqrt(trajectories), accepted


@pytest.mark.slow
def test_beyond_the_papers_range_level_3_follows_and_level_0_does_not() -> None:
    """N = 12, from t = 7 of noise-free training over Δt = 1.6 at σ = 0.01, β = ∞; acceptance falls below 0.25.

    Level 0 at λα/8, checked by halving; level 3 at λα, with the curvature measured every 5 steps.
    """
    first = NETWORK.init(corr.root_key(0))
    descent = corr.descent(LOSS, learning_rate=1e-3, normalized=True)
    trained = corr.run(
        descent, first, steps=7000, trajectories=1, key=corr.root_key(0), block_size=1, devices=1, progress=False
    )
    start = ravel_pytree(first)[1](jnp.asarray(trained.path.values[0, -1]))
    std, steps = 0.01, 400
    step_time = std / math.sqrt(2 * math.pi)
    walk = corr.mutation(LOSS, mutation_std=std)
    mutated, error, accepted = final(walk, start, steps, 4000, block_size=64)
    measure, moments = corrected.level3_side(mutation_std=std, beta=COLD, step_time=step_time)
    third = corr.langevin(LOSS, time_step=step_time, moments=moments, measure=measure)
    corrected_loss, corrected_error, _ = final(third, start, steps, 400, refresh_every=5)
    limit = {
        fine: final(
            corr.langevin(LOSS, time_step=step_time / fine, moments=corr.paper_moments(step_time=step_time)),
            start, fine * steps, 1000,
        )
        for fine in (8, 16)
    }  # fmt: skip
    print(f"mutation {mutated:.5f} ± {error:.5f} at acceptance {accepted:.3f}; level 3 {corrected_loss:.5f} ±"
          f" {corrected_error:.5f}; level 0 {limit[8][0]:.5f} ± {limit[8][1]:.5f}")  # fmt: skip
    assert accepted < 0.25
    assert abs(limit[8][0] - limit[16][0]) < 3 * math.hypot(limit[8][1], limit[16][1])
    assert abs(limit[16][0] - mutated) > 5 * math.hypot(limit[16][1], error)
    assert abs(corrected_loss - mutated) < 3 * math.hypot(corrected_error, error)
