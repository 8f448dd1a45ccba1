"""One mutation step on the deep network, N = 7489: the real loss and its quadratic form against level 3 by Lanczos."""

import math
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import corr
from corr.difference._promote import in_float64
from corr.theory import level3
from corr.theory.spectrum import hessian_product, lanczos_spectrum

LIMIT, DRAWS, BATCH = 4.0, 2000, 100
TRAINED, RATE = 1.0, 1e-3
NETWORK = corr.networks.functional(corr.networks.FullyConnected(), variance="fan_in")


@cache
def case() -> tuple[corr.Dynamics, np.ndarray]:
    """The loss of a flat vector, and the noise-free path at t = 0 and 1 (the plateau)."""
    points = jnp.linspace(-1.0, 1.0, 1001)[None]
    loss = corr.losses.mean_squared_error(NETWORK.apply, points, jnp.sin(jnp.pi * points))
    flat, unravel = ravel_pytree(NETWORK.init(corr.root_key(0)))
    side = corr.descent(lambda x: loss(unravel(x)), learning_rate=RATE, normalized=True)
    data = corr.run(side, flat, steps=round(TRAINED / RATE), trajectories=1, key=corr.root_key(0), block_size=1,
                    devices=1, progress=False)  # fmt: skip
    return lambda x: loss(unravel(x)), data.path.values[0]


@pytest.mark.slow
@pytest.mark.parametrize(("row", "std", "beta"), [(0, 3e-3, 1e3), (1, 5e-4, math.inf)])
def test_level_3_of_the_deep_network_on_the_same_draws(row: int, std: float, beta: float) -> None:
    """Acceptance and drift along ĝ; 8 comparisons at 4 standard errors, plus the decisions that differ for the loss.

    The twins, level 0 and predictions off by 30 %, must fail.
    """
    loss, path = case()
    position = jnp.asarray(path[row])
    gradient, product = jax.grad(loss)(position), hessian_product(loss, position)
    unit = gradient / jnp.linalg.norm(gradient)
    walk = corr.mutation(loss, mutation_std=std, beta=beta)
    state = walk.init(position)

    @jax.jit
    @jax.vmap
    def one(key: jax.Array) -> tuple[jax.Array, ...]:
        moved, _, change, _ = walk.step(key, state)[1]
        return jnp.sum(moved * unit) / std, change, jnp.sum(moved * (gradient + product(moved) / 2))

    keys = jax.random.split(corr.root_key(11), DRAWS).reshape(-1, BATCH)
    drawn = [one(batch) for batch in keys]
    along, changes, quadratic = (
        np.concatenate([np.asarray(p, float) for p in part]) for part in zip(*drawn, strict=True)
    )
    chance, real = (
        (part <= 0).astype(float) if math.isinf(beta) else np.exp(-beta * np.maximum(part, 0))
        for part in (quadratic, changes)
    )
    acceptance, drift = predicted(loss, path[row], std, beta)
    pulls = along * (chance - chance.mean())
    errors = chance.std() / math.sqrt(DRAWS), pulls.std() / math.sqrt(DRAWS)
    print(f"t = {row * TRAINED:g}, σ = {std:g}, β = {beta:g}: acceptance {real.mean():.4f} / {acceptance:.4f},"
          f" drift {(along * (real - real.mean())).mean():.4f} / {drift:.4f}")  # fmt: skip
    assert abs(chance.mean() - acceptance) < LIMIT * errors[0]
    assert abs(pulls.mean() - drift) < LIMIT * errors[1]
    model = np.abs(real - chance).mean(), np.abs(along * (real - chance)).mean()
    pulled = (along * (real - real.mean())).mean()
    assert abs(real.mean() - acceptance) < LIMIT * errors[0] + model[0]
    assert abs(pulled - drift) < LIMIT * errors[1] + model[1] + model[0] * abs(along.mean())
    assert abs(chance.mean() - 1.3 * acceptance) > LIMIT * errors[0]
    assert abs(pulls.mean() - 1.3 * drift) > LIMIT * errors[1]
    limit = 1 / math.sqrt(2 * math.pi) if math.isinf(beta) else beta * std * float(jnp.linalg.norm(gradient)) / 2
    assert abs(pulls.mean() + limit) > LIMIT * errors[1] or abs(chance.mean() - 0.5) > LIMIT * errors[0]


def predicted(loss: corr.Dynamics, place: np.ndarray, std: float, beta: float) -> tuple[float, float]:
    """Acceptance and drift along ĝ in units of σ, by Lanczos in float64."""
    with jax.enable_x64(True):
        wide = in_float64(loss)
        position = jnp.asarray(place, jnp.float64)
        value = lambda x: wide(x)[0]  # noqa: E731
        gradient = jax.grad(value)(position)
        found = lanczos_spectrum(gradient, hessian_product(value, position), key=jax.random.key(0), steps=48)
        step = level3.one_step(found, mutation_std=std, beta=beta)
        return float(step.acceptance), float(jnp.sum(step.drift * gradient) / jnp.linalg.norm(gradient)) / std
