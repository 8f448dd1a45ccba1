"""Training on real data by any scheme: its one number tried on a split of its own, then every split and seed."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from corr import data, losses, networks

VALIDATION = 0.15  # of what is not tested on
CLASSES, BATCH = 10, 128
PERCEPTRON = 64  # hidden units of scikit-learn's
TUNING, TUNING_SEEDS, WARM = 1000, 2, 3  # number of the split that is tuned on; looks that a clock is not read before
NATS = losses.cross_entropy()


class Source(NamedTuple):
    """Images, pixels in [0, 1], hidden units of the network that learns them, and the penalty on squared weights.

    And how many principal components it sees in place of the pixels, if not the pixels.
    """

    load: Callable[[], data.Data]
    widths: tuple[int, ...]
    penalty: float
    components: int | None = None


# On pixels mutation ends two points below Adam, on components beside it: noise in 25 000 weights is not noise in 2000.
SOURCES = {
    "digits": Source(data.digits, (32,), 1e-4),
    "MNIST-5k": Source(data.mnist_5k, (32,), 1e-3, 50),
    "MNIST-5k pixels": Source(data.mnist_5k, (32,), 5e-4),
}


class Task(NamedTuple):
    """One split: the loss of all training data and of some, penalty and all, how many, what is observed, the start."""

    loss: Callable[[Any], jax.Array]
    on: Callable[[Any, jax.Array], jax.Array]
    count: int
    observe: Callable[[Any], dict[str, jax.Array]]
    init: Callable[[jax.Array], Any]


Make = Callable[[Task, float, int], corr.Dynamics]


class Trainer(NamedTuple):
    """A scheme, ``(task, number, evaluations) -> Dynamics``, the numbers that are tried, and its part of the budget."""

    make: Make
    tried: tuple[float, ...]
    called: str
    share: float = 1.0


class Budget(NamedTuple):
    """Evaluations of the loss of all training data in a run and in a trial, numbers tried, splits, seeds, and looks."""

    evaluations: int
    trial: int
    trials: int
    splits: int
    seeds: int
    looks: int


@cache  # MNIST-5k takes seconds to read, and every trainer asks for every split
def halves(source: Source, split: int) -> tuple[data.Data, data.Data, data.Data]:
    """To learn from, to choose by and to test on."""
    rest, test = data.split(source.load(), test_share=0.2, seed=split)
    learn, choose = data.split(rest, test_share=VALIDATION, seed=split)
    if source.components is None:
        return learn, choose, test
    return _projected(source.components, learn, choose, test)


def _projected(components: int, *parts: data.Data) -> tuple[data.Data, data.Data, data.Data]:
    """On the principal components of the first, which is learned from."""
    from sklearn.decomposition import PCA

    seen = PCA(components, svd_solver="full").fit(np.asarray(parts[0].points.T))
    learn, choose, test = (
        part._replace(points=jnp.asarray(seen.transform(np.asarray(part.points.T)).T)) for part in parts
    )
    return learn, choose, test


def task(source: Source, split: int) -> Task:
    """A split of these images, and a tanh network."""
    learn, choose, test = halves(source, split)
    module = networks.FullyConnected(source.widths, inputs=len(learn.points), outputs=CLASSES)
    net = networks.functional(module, variance="glorot")
    chosen, fitted = (losses.mean(NATS, net.apply, *part) for part in (choose, learn))
    penalty = losses.l2(source.penalty)
    right = losses.accuracy(net.apply, *test)

    def on(params: Any, rows: jax.Array) -> jax.Array:
        some = losses.mean(NATS, net.apply, learn.points[:, rows], learn.targets[rows])
        return losses.total(some, penalty)(params)

    def observe(params: Any) -> dict[str, jax.Array]:
        return {
            "training_loss": fitted(params),
            "validation_loss": chosen(params),
            "test_accuracy": right(params),
        }

    return Task(losses.total(fitted, penalty), on, len(learn.targets), observe, net.init)


def on_batches(one: Task, make: Callable[[Callable[[Any], jax.Array]], corr.Dynamics]) -> corr.Dynamics:
    """On a batch a step, which costs as many evaluations as it has points of all."""
    side = corr.minibatch(
        lambda rows: make(lambda params: one.on(params, rows)),
        batch=lambda key: jax.random.choice(key, one.count, (BATCH,)), loss=one.loss,
    )  # fmt: skip
    return side._replace(evaluations=(side.evaluations - 1) * BATCH / one.count)


def run(trainer: Trainer, one: Task, number: float, budget: Budget, key: jax.Array, label: str) -> xarray.Dataset:
    """One split from every seed's start: what is looked at by (seed, evaluations)."""
    spent = trainer.share * budget.evaluations
    side = trainer.make(one, number, round(spent))
    between = int(spent // (side.evaluations * budget.looks))
    if between < 1:
        raise ValueError(
            f"{label}: {budget.looks} looks a step apart cost {side.evaluations * budget.looks:g} evaluations, there"
            f" are {spent:g}: give more"
        )
    drawn = [one.init(jax.random.key(seed)) for seed in range(budget.seeds)]
    starts = jax.tree.map(lambda *leaves: jnp.stack(leaves), *drawn)
    marks = [between * look for look in range(budget.looks + 1)]  # equal stretches are one program
    found = corr.run(
        side, starts, steps=marks[-1], record_at=marks, trajectories=budget.seeds, key=key, keep=1,
        start_per_trajectory=True, observe=one.observe, label=label,
    )  # fmt: skip
    looked = found[["training_loss", "validation_loss", "test_accuracy"]]
    return looked.swap_dims(time="evaluations").reset_coords(drop=True).rename(trajectory="seed")


def tuned(trainer: Trainer, source: Source, budget: Budget, key: jax.Array, name: str) -> tuple[float, list[float]]:
    """The number of least validation loss at its best look, mean of two seeds, and those losses; a single one stays."""
    tried, found = trainer.tried[: budget.trials], []
    if len(tried) == 1:
        return tried[0], [np.nan]
    one, trial = task(source, TUNING), budget._replace(evaluations=budget.trial, seeds=TUNING_SEEDS)
    for n, number in enumerate(tried):
        label = f"{name}, {trainer.called} = {number:g}"
        data = run(trainer, one, number, trial, jax.random.fold_in(key, n), label)
        reached = data.validation_loss.min("evaluations").mean().item()
        found.append(reached if np.isfinite(reached) else np.inf)
    return tried[int(np.argmin(found))], found


def seconds(trainer: Trainer, one: Task, number: float, budget: Budget, key: jax.Array) -> float:
    """Seconds that one trajectory takes for one evaluation, its compilation left out."""
    side = trainer.make(one, number, budget.trial)
    # Equal stretches are one program, compiled before the clock is read.
    between = max(int(budget.trial / 10 // (side.evaluations * 2 * WARM)), 1)
    curves = corr.fit(
        side, one.init(key), steps=2 * WARM * between, key=key, look_every=between, progress=False,
        check_decisions=False,
    ).curves  # fmt: skip
    timed = curves.isel(step=slice(WARM, None))
    return float((timed.seconds[-1] - timed.seconds[0]) / (timed.evaluations[-1] - timed.evaluations[0]))


def part(key: jax.Array, name: str, trainer: Trainer, source: Source, budget: Budget) -> xarray.Dataset:
    """Tuned on a split of its own, then run on every split, (split, seed, evaluations)."""
    tuning, running, timing = jax.random.split(key, 3)
    number, reached = tuned(trainer, source, budget, tuning, name)
    runs = [run(trainer, task(source, split), number, budget, jax.random.fold_in(running, split), f"{name}, {split}")
            for split in range(budget.splits)]  # fmt: skip
    found = xarray.concat(runs, "split", join="override")
    rate = seconds(trainer, task(source, 0), number, budget, timing)
    attrs = {"number": number, "called": trainer.called, "each": rate}
    return (
        found.assign_coords(tried=("trial", list(trainer.tried[: budget.trials])))
        .assign(tuning=("trial", reached))
        .assign_attrs(attrs)
    )


def at_best(data: xarray.Dataset, what: str) -> np.ndarray:
    """Of every run at its look of least validation loss, (split, seed)."""
    best = data.validation_loss.argmin("evaluations")
    return data[what].isel(evaluations=best).transpose("split", "seed").values.astype(float)


def baselines(key: jax.Array, source: Source, splits: int) -> xarray.Dataset:
    """Test accuracy of logistic regression and of scikit-learn's perceptron on pixels, (model, split), as they come."""
    del key
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    made = {
        "logistic regression": lambda split: LogisticRegression(max_iter=2000),
        "scikit-learn's MLP": lambda split: MLPClassifier((PERCEPTRON,), max_iter=1000, random_state=split),
    }
    rows = []
    for make in made.values():
        scores = []
        for split in range(splits):
            learn, _, test = halves(source._replace(components=None), split)
            fitted = make(split).fit(np.asarray(learn.points.T), np.asarray(learn.targets))
            scores.append(fitted.score(np.asarray(test.points.T), np.asarray(test.targets)))
        rows.append(scores)
    return xarray.Dataset({"accuracy": (("model", "split"), rows)}, {"model": list(made)})
