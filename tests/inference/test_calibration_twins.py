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
SIZES = [(8, 8), (24, 24), (50, 50), (100, 100), (24, 200), (200, 24)]
# Four of two sides, and ten against the mean of the pool where the sides are equal.
COMPARED = 4 * len(SIZES) + 10 * sum(n == other for n, other in SIZES)
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


def drawn(n: int, other: int) -> tuple[np.ndarray, np.ndarray]:
    """Members of each experiment, two disjoint sides, (n, REPEATS) and (other, REPEATS)."""
    rng = np.random.default_rng([n, other])
    both = np.stack([rng.choice(POOL, n + other, replace=False) for _ in range(REPEATS)], axis=1)
    return both[:n], both[n:]


def against_the_mean(first: np.ndarray, lost: np.ndarray) -> dict[str, np.ndarray]:
    """One side's tests beside the mean of the pool: equality, and claims at the edge of equivalence from either way."""
    paths, losses = pool()
    n, path, curve = len(first), np.tile(paths.mean(axis=0), (REPEATS, 1)), np.full(REPEATS, losses.mean())
    spread, directions = np.linalg.eigh(np.cov(paths.T))
    edge, wide = 6 * np.sqrt(spread[-1] / n), 6 * losses.std() / np.sqrt(n)
    claims = {
        "loss": inference.loss_test(lost, curve, seed=0, resamples=499).p_value <= LEVEL,
        "weights": inference.sign_flip_test(first, path, seed=0, resamples=499).p_value <= LEVEL,
    }
    for way in (1, -1):
        moved, margin = first + way * edge * directions[:, -1], np.full(REPEATS, edge**2 / path.shape[1])
        found = inference.mean_equivalence(moved, path, margin, seed=0, resamples=499)
        claims[f"equivalent {way:+d}"] = found.equivalent
        claims[f"beyond {way:+d}"] = found.lower > margin
        away = inference.loss_equivalence(lost + way * wide, curve, np.full(REPEATS, wide))
        claims[f"loss equivalent {way:+d}"] = away.equivalent
        # Both sides of the interval together, as a run's verdict says "further apart than the margin".
        claims[f"loss beyond {way:+d}"] = np.maximum(away.lower, -away.upper) > wide
    return claims


@pytest.mark.parametrize(("n", "other"), SIZES)
def test_levels_on_twins(n: int, other: int) -> None:
    paths, losses = pool()
    members, others = drawn(n, other)
    lost, spare = losses[members], losses[others]
    claims = {
        "loss, two": inference.loss_test(lost, spare, seed=0, resamples=499).p_value <= LEVEL,
        "weights, two": inference.permutation_test(paths[members], paths[others], seed=0, permutations=499).p_value
        <= LEVEL,
    }
    wide = 6 * losses.std() * np.sqrt(1 / n + 1 / other)
    for way in (1, -1):
        away = inference.loss_equivalence(lost + way * wide, spare, np.full(REPEATS, wide))
        claims[f"loss equivalent, two {way:+d}"] = away.equivalent
    if n == other:
        claims |= against_the_mean(paths[members], lost)
    rates = {name: float(np.mean(found)) for name, found in claims.items()}
    t = (lost.mean(axis=0) - losses.mean()) / stats.sem(lost)
    plain = float(np.mean(stats.t.cdf(t, n - 1) <= LEVEL))
    print(f"{n} and {other}, skewness of the loss {stats.skew(losses):.2f}: {rates}, plain t {plain}")
    assert max(rates.values()) < ALLOWED
    if n == 8:
        assert plain > ALLOWED, "plain t claims equivalence of the loss too often"
