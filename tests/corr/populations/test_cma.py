"""CMA-ES against a plain NumPy writing of the tutorial, what it learns of a bowl, and that an order is all it sees."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.populations import cma_es, cma_weights
from corr.populations._children import mutations

SIZE, CHILDREN, STD = 5, 8, 0.3
CURVATURES = np.array([1.0, 3.0, 10.0, 30.0, 100.0])


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.asarray(CURVATURES, x.dtype) * x * x) / 2


def tutorial(generations: int, *, wrong: str = "") -> tuple[list[np.ndarray], Any]:
    """Means, σ and C of Hansen's Figure 6 in float64 on the random numbers of ``cma_es``; z = C^{-1/2} y by inverse."""
    n, weights = SIZE, np.log((CHILDREN + 1) / 2) - np.log(np.arange(1, CHILDREN // 2 + 1))
    weights /= weights.sum()
    mu = 1 / np.sum(weights**2)
    cs, cc, c1 = (mu + 2) / (n + mu + 5), (4 + mu / n) / (n + 4 + 2 * mu / n), 2 / ((n + 1.3) ** 2 + mu)
    cm = min(1 - c1, 2 * (1 / 4 + mu + 1 / mu - 2) / ((n + 2) ** 2 + mu))
    ds = 1 + 2 * max(0, math.sqrt((mu - 1) / (n + 1)) - 1) + cs
    chi = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))
    if wrong == "c_mu":
        cm *= 1.01
    if wrong == "d_sigma":
        ds *= 1.01
    mean, std, covariance, ps, pc, means = np.ones(n), STD, np.eye(n), np.zeros(n), np.zeros(n), []
    draw = jax.jit(lambda key: mutations(corr.proposals.normal(1.0), key, jnp.zeros(n), CHILDREN))
    for g in range(generations):
        values, basis = np.linalg.eigh(covariance)
        root = basis @ np.diag(np.sqrt(values)) @ basis.T
        y = np.asarray(draw(jax.random.fold_in(corr.root_key(0), g))) @ root
        order = np.argsort(np.sum(CURVATURES * (mean + std * y) ** 2, axis=1))[: CHILDREN // 2]
        step = weights @ y[order]
        mean = mean + std * step
        ps = (1 - cs) * ps + math.sqrt(cs * (2 - cs) * mu) * np.linalg.inv(root) @ step
        length = np.linalg.norm(ps)
        h = float(length / math.sqrt(1 - (1 - cs) ** (2 * (g + 1))) < (1.4 + 2 / (n + 1)) * chi)
        pc = (1 - cc) * pc + h * math.sqrt(cc * (2 - cc) * mu) * step
        kept = 1 + c1 * (1 - h) * cc * (2 - cc) - c1 - cm
        covariance = kept * covariance + c1 * np.outer(pc, pc) + cm * (y[order].T * weights) @ y[order]
        std *= math.exp(cs / ds * (length / chi - 1))
        means.append(mean)
    return means, (std, covariance)


@functools.cache
def walk() -> tuple[np.ndarray, Any]:
    """Means and what is remembered after each of 400 generations."""
    with jax.enable_x64(True):
        dynamics = cma_es(bowl, mutation_std=STD, children=CHILDREN)
        keys = jnp.stack([jax.random.fold_in(corr.root_key(0), g) for g in range(400)])

        def step(state: corr.State, key: jax.Array) -> tuple[corr.State, Any]:
            state = dynamics.step(key, state)[0]
            return state, (state.position, state.aux)

        return jax.device_get(jax.jit(lambda: jax.lax.scan(step, dynamics.init(jnp.ones(SIZE)), keys)[1])())


def test_follows_the_tutorial(x64: None) -> None:
    """40 generations in float64 to rounding; constants 1 % off are seen."""
    means, learned = jax.tree.map(lambda leaf: leaf[:40], walk())
    learned = jax.tree.map(lambda leaf: leaf[-1], learned)
    expected, (std, covariance) = tutorial(40)
    np.testing.assert_allclose(means, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(learned.std, std, rtol=1e-9)
    np.testing.assert_allclose(learned.covariance, covariance, rtol=0, atol=1e-9)
    assert learned.generation == 40
    for wrong in ("c_mu", "d_sigma"):
        assert np.max(np.abs(tutorial(40, wrong=wrong)[0][-1] - expected[-1])) > 1e-6, wrong


def test_learns_the_inverse_of_the_curvature() -> None:
    """On a bowl C becomes like H^{-1}; without learning the products with the curvatures are a hundred to one."""
    spread = np.diag(walk()[1].covariance[-1]) * CURVATURES
    assert spread.max() / spread.min() < 10


@pytest.mark.parametrize("children", [2, 3, 6, 40])
def test_weights(children: int) -> None:
    weights = cma_weights(children)
    assert weights.shape == (children // 2,) and weights.sum() == pytest.approx(1)
    assert np.all(weights > 0) and np.all(np.diff(weights) < 0)


def test_only_the_order_of_the_losses_counts() -> None:
    """Any increasing function of a loss gives the same steps."""
    keys = jax.random.split(corr.root_key(1), 10)

    def end(plain: jax.Array, steep: jax.Array) -> jax.Array:
        def loss(x: jax.Array) -> jax.Array:
            return plain * jnp.sum(x * x) + steep * jnp.exp(jnp.sum(x * x))

        dynamics = cma_es(loss, mutation_std=0.1, children=6)
        return jax.lax.scan(lambda s, k: (dynamics.step(k, s)[0], None), dynamics.init(jnp.ones(3)), keys)[0].position

    plain, risen, turned = np.asarray(jax.jit(jax.vmap(end))(jnp.array([1.0, 0, -1]), jnp.array([0.0, 1, 0])))
    np.testing.assert_array_equal(risen, plain)
    assert np.any(turned != plain)
