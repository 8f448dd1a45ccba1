"""The trainers that are compared, each with the four values of its one number that are tried."""

from collections.abc import Callable
from functools import partial

import optax

import corr
from corr import optimizers, populations

from .trained import SOURCES, Make, Task, Trainer, on_batches

FALL = 0.1  # of σ, from the first step to the last
MEMORY, CHILDREN, WIDTH = 1e-3, 40, 0.01  # rate of adaptive Monte Carlo; children of the evolution strategy and their σ
EXPONENT = 0.5  # H of the power gradient
MUTATION, ADAPTIVE, ADAM = "mutation", "adaptive Monte Carlo", "Adam"
CONTROL = "adaptive Monte Carlo, no memory"
RATE, SIGMA = "learning rate", "σ at first"


def falling(number: float, steps: int) -> optax.Schedule:
    """From the number to a tenth of it, by equal factors."""
    return optax.exponential_decay(number, max(steps, 1), FALL, end_value=FALL * number)


def mutation(task: Task, number: float, evaluations: int) -> corr.Dynamics:
    """β = ∞, all training data in every step."""
    return corr.mutation(task.loss, mutation_std=falling(number, evaluations))


def adaptive(task: Task, number: float, evaluations: int, rate: float) -> corr.Dynamics:
    """σ shrinks after a hundred refusals."""
    del evaluations
    return corr.adaptive_mutation(task.loss, mutation_std=number, rate=rate)


def strategy(task: Task, number: float, evaluations: int) -> corr.Dynamics:
    """Raw fitness, antithetic pairs."""
    del evaluations
    return populations.evolution_strategy(
        task.loss, mutation_std=WIDTH, children=CHILDREN, learning_rate=number, antithetic=True
    )


def by(rule: Callable[[float], optax.GradientTransformation]) -> Make:
    """An optimizer on batches."""
    return lambda task, number, evaluations: on_batches(task, lambda loss: corr.from_optax(loss, rule(number)))


TRAINERS: dict[str, Trainer] = {
    MUTATION: Trainer(mutation, (0.01, 0.005, 0.02, 0.04), SIGMA),
    ADAM: Trainer(by(optax.adam), (0.003, 0.001, 0.01, 0.03), RATE, 0.1),
    ADAPTIVE: Trainer(partial(adaptive, rate=MEMORY), (0.01, 0.005, 0.02, 0.04), SIGMA),
    CONTROL: Trainer(partial(adaptive, rate=0.0), (0.01, 0.005, 0.02, 0.04), SIGMA),
    "SGD": Trainer(by(optax.sgd), (0.3, 0.03, 0.1, 1.0), RATE, 0.1),
    "power gradient": Trainer(
        by(partial(optimizers.power_sgd, exponent=EXPONENT)), (3e-3, 3e-4, 1e-3, 1e-2), RATE, 0.1
    ),
    "evolution strategy": Trainer(strategy, (1.0, 0.1, 0.3, 3.0), RATE),
}
# arXiv:2205.07408: images and network, σ at first, rate, and a hundred refusals before σ shrinks.
AS_PUBLISHED, IMAGES = "adaptive Monte Carlo as published", "MNIST-5k"
PUBLISHED = Trainer(partial(adaptive, rate=1e-3), (1e-3,), SIGMA)
EVERY = (*TRAINERS, AS_PUBLISHED)
DEEP = SOURCES[IMAGES]._replace(widths=(64,) * 4, penalty=0.0, components=None)
