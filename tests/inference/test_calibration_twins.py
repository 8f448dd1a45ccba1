"""Levels on the project's own law: noisy twins of a small shallow network, drawn from a pool whose mean is the truth.

Experiments are independent columns in the place of times. The COMPARED rates are held to the level and K standard
errors, K such that a method at the level fails any of them with a probability of 1 % at most (Bonferroni).
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from scipy import stats

import corr
from corr import inference

pytestmark = pytest.mark.slow
REPEATS, LEVEL, POOL, END, STEP_TIME = 1000, 0.05, 2000, 3.0, 1e-2
SIZES = (8, 24, 50)
# What the docstring of loss_equivalence says of such a law.
STATED = 0.07
COMPARED = len(SIZES) * 10
K = stats.norm.isf(0.01 / COMPARED)
ALLOWED = LEVEL + K * np.sqrt(LEVEL * (1 - LEVEL) / REPEATS)


@cache
def pool() -> tuple[np.ndarray, np.ndarray]:
    """Weights (POOL, 30) and losses (POOL,) of twins at t = END, where the losses have a skewness of 3."""
    net, (points, values) = corr.networks.Shallow(10), corr.data.sine(50)
    start, unravel = ravel_pytree(corr.networks.initialize(net, jax.random.key(0), variance=1e-4))

    def loss(flat: jax.Array) -> jax.Array:
        return jnp.mean(jnp.square(net.apply({"params": unravel(flat)}, points) - values))

    twin = corr.langevin(loss, time_step=0.02, moments=corr.paper_moments(step_time=STEP_TIME))
    steps = round(END / 0.02)
    data = corr.run(
        twin, start, steps=steps, record_at=[steps], trajectories=POOL, keep=POOL, key=corr.root_key(0), devices=2,
        progress=False,
    )  # fmt: skip
    return data.path.values[:, -1].astype(float), data.loss.values[:, -1].astype(float)


def drawn(n: int) -> np.ndarray:
    """Members of each experiment, two disjoint sides of n, (2n, REPEATS)."""
    rng = np.random.default_rng(n)
    return np.stack([rng.choice(POOL, 2 * n, replace=False) for _ in range(REPEATS)], axis=1)


@pytest.mark.parametrize("n", SIZES)
def test_levels_on_twins(n: int) -> None:
    paths, losses = pool()
    members, mean, loss = drawn(n), paths.mean(axis=0), losses.mean()
    first, second = paths[members[:n]], paths[members[n:]]
    lost, other = losses[members[:n]], losses[members[n:]]
    curve, path = np.full(REPEATS, loss), np.tile(mean, (REPEATS, 1))
    rates = {
        "loss": inference.loss_test(lost, curve, seed=0, resamples=499).p_value <= LEVEL,
        "loss, two": inference.loss_test(lost, other, seed=0, resamples=499).p_value <= LEVEL,
        "weights": inference.sign_flip_test(first, path, seed=0, resamples=499).p_value <= LEVEL,
        "weights, two": inference.permutation_test(first, second, seed=0, permutations=499).p_value <= LEVEL,
    }
    spread, directions = np.linalg.eigh(np.cov(paths.T))
    edge, wide = 6 * np.sqrt(spread[-1] / n), 6 * losses.std() / np.sqrt(n)
    for way in (1, -1):
        moved, margin = first + way * edge * directions[:, -1], np.full(REPEATS, edge**2 / len(mean))
        found = inference.mean_equivalence(moved, path, margin, seed=0, resamples=499)
        rates[f"equivalent {way:+d}"] = found.equivalent
        rates[f"beyond {way:+d}"] = found.lower > margin
        away = inference.loss_equivalence(lost + way * wide, curve, np.full(REPEATS, wide))
        rates[f"loss equivalent {way:+d}"] = away.equivalent
    rates = {name: float(np.mean(found)) for name, found in rates.items()}
    plain = float(np.mean(stats.t.cdf((lost.mean(axis=0) - loss) / stats.sem(lost), n - 1) <= LEVEL))
    skewness = stats.skew(losses), stats.skew(paths @ directions[:, -1])
    print(f"n = {n}, skewness of loss and leading direction {np.round(skewness, 2)}: {rates}, plain t {plain}")
    assert len(rates) * len(SIZES) == COMPARED
    heavy = rates.pop("loss equivalent +1")
    assert max(rates.values()) < ALLOWED
    assert heavy < STATED + K * np.sqrt(STATED * (1 - STATED) / REPEATS)
    if n == min(SIZES):
        assert plain > ALLOWED, "plain t claims equivalence of the loss too often"
