"""Networks on the digits that take gradient steps, and between generations replace some of their number."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import jax
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree
from scipy.cluster.hierarchy import fcluster, linkage

from corr import losses
from corr.data import Data

from ..problems.digits import digits, network

HIDDEN, BATCH, RATE = 32, 32, 0.2
STEPS = 40  # of a generation
CUT = 0.3  # cosine distance above which updates are not alike
STD = 0.02  # of the noise on a child, in parameter units
HELD_OUT = 4  # one of so many images to learn from
RUNS = ("independent", "suppressed", "random", "least fit")
READOUTS = ("mean", "best", "average")
METRICS = ("held_out_loss", "test_loss", "test_accuracy")


class Problem(NamedTuple):
    """The digits for populations of flat parameters, (runs, seeds, P, N).

    Attributes:
        start: one vector of parameters for each key.
        steps: gradient steps on batches of images, (seeds, P, steps, batch), that the runs share.
        scores: held-out loss, test loss and test accuracy of each.
        images: how many there are to learn from.
        layers: places of each layer's parameters.
    """

    start: Callable[[jax.Array], jax.Array]
    steps: Callable[[np.ndarray, np.ndarray], jax.Array]
    scores: Callable[[np.ndarray], tuple[jax.Array, ...]]
    images: int
    layers: list[slice]


def split() -> tuple[Data, Data, Data]:
    """Images to learn from, to judge fitness by, and to test on, the same whatever the seed."""
    images, test = digits(0)
    count = len(images.targets) // HELD_OUT
    learn, held = (Data(images.points[:, rows], images.targets[rows]) for rows in (slice(count, None), slice(count)))
    return learn, held, test


@cache
def problem() -> Problem:
    """Compiled once for all parts."""
    learn, held, test = split()
    net = network(HIDDEN)
    shapes = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), jax.eval_shape(net.init, jax.random.key(0)))
    unravel = ravel_pytree(shapes)[1]
    nats = losses.cross_entropy()
    apply = lambda flat, pixels: net.apply(unravel(flat), pixels)  # noqa: E731

    def descend(flat: jax.Array, batches: jax.Array) -> jax.Array:
        def step(flat: jax.Array, rows: jax.Array) -> tuple[jax.Array, None]:
            batch = learn.points[:, rows], learn.targets[rows]
            return flat - RATE * jax.grad(losses.mean(nats, apply, *batch))(flat), None

        return jax.lax.scan(step, flat, batches)[0]

    def measured(flat: jax.Array) -> tuple[jax.Array, ...]:
        held_out, unseen = (losses.mean(nats, apply, *images) for images in (held, test))
        return held_out(flat), unseen(flat), losses.accuracy(apply, *test)(flat)

    ends = np.cumsum([sum(leaf.size for leaf in jax.tree.leaves(layer)) for layer in shapes.values()])
    return Problem(
        jax.jit(lambda keys: jax.lax.map(lambda key: ravel_pytree(net.init(key))[0], keys)),
        jax.jit(jax.vmap(jax.vmap(jax.vmap(descend)), (0, None))),
        jax.jit(jax.vmap(jax.vmap(jax.vmap(measured)))),
        len(learn.targets),
        [slice(end - size, end) for end, size in zip(ends, np.diff(ends, prepend=0), strict=True)],
    )


def children(random: np.random.Generator, population: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Those not kept, replaced by uniform crossover of two of the kept, drawn with replacement, and noise.

    Args:
        random: numbers that the runs share, so that they are compared in pairs.
        population: (runs, seeds, P, N).
        kept: (runs, seeds, P), one at least of each P.
    """
    _, seeds, count, _ = population.shape
    draws = random.gumbel(size=(2, 1, seeds, count, count))
    chosen = np.argmax(np.where(kept[:, :, None, :], draws, -np.inf), axis=-1)[..., None]
    mothers, fathers = (np.take_along_axis(population, one, axis=2) for one in chosen)
    crossed = np.where(random.random(population.shape[1:]) < 0.5, mothers, fathers)
    noise = STD * random.standard_normal(population.shape[1:], np.float32)
    return np.where(kept[..., None], population, crossed + noise)


def alike(updates: Sequence[np.ndarray]) -> np.ndarray:
    """Clusters of individuals, (P,): in one cluster of every layer, by agglomeration of cosine distances up to the cut.

    Args:
        updates: of each layer, (P, n).
    """
    labels = [fcluster(linkage(layer, "average", "cosine"), CUT, "distance") for layer in updates]
    return np.unique(np.stack(labels, axis=1), axis=0, return_inverse=True)[1].ravel()


