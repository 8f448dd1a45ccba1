"""Every population scheme, and annealing, by name: a new one becomes a row here, and the contract tests hold for it."""

from collections.abc import Callable
from typing import Any

import jax
import optax
import pytest

import corr
from corr import populations

Loss = Callable[..., jax.Array]


def open_es(loss: Loss, start: Any) -> corr.Dynamics:
    evosax = pytest.importorskip("evosax.algorithms")
    strategy = evosax.Open_ES(6, start, optimizer=optax.sgd(1e-4), std_schedule=optax.constant_schedule(0.01))
    return corr.from_evosax(loss, strategy)


# Of a loss and a start, which a strategy of evosax is made for.
SCHEMES: dict[str, Callable[[Loss, Any], corr.Dynamics]] = {
    "(1, 5)": lambda loss, _: populations.best_of(loss, mutation_std=0.05, children=5),
    "(1 + 5)": lambda loss, _: populations.best_of(loss, mutation_std=0.05, children=5, keep_parent=True),
    "(2/2, 7)": lambda loss, _: populations.recombination(loss, mutation_std=0.05, parents=2, children=7),
    "evolution strategy": lambda loss, _: populations.evolution_strategy(
        loss, mutation_std=0.01, children=6, learning_rate=0.01
    ),
    "z-score, antithetic": lambda loss, _: populations.evolution_strategy(
        loss, mutation_std=0.01, children=6, learning_rate=0.05, fitness="z-score", antithetic=True
    ),
    "centred ranks": lambda loss, _: populations.evolution_strategy(
        loss, mutation_std=0.01, children=7, learning_rate=0.1, fitness="centred ranks"
    ),
    "CMA-ES": lambda loss, _: populations.cma_es(loss, mutation_std=0.05, children=8),
    "truncation, crossover": lambda loss, _: populations.genetic(
        loss, mutation_std=0.05, population=6, share=0.5, crossover="uniform"
    ),
    "tournament, crossover": lambda loss, _: populations.genetic(
        loss, mutation_std=0.05, population=7, tournament=2, crossover="uniform", elite=1
    ),
    "truncation from seeds": lambda loss, _: populations.genetic_from_seeds(
        loss, mutation_std=0.05, population=6, share=0.5, elite=1, generations=40
    ),
    "swarm": lambda loss, _: populations.swarm(loss, particles=6, spread=0.1),
    "annealing": lambda loss, _: corr.annealing(
        loss, mutation_std=0.05, beta=optax.exponential_decay(10.0, transition_steps=1, decay_rate=1.1)
    ),
    "evosax": open_es,
}

# Alone in a block these compute with other roundings than beside others, since XLA fuses the update otherwise.
ROUNDED_ALONE = {"CMA-ES"}

# Restarted: those that remember something in ``aux``; those dear to compile in the slow suite.
RESTARTED = {"CMA-ES", "truncation, crossover", "truncation from seeds", "swarm", "annealing", "evosax"}
DEAR = {"CMA-ES", "truncation from seeds", "evosax"}

# Of the code of another row but for a line or two: their contract is for the slow suite.
SIMILAR = {"(1 + 5)", "z-score, antithetic", "centred ranks", "tournament, crossover"}

# On the random numbers of mutation, since it is mutation whose β changes.
MUTATIONS_OWN = {"annealing"}
