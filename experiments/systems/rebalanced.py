"""Training on digit 8 against the rest at β = ∞: how fast, and how well on what was not seen, by scheme of batches."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr import losses
from corr.data import Data

from ..problems import digits
from . import imbalanced
from .flatness import positions
from .imbalanced import PLAIN, RESAMPLING, SMOTE, WEIGHTS, Fold

SIZE, STD, RECORDS = 32, 5e-3, 40  # points in a batch, σ
REACHED = 0.35  # balanced training loss, from about 0.75, to which steps are counted
TRAINING, FULL, MOVED = "training", "class weights, all data", "plain loss, threshold moved"
ROUTES = (PLAIN, WEIGHTS, RESAMPLING, SMOTE, FULL)
ACCURACY, LOSS, AHEAD = "balanced accuracy", "balanced loss", "resampling ahead"


def part(key: jax.Array, runs: int, steps: int) -> xarray.Dataset:
    """All quantities of every route by time and run; a run has a start and a split of its own, shared by the routes."""
    start_key, walk_key = jax.random.split(key)
    halves = [digits.eights(split) for split in range(runs)]
    folds = imbalanced.stacked([imbalanced.fold(learn) for learn, _ in halves])
    test: Data = jax.tree.map(lambda *ones: jnp.stack(ones), *(unseen for _, unseen in halves))
    draw = jax.vmap(lambda one: ravel_pytree(imbalanced.NETWORK.init(one))[0])
    starts = draw(jax.random.split(start_key, runs))
    look, local = jax.jit(jax.vmap(measured)), jax.jit(jax.vmap(ahead))
    found, paths = {}, {}
    for number, name in enumerate(ROUTES):
        keys = jax.random.split(jax.random.fold_in(walk_key, number), runs)
        paths[name] = [starts, *trained(name, starts, folds, keys, steps)]
        rows = [look(here, folds, test) for here in paths[name]]
        found[name] = {what: np.stack([row[what] for row in rows]) for what in rows[0]}
    columns: dict[str, tuple[Any, np.ndarray]] = {}
    for what in (LOSS, ACCURACY):
        columns[what] = ("route", "time", "run"), np.stack([one[what] for one in found.values()]).astype(float)
    columns[AHEAD] = ("time", "run"), np.stack([local(here, folds) for here in paths[RESAMPLING]]).astype(float)
    columns[MOVED] = "run", np.array([
        moved(at, *jax.tree.map(lambda one, run=run: one[run], (folds, test)))
        for run, at in enumerate(paths[PLAIN][-1])
    ])  # fmt: skip
    time = np.linspace(0, steps, RECORDS + 1)
    attrs = {"std": STD, "size": SIZE, "reached": REACHED}
    return xarray.Dataset(columns, {"route": list(ROUTES), "time": time}, attrs)


def side(name: str, here: Fold) -> corr.Dynamics:
    """Mutation at β = ∞ on the batches of a scheme, or on all data."""
    whole = partial(imbalanced.loss, batch=imbalanced.whole(WEIGHTS if name == FULL else name, here))
    # Rounding is nothing beside changes of σ|g|, and the exact change costs four times as much.
    make = partial(corr.mutation, mutation_std=STD, exact=False)
    if name == FULL:
        return make(whole)
    return corr.minibatch(
        lambda batch: make(lambda x: imbalanced.loss(x, batch)), loss=whole,
        batch=lambda key: imbalanced.DRAWS[name](key, here, SIZE),
    )  # fmt: skip


def trained(name: str, starts: jax.Array, folds: Fold, keys: jax.Array, steps: int) -> jax.Array:
    """Positions of every run at equal numbers of steps, (RECORDS, runs, N)."""

    def one(start: jax.Array, here: Fold, key: jax.Array) -> jax.Array:
        return positions(side(name, here), start, jax.random.split(key, (RECORDS, steps // RECORDS)))

    return jax.jit(jax.vmap(one, out_axes=1))(starts, folds, keys)


def measured(at: jax.Array, here: Fold, test: Data) -> dict[str, jax.Array]:
    """Balanced loss in training, balanced accuracy on what was not seen."""
    accuracy = losses.balanced_accuracy(imbalanced.logit, *test)(at)
    return {LOSS: imbalanced.loss(at, imbalanced.whole(WEIGHTS, here)), ACCURACY: accuracy}


def ahead(at: jax.Array, here: Fold) -> jax.Array:
    """Speed of resampling over that of class weights by tr Σ, √((|g|² + tr Σ_w/B)/(|g|² + tr Σ_r/B)), at one place."""
    batch = imbalanced.whole(WEIGHTS, here)
    square = jnp.sum(jax.grad(imbalanced.loss)(at, batch) ** 2)

    def of_class(points: jax.Array, label: int) -> jax.Array:
        slope = lambda point: jax.grad(imbalanced.loss)(  # noqa: E731
            at, imbalanced.Batch(point[:, None], jnp.array([label]), jnp.ones(1))
        )
        return jnp.mean(jax.vmap(lambda point: jnp.sum(slope(point) ** 2), 1)(points))

    common, rare = of_class(here.common, 0), of_class(here.rare, 1)
    share = here.rare.shape[1] / len(batch.labels)
    wide = {WEIGHTS: common / (4 * (1 - share)) + rare / (4 * share), RESAMPLING: (common + rare) / 2}
    slow = {name: square + (one - square) / SIZE for name, one in wide.items()}
    return jnp.sqrt(slow[WEIGHTS] / slow[RESAMPLING])


def moved(at: jax.Array, here: Fold, test: Data) -> float:
    """Balanced accuracy on what was not seen, above the best threshold of the training part."""
    common, rare = (np.asarray(imbalanced.logit(at, points)[0]) for points in (here.common, here.rare))
    told = np.asarray(imbalanced.logit(at, test.points)[0]) > threshold(common, rare)
    labels = np.asarray(test.targets)
    return float(told[labels == 1].mean() + 1 - told[labels == 0].mean()) / 2


def threshold(common: np.ndarray, rare: np.ndarray) -> float:
    """That of the logit with the best balanced accuracy, half way between two logits."""
    every = np.sort(np.concatenate([common, rare]))
    cuts = (every[1:] + every[:-1]) / 2
    right = (common[None] <= cuts[:, None]).mean(axis=1) + (rare[None] > cuts[:, None]).mean(axis=1)
    return float(cuts[np.argmax(right)])
