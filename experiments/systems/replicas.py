"""Replicas of SGD at their noise floor in a bowl: what the best of them gains, and what their average leaves."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from theory import selection as theory

from . import law

CURVATURES = np.geomspace(1.0, 20.0, 40)
RATE, STEPS = 0.02, 250  # the softest direction's variance comes to within e^-10 of rest
COUNTS = (2, 4, 8, 16)
OTHER = "losses that are normal, and 1/√P"


def gradient_noise() -> np.ndarray:
    """L of a gradient's noise Lz, z normal: larger along stiff directions, as that of batches is, but mixed."""
    size = len(CURVATURES)
    mixed = np.random.default_rng(0).normal(size=(size, size)) / math.sqrt(size)
    return np.sqrt(CURVATURES)[:, None] * mixed


def noise_floor() -> np.ndarray:
    """Σ of the replicas."""
    return theory.noise_floor(np.diag(CURVATURES), gradient_noise() @ gradient_noise().T, RATE)


def excess(key: jax.Array, repeats: int) -> tuple[np.ndarray, np.ndarray]:
    """Excess losses over the law's mean of the best and of the averaged weights of the first P, (repeats, counts)."""
    noise, curvatures = jnp.asarray(gradient_noise(), jnp.float32), jnp.asarray(CURVATURES, jnp.float32)
    loss = lambda x: jnp.sum(curvatures * x**2) / 2  # noqa: E731
    side = corr.minibatch(
        lambda slope: corr.descent(lambda x: loss(x) + slope @ x, learning_rate=RATE),
        batch=lambda key: noise @ jax.random.normal(key, curvatures.shape), loss=loss,
    )  # fmt: skip
    most = COUNTS[-1]
    data = corr.run(
        side, jnp.zeros(len(curvatures)), steps=STEPS, record_at=[STEPS], trajectories=repeats * most, key=key,
        progress=False,
    )  # fmt: skip
    at = data.path.values[:, -1].astype(float).reshape(repeats, most, -1)
    over = lambda x: (x**2 @ CURVATURES) / np.sum(CURVATURES * np.diag(noise_floor()))  # noqa: E731
    best = np.stack([over(at[:, :count]).min(axis=1) for count in COUNTS], axis=1)
    return best, np.stack([over(at[:, :count].mean(axis=1)) for count in COUNTS], axis=1)


def bowl(key: jax.Array, repeats: int) -> xarray.Dataset:
    """Shares of the mean excess loss, gained by the best of P replicas and left by their average, against P."""
    best, average = excess(key, repeats)
    hessian, floor, counts = np.diag(CURVATURES), noise_floor(), np.array(COUNTS)
    directions = theory.effective_directions(hessian, floor)
    known = [theory.best_share(count, hessian, floor) for count in COUNTS]
    normal = [theory.normal_share(count, directions) for count in COUNTS]
    rows = {
        "share gained by the best": law.Row(*law.means(1 - best), known, normal),
        "share left by the average": law.Row(*law.means(average), 1 / counts, counts**-0.5),
    }
    return law.against("replicas P", COUNTS, rows, other=OTHER).assign_attrs(directions=directions)
