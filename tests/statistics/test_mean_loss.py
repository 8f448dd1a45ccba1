"""The mean loss at finite β on a bowl: real mutation steps against the equation with and without its Itô term."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.theory import level3
from corr.theory.spectrum import full_spectrum

LIMIT, DRAWS = 4.0, 400_000
CURVATURES = jnp.asarray([1.0, 0.5, 3.0, 0.25])


def bowl(x: jax.Array) -> jax.Array:
    return 0.5 * jnp.sum(CURVATURES * x * x)


@pytest.mark.parametrize("place", [pytest.param(0.3, marks=pytest.mark.slow), 0.02])
def test_mean_loss_of_a_bowl_needs_its_ito_term(place: float) -> None:
    """d<U> = -(βσ²/2)|g|² + (σ²/2) tr H at s <= 0.1: exact by level 3; the equation up to that exact difference.

    E[ΔU a] is estimated as E[ΔU (a - mean a)] + mean a · E[ΔU], and E[ΔU] = (σ²/2) tr H exactly on a bowl.
    """
    position = jnp.full(4, place)
    gradient = CURVATURES * position
    std, beta = 3e-3, 20.0
    walk = corr.mutation(bowl, mutation_std=std, beta=beta)
    state = walk.init(position)

    @jax.jit
    @jax.vmap
    def drawn(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        info = walk.step(key, state)[1]
        return info.loss_change, info.accepted

    changes, accepted = (np.asarray(part, float) for part in drawn(jax.random.split(corr.root_key(9), DRAWS)))
    ito = std**2 / 2 * float(jnp.sum(CURVATURES))
    values = changes * (accepted - accepted.mean())
    measured, error = values.mean() + accepted.mean() * ito, values.std() / math.sqrt(DRAWS)
    with jax.enable_x64(True):
        wide = full_spectrum(gradient.astype(jnp.float64), jnp.diag(CURVATURES.astype(jnp.float64)))
        exact = float(level3.mean_loss_change(wide, mutation_std=std, beta=beta))
    descending = -beta * std**2 / 2 * float(jnp.sum(gradient * gradient))
    model = abs(exact - descending - ito)
    assert abs(measured - exact) < LIMIT * error
    assert abs(measured - descending - ito) < LIMIT * error + model
    assert model < 0.1 * (abs(descending) + ito)
    assert abs(measured - descending) > LIMIT * error + model
    assert abs(measured - 1.2 * exact) > LIMIT * error
