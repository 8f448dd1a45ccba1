"""Schemes whose one-generation law on a linear loss is known: how each is made, and that law."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

import corr
from corr import populations
from theory import populations as theory

WIDTH = 1e-4  # σ of strategies whose step has a length of its own
PLAIN, UNIT, SIGN = "g", "g/|g|", "sign g"  # candidates of ``corr.characterize``
Loss = Callable[[Any], jax.Array]
Make = Callable[[Loss, float], corr.Dynamics]


class Step(NamedTuple):
    """What theory says of a displacement from one place.

    Attributes:
        drift: its mean, (N,), parameter units.
        across: its variance across the gradient, per parameter; NaN where theory has none.
        model: share of the drift that this leaves out; None for curvature alone.
    """

    drift: np.ndarray
    across: float
    model: float | None = None


At = Callable[[corr.atlas.Place, float], Step]


class Scheme(NamedTuple):
    """A scheme that descends.

    Attributes:
        make: ``(loss, length) -> Dynamics``; the length is σ, or α of a strategy.
        law: what a generation does on a linear loss, in units of the length; schemes on raw fitness: of the length
            times |g|.
        follows: the candidate of ``corr.characterize`` that it follows.
        widened: ``(loss, σ) -> Dynamics`` where σ is not the length: what is swept to see where the law ends.
        at: ``(place, length) -> Step`` where the law is not one number at all places; of ``law`` only the evaluations
            then count.
    """

    make: Make
    law: theory.Generation
    follows: str = UNIT
    widened: Make | None = None
    at: At | None = None

    @property
    def plain(self) -> bool:
        """Whether it follows g, its length a learning rate."""
        return self.follows == PLAIN

    def step(self, place: corr.atlas.Place, length: float) -> Step:
        """What theory says of a displacement from a place."""
        if self.at is not None:
            return self.at(place, length)
        size = float(np.linalg.norm(place.gradient))
        unit = length * size if self.plain else length
        return Step(-self.law.drift * unit * place.gradient / size, self.law.noise * unit**2)

    def length(self, noise: float) -> float:
        """The length at which so much variance is gained per unit of common time and parameter; plain: at |g| = 1."""
        return noise * self.law.drift / self.law.noise

    def time(self, length: float) -> float:
        """Common time of a generation: distance of normalized descent; plain: learning rate of descent."""
        return self.law.drift * length


def mutation() -> Scheme:
    """Mutation at β = ∞."""
    return Scheme(lambda loss, length: corr.mutation(loss, mutation_std=length), theory.mutation())


def best_of(children: int, *, keep_parent: bool = False) -> Scheme:
    """(1, n) or (1 + n)."""
    law = (theory.best_of_or_parent if keep_parent else theory.best_of)(children)
    return Scheme(
        lambda loss, length: populations.best_of(loss, mutation_std=length, children=children, keep_parent=keep_parent),
        law,
    )


def recombination(parents: int, children: int) -> Scheme:
    """(μ/μ, n)."""
    return Scheme(
        lambda loss, length: populations.recombination(loss, mutation_std=length, parents=parents, children=children),
        theory.recombination(parents, children),
    )


def cma(children: int) -> Scheme:
    """CMA-ES in its first generation, C = 1."""
    return Scheme(
        lambda loss, length: populations.cma_es(loss, mutation_std=length, children=children),
        theory.weighted(populations.cma_weights(children), children),
    )


def strategy(children: int, fitness: Any, *, antithetic: bool = False) -> Scheme:
    """An evolution strategy on raw fitness, z-scores or centred ranks."""
    laws = {"raw": theory.raw_fitness, "z-score": theory.z_scores, "centred ranks": theory.centred_ranks}

    def make(loss: Loss, length: float, std: float = WIDTH) -> corr.Dynamics:
        return populations.evolution_strategy(
            loss, mutation_std=std, children=children, learning_rate=length, fitness=fitness, antithetic=antithetic
        )

    law = laws[fitness](children, antithetic=antithetic)
    return Scheme(make, law, PLAIN if fitness == "raw" else UNIT, widened=lambda loss, std: make(loss, std, std))
