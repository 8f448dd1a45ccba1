"""Digit 8 against the rest by four ways to draw a batch, and the exact law of the gradient of one point drawn so."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from corr import data, losses

from ..problems import digits

HIDDEN, NEIGHBOURS, NODES = 8, 5, 8  # nodes of Gauss's rule for the mean over SMOTE's u: exact to rounding
PLAIN, WEIGHTS, RESAMPLING, SMOTE = "plain loss", "class weights", "resampling", "SMOTE"
NETWORK = digits.network(HIDDEN, outputs=1)
NATS = losses.cross_entropy()


class Fold(NamedTuple):
    """Points to learn from, (pixels, K) of either class, and the nearest others of each rare one, (K, NEIGHBOURS)."""

    common: jax.Array
    rare: jax.Array
    nearest: jax.Array


class Batch(NamedTuple):
    """Points, (pixels, B), their labels and their weights in the loss, (B,)."""

    points: jax.Array
    labels: jax.Array
    weights: jax.Array


Draw = Callable[[jax.Array, Fold, int], Batch]


def fold(learn: data.Data) -> Fold:
    """The training part by class."""
    points, labels = np.asarray(learn.points), np.asarray(learn.targets)
    rare = points[:, labels == 1]
    return Fold(jnp.asarray(points[:, labels == 0]), jnp.asarray(rare), jnp.asarray(nearest(rare, NEIGHBOURS)))


def nearest(points: np.ndarray, count: int) -> np.ndarray:
    """Numbers of so many nearest others of every point, (K, count)."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=count, algorithm="brute").fit(points.T).kneighbors(return_distance=False)


def logit(vector: jax.Array, points: jax.Array) -> jax.Array:
    """That of the rare class, (1, K), of one vector of parameters."""
    rebuilt = ravel_pytree(NETWORK.init(jax.random.key(0)))[1]
    return NETWORK.apply(rebuilt(vector), points)


def loss(vector: jax.Array, batch: Batch) -> jax.Array:
    """Weighted cross-entropy, the mean over the batch."""
    return losses.mean(NATS, logit, batch.points, batch.labels, weights=batch.weights)(vector)


def _every(here: Fold) -> tuple[jax.Array, jax.Array]:
    """All points with their labels."""
    sizes = here.common.shape[1], here.rare.shape[1]
    return jnp.concatenate([here.common, here.rare], axis=1), jnp.repeat(jnp.arange(2), np.array(sizes))


def plain(key: jax.Array, here: Fold, size: int) -> Batch:
    """Every point alike."""
    points, labels = _every(here)
    rows = jax.random.randint(key, (size,), 0, len(labels))
    return Batch(points[:, rows], labels[rows], jnp.ones(size))


def weighted(key: jax.Array, here: Fold, size: int) -> Batch:
    """The same, weights by class."""
    drawn = plain(key, here, size)
    return drawn._replace(weights=_weights(here)[drawn.labels])


def _weights(here: Fold) -> jax.Array:
    sizes = here.common.shape[1], here.rare.shape[1]
    return data.class_weights(np.repeat([0, 1], sizes))


def resampled(key: jax.Array, here: Fold, size: int) -> Batch:
    """Either class with probability 1/2, then a point of it."""
    return _by_class(key, here, size, lambda rows, _: here.rare[:, rows])


def smote(key: jax.Array, here: Fold, size: int) -> Batch:
    """The same, rare points moved towards a near one by an even share of the way."""

    def between(rows: jax.Array, key: jax.Array) -> jax.Array:
        which, share = jax.random.split(key)
        other = here.nearest[rows, jax.random.randint(which, (size,), 0, NEIGHBOURS)]
        return _between(here, rows, other, jax.random.uniform(share, (size,)))

    return _by_class(key, here, size, between)


def _between(here: Fold, rows: jax.Array, other: jax.Array, share: jax.Array) -> jax.Array:
    return here.rare[:, rows] + share[None] * (here.rare[:, other] - here.rare[:, rows])


def _by_class(
    key: jax.Array, here: Fold, size: int, rare: Callable[[jax.Array, jax.Array], jax.Array]
) -> Batch:  # fmt: skip
    of_class, of_common, of_rare, of_new = jax.random.split(key, 4)
    labels = jax.random.bernoulli(of_class, 0.5, (size,))
    common = here.common[:, jax.random.randint(of_common, (size,), 0, here.common.shape[1])]
    new = rare(jax.random.randint(of_rare, (size,), 0, here.rare.shape[1]), of_new)
    return Batch(jnp.where(labels[None], new, common), labels.astype(jnp.int32), jnp.ones(size))


DRAWS: dict[str, Draw] = {PLAIN: plain, WEIGHTS: weighted, RESAMPLING: resampled, SMOTE: smote}


def every(name: str, here: Fold) -> tuple[Batch, jax.Array]:
    """All points that a scheme may draw, with their weights in the loss, and the probability of each."""
    points, labels = _every(here)
    one, share = jnp.ones(len(labels)), 1 / len(labels)
    if name == SMOTE:
        rows, which, node = (one.ravel() for one in np.indices((here.rare.shape[1], NEIGHBOURS, NODES)))
        at, parts = np.polynomial.legendre.leggauss(NODES)
        new = _between(here, jnp.asarray(rows), here.nearest[rows, which], jnp.asarray((1 + at[node]) / 2, jnp.float32))
        shares = [jnp.full(here.common.shape[1], 0.5 / here.common.shape[1]),
                  jnp.asarray(parts[node] / 4 / (here.rare.shape[1] * NEIGHBOURS), jnp.float32)]  # fmt: skip
        labels = jnp.repeat(jnp.arange(2), np.array([len(one) for one in shares]))
        points = jnp.concatenate([here.common, new], axis=1)
        return Batch(points, labels, jnp.ones(len(labels))), jnp.concatenate(shares)
    weights = _weights(here)[labels]
    if name == RESAMPLING:
        return Batch(points, labels, one), share * weights
    return Batch(points, labels, weights if name == WEIGHTS else one), share * one


def whole(name: str, here: Fold) -> Batch:
    """The batch whose loss is the scheme's expected one."""
    batch, shares = every(name, here)
    return batch._replace(weights=batch.weights * shares * len(shares))


def gradients(name: str, here: Fold, at: jax.Array) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of every point that may be drawn, (K, N), and their probabilities."""
    batch, shares = every(name, here)
    one = lambda point, label, weight: jax.grad(loss)(at, Batch(point[:, None], label[None], weight[None]))  # noqa: E731
    found = jax.jit(jax.vmap(one, (1, 0, 0)))(*batch)
    return np.asarray(found, float), np.asarray(shares, float)


def moments(drawn: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of one point's gradient."""
    mean = shares @ drawn
    rest = drawn - mean
    return mean, (shares[:, None] * rest).T @ rest


def stacked(folds: Sequence[Fold]) -> Fold:
    """Of several splits, which have as many points each, (runs, ...)."""
    return jax.tree.map(lambda *ones: jnp.stack(ones), *folds)
