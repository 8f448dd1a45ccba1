"""Every population scheme, by name: a new one becomes a row here, and the contract tests hold for it."""

from collections.abc import Callable

import jax

import corr
from corr import populations

Loss = Callable[..., jax.Array]

SCHEMES: dict[str, Callable[[Loss], corr.Dynamics]] = {
    "(1, 5)": lambda loss: populations.best_of(loss, mutation_std=0.05, children=5),
    "(1 + 5)": lambda loss: populations.best_of(loss, mutation_std=0.05, children=5, keep_parent=True),
    "(2/2, 7)": lambda loss: populations.recombination(loss, mutation_std=0.05, parents=2, children=7),
    "evolution strategy": lambda loss: populations.evolution_strategy(
        loss, mutation_std=0.01, children=6, learning_rate=0.01
    ),
    "z-score, antithetic": lambda loss: populations.evolution_strategy(
        loss, mutation_std=0.01, children=6, learning_rate=0.05, fitness="z-score", antithetic=True
    ),
    "centred ranks": lambda loss: populations.evolution_strategy(
        loss, mutation_std=0.01, children=7, learning_rate=0.1, fitness="centred ranks"
    ),
    "CMA-ES": lambda loss: populations.cma_es(loss, mutation_std=0.05, children=8),
}

# Alone in a block these compute with other roundings than beside others, since XLA fuses the update otherwise.
ROUNDED_ALONE = {"CMA-ES"}

# Restarted also in the fast suite: those that remember something in ``aux``, and one of the others.
RESTARTED = {"CMA-ES", "(2/2, 7)"}