def fittest(clusters: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Whether an individual has the least loss of its cluster, (P,)."""
    order = np.lexsort((losses, clusters))
    kept = np.zeros(len(losses), bool)
    kept[order[np.unique(clusters[order], return_index=True)[1]]] = True
    return kept


def survivors(updates: np.ndarray, losses: np.ndarray, draws: np.ndarray, layers: Sequence[slice]) -> np.ndarray:
    """Who is kept of every run of one seed, (runs, P): as many of each that replaces.

    Args:
        updates: of those suppressed, (P, N).
        losses: held-out, (runs, P).
        draws: random numbers, (P,).
        layers: places of each layer's parameters.
    """
    suppressed = fittest(alike([updates[:, layer] for layer in layers]), losses[RUNS.index("suppressed")])
    lowest = lambda values: np.argsort(np.argsort(values)) < suppressed.sum()  # noqa: E731
    made = {"independent": np.ones_like(suppressed), "suppressed": suppressed, "random": lowest(draws),
            "least fit": lowest(losses[RUNS.index("least fit")])}  # fmt: skip
    return np.stack([made[run] for run in RUNS])


def cosines(updates: np.ndarray) -> np.ndarray:
    """Mean cosine of two updates of a population, (..., P, N) to (...)."""
    unit = updates / np.linalg.norm(updates, axis=-1, keepdims=True)
    count = unit.shape[-2]
    return ((unit.sum(axis=-2) ** 2).sum(axis=-1) - count) / (count * (count - 1))


def evolve(key: jax.Array, seeds: int, individuals: int, generations: int, own: bool) -> xarray.Dataset:
    """Four runs of as many gradient steps from the same starts with the same batches, read at their end.

    Args:
        key: of starts, batches, children and random choices.
        seeds: independent repetitions.
        individuals: P.
        generations: of ``STEPS`` gradient steps each, with replacements between them.
        own: whether each individual has a start of its own, or all of a seed have one.
    """
    made, (start, chance) = problem(), jax.random.split(key)
    random = np.random.default_rng(np.asarray(jax.random.key_data(chance)))
    starts = np.asarray(made.start(jax.random.split(start, seeds * individuals))).reshape(seeds, individuals, -1)
    at = np.broadcast_to(starts if own else starts[:, :1], (len(RUNS), *starts.shape))
    similar, replaced = [], []
    for generation in range(generations):
        new = np.asarray(made.steps(at, random.integers(made.images, size=(seeds, individuals, STEPS, BATCH))))
        updates = new - at
        similar.append(cosines(updates))
        if generation < generations - 1:
            losses, draws = np.asarray(made.scores(new)[0]), random.random((seeds, individuals))
            mine = updates[RUNS.index("suppressed")]
            kept = np.stack(
                [survivors(mine[n], losses[:, n], draws[n], made.layers) for n in range(seeds)], axis=1
            )  # fmt: skip
            replaced.append(individuals - kept[RUNS.index("suppressed")].sum(axis=-1))
            new = children(random, new, kept)
        at = new
    return _read(made, at, np.stack(similar, axis=1), np.array(replaced)).assign_attrs(individuals=individuals)


def _read(made: Problem, at: np.ndarray, similar: np.ndarray, replaced: np.ndarray) -> xarray.Dataset:
    """Of each run and seed the mean over individuals, the one of least held-out loss, and the average of weights."""
    each, averaged = made.scores(at), made.scores(np.broadcast_to(at.mean(axis=2, keepdims=True), at.shape))
    best = np.argmin(np.asarray(each[0]), axis=-1, keepdims=True)
    columns = {}
    for name, every, one in zip(METRICS, map(np.asarray, each), map(np.asarray, averaged), strict=True):
        read = every.mean(axis=-1), np.take_along_axis(every, best, -1)[..., 0], one[..., 0]
        columns[name] = (("run", "readout", "seed"), np.stack(read, axis=1).astype(float))
    columns["cosine"] = (("run", "generation", "seed"), similar.astype(float))
    columns["replaced"] = (("between", "seed"), replaced.astype(float))
    return xarray.Dataset(columns, {"run": list(RUNS), "readout": list(READOUTS)})
